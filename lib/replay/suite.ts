/** Plays a whole suite against one server or one client, causes before consequences. */

import { listenForArrivals, type Listen } from './arrivals.js'
import type { Case, Keyword, ServerCase } from './case.js'
import type { ClientCase } from './client-steps.js'
import { playClientCase } from './client-case.js'
import type { ClientUnderTest } from './driver.js'
import { takeInventory, type Inventory } from './inventory.js'
import type { Missed } from './judge.js'
import { isFor, keywordAt, revisionsOf, type Binding, type RevisionRow, type Suite } from './load.js'
import type { HttpPeer } from './peer.js'
import { listenForLines, listenForPosts, whyNotAsked } from './pipe-arrivals.js'
import type { Verdict } from './report.js'
import { DEADLINE_MS, playServerCase } from './server-case.js'

export interface PlayOptions<One extends Case = Case> {
  /** The revisions the peer speaks; others are not asked of it. Default: all. */
  readonly revisions?: readonly string[]
  /** Which cases. Default: every one. */
  readonly select?: (one: One) => boolean
  /** For each case. Default 10 000. */
  readonly deadlineMs?: number
}

/** One for each case and revision, as they are played. */
export type Verdicts = AsyncGenerator<Verdict, void, undefined>

/**
 * Plays every selected server case that Streamable HTTP can carry, at every revision it runs at, one after the other, causes before
 * consequences. A case whose cause did not pass is skipped and says so.
 */
export async function* playServer(suite: Suite, peer: HttpPeer, options: PlayOptions<ServerCase> = {}): Verdicts {
  const cases = serverCases(suite).filter(one => isFor(one, 'streamable-http'))
  const inventories = new Map<RevisionRow, Inventory | Missed>()
  yield* playEach(suite, cases, options, async (one, at, keyword) => {
    if (one.needs?.length && !inventories.has(at)) inventories.set(at, await takeInventory(at, peer, options.deadlineMs ?? DEADLINE_MS))
    const inventory = inventories.get(at)
    return playServerCase(one, at, peer, { ...options, keyword, ...(inventory && { inventory }) })
  })
}

/**
 * Plays every selected client case likewise, each with a client of its own: over lines if `stdio` is asked for; else over Streamable HTTP,
 * and over HTTP+SSE at a revision before that.
 */
export const playClient = (suite: Suite, client: ClientUnderTest, options: PlayOptions<ClientCase> & { readonly stdio?: boolean } = {}): Verdicts => {
  const cases = suite.cases.filter((one): one is ClientCase => one.under_test === 'client')
  const over = ({ bindings }: RevisionRow): Binding => options.stdio ? 'stdio' : bindings.includes('streamable-http') ? 'streamable-http' : 'http-sse'
  const whyNot = (one: ClientCase, at: RevisionRow): string | undefined => over(at) === 'streamable-http' ? undefined : whyNotAsked(one, over(at))
  return playEach(suite, cases, { ...options, whyNot }, (one, at, keyword) =>
    playClientCase(one, at, client, { ...options, keyword, listen: LISTENING[over(at)] }))
}

const LISTENING: Readonly<Record<Binding, Listen>> = { 'streamable-http': listenForArrivals, stdio: listenForLines, 'http-sse': listenForPosts }

/** The cases for servers, of all folders. */
export const serverCases = (suite: Suite): readonly ServerCase[] =>
  suite.cases.filter((one): one is ServerCase => one.under_test === 'server')

/** Each at each of its revisions, causes first. `whyNot` says why a case cannot be played here, and holds nothing back. */
export async function* playEach<One extends Case>(
  suite: Suite, cases: readonly One[], options: PlayOptions<One> & { readonly whyNot?: (one: One, at: RevisionRow) => string | undefined },
  play: (one: One, at: RevisionRow, keyword: Keyword) => Promise<Verdict>,
): Verdicts {
  const selected = options.select ? cases.filter(options.select) : cases
  for (const at of suite.revisions) {
    if (!(options.revisions?.includes(at.revision) ?? true)) continue
    const held = new Map<string, boolean>()
    for (const one of inOrder(selected.filter(one => revisionsOf(one, suite).includes(at)))) {
      const keyword = keywordAt(one, at.revision, suite)
      const why = options.whyNot?.(one, at)
      if (why !== undefined) {
        yield skipped(one, at.revision, keyword, why)
        continue
      }
      const cause = one.depends_on?.find(id => held.get(id) === false)
      const verdict = cause === undefined ? await play(one, at, keyword) : skipped(one, at.revision, keyword, `${cause} did not pass`)
      held.set(one.id, verdict.outcome === 'pass')
      yield verdict
    }
  }
}

const skipped = (one: Case, revision: string, keyword: Keyword, why: string): Verdict => ({
  id: one.id, title: one.title, revision, keyword, outcome: 'skip', tookMs: 0, transcript: [],
  misses: [{ keyword, sentence: `not played, because ${why}` }],
})

/** Causes first, else as the files have them. A cycle is cut where it is met. */
const inOrder = <One extends Case>(cases: readonly One[]): readonly One[] => {
  const byId = new Map(cases.map(one => [one.id, one]))
  const ordered = new Set<One>()
  const entered = new Set<One>()
  const visit = (one: One): void => {
    if (entered.has(one)) return
    entered.add(one)
    for (const id of one.depends_on ?? []) {
      const cause = byId.get(id)
      if (cause) visit(cause)
    }
    ordered.add(one)
  }
  cases.forEach(visit)
  return [...ordered]
}
