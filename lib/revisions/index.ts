/** The revisions in order, and the choice of one. Order is position in `REVISIONS`; dates are never compared. */
import { revision as r2024_11_05 } from './2024-11-05.js'
import { revision as r2025_03_26 } from './2025-03-26.js'
import { revision as r2025_06_18 } from './2025-06-18.js'
import { revision as r2025_11_25 } from './2025-11-25.js'
import { revision as r2026_07_28 } from './2026-07-28.js'
import type { Revision } from './revision.js'

export type { Cache, ContentKind, Listed, Revision, Stamp } from './revision.js'

/** Every revision, oldest first. */
export const REVISIONS: readonly Revision[] = [r2024_11_05, r2025_03_26, r2025_06_18, r2025_11_25, r2026_07_28]

/** The newest revision. */
export const LATEST = r2026_07_28

/** The newest revision that `initialize` can open. */
export const LATEST_SESSION = r2025_11_25

/** What a request over Streamable HTTP is taken to speak when nothing says. 2025-06-18/basic/transports#protocol-version-header */
export const ASSUMED = r2025_03_26

const BY_ID: ReadonlyMap<string, Revision> = new Map(REVISIONS.map((revision) => [revision.id, revision]))
const POSITION: ReadonlyMap<string, number> = new Map(REVISIONS.map((revision, position) => [revision.id, position]))

/** The revision of this date, if there is one. Any other text, however like a date, is unknown rather than older or newer. */
export const find = (id: string): Revision | undefined => BY_ID.get(id)

/** Sorts oldest first: negative when `a` is the older, 0 for the same revision. */
export const compare = (a: Revision, b: Revision): number => POSITION.get(a.id)! - POSITION.get(b.id)!

/** Is this revision in a range written as dates? Both ends count; without `last` the range is open. */
export const within = (revision: Revision, first: string, last?: string): boolean => {
  const here = POSITION.get(revision.id)!
  return POSITION.get(first)! <= here && (last === undefined || here <= POSITION.get(last)!)
}

/**
 * A server's answer to the version that `initialize` asked for: the same if it is offered, else the newest offered.
 * An unknown version is counter-offered, never an error; so is a modern one, which no `initialize` can open.
 * 2025-11-25/basic/lifecycle#version-negotiation
 *
 * @throws TypeError if no legacy revision is offered: such a server must refuse `initialize` instead.
 */
export const negotiate = (asked: string, offered: readonly Revision[]): Revision => {
  const sessions = offered.filter((revision) => revision.era === 'legacy')
  const answer = sessions.find((revision) => revision.id === asked) ?? newest(sessions)
  if (answer === undefined) throw new TypeError('negotiate needs a revision that initialize can open, and none is offered')
  return answer
}

/**
 * A client's choice among the versions a server lists, in `supportedVersions` or in the data of an error: the newest that both
 * know, or `undefined`. 2026-07-28/basic/versioning#protocol-version-negotiation
 */
export const newestShared = (listed: readonly unknown[], offered: readonly Revision[]): Revision | undefined =>
  newest(offered.filter((revision) => listed.includes(revision.id)))

const newest = (revisions: readonly Revision[]): Revision | undefined => revisions.toSorted(compare).at(-1)
