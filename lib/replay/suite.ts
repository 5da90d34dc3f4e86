/** Plays a whole suite against one peer, causes before consequences. */

import type { Keyword, ServerCase } from './case.js'
import { keywordAt, revisionsOf, type Suite } from './load.js'
import type { HttpPeer } from './peer.js'
import type { Verdict } from './report.js'
import { playServerCase, takeInventory } from './server-case.js'
import type { Inventory } from './stage.js'

export interface PlayOptions {
  /** The revisions the peer serves; others are not asked of it. Default: all. */
  readonly revisions?: readonly string[]
  /** Which cases. Default: every one. */
  readonly select?: (one: ServerCase) => boolean
  /** For each case. Default 10 000. */
  readonly deadlineMs?: number
}

/**
 * Plays every selected server case at every revision it runs at, one after the other, causes before consequences.
 * A case whose cause did not pass is skipped and says so.
 */
export async function* playServer(suite: Suite, peer: HttpPeer, options: PlayOptions = {}): AsyncGenerator<Verdict, void, undefined> {
  const cases = suite.cases.filter((one): one is ServerCase => one.under_test === 'server').filter(options.select ?? (() => true))
  for (const at of suite.revisions) {
    if (!(options.revisions?.includes(at.revision) ?? true)) continue
    const running = inOrder(cases.filter(one => revisionsOf(one, suite).includes(at)))
    let inventory: Inventory | undefined
    const held = new Map<string, boolean>()
    for (const one of running) {
      const keyword = keywordAt(one, at.revision, suite)
      const cause = one.depends_on?.find(id => held.get(id) === false)
      if (cause === undefined && one.needs?.length) inventory ??= await takeInventory(at, peer, options)
      const verdict = cause === undefined
        ? await playServerCase(one, at, peer, { ...options, keyword, ...(inventory && { inventory }) })
        : followsFrom(one, at.revision, keyword, cause)
      held.set(one.id, verdict.outcome === 'pass')
      yield verdict
    }
  }
}

const followsFrom = (one: ServerCase, revision: string, keyword: Keyword, cause: string): Verdict => ({
  id: one.id, title: one.title, revision, keyword, outcome: 'skip', tookMs: 0, transcript: [],
  misses: [{ keyword, sentence: `not played, because ${cause} did not pass` }],
})

/** Causes first, else as the files have them. A cycle is cut where it is met. */
const inOrder = (cases: readonly ServerCase[]): readonly ServerCase[] => {
  const byId = new Map(cases.map(one => [one.id, one]))
  const ordered = new Set<ServerCase>()
  const entered = new Set<ServerCase>()
  const visit = (one: ServerCase): void => {
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
