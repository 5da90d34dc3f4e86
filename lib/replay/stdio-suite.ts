/** Plays the server cases that a pipe can carry against a program, each with a process of its own; the others are skipped and say why. */

import type { ServerCase, ServerStep } from './case.js'
import { takeInventory } from './inventory.js'
import { keywordAt, revisionsOf, type Suite } from './load.js'
import { DEADLINE_MS, playServerCase } from './server-case.js'
import type { StdioPeer } from './stdio-peer.js'
import type { PlayOptions, Verdicts } from './suite.js'

/** Every selected case at every revision it runs at, causes before consequences. A case whose cause did not pass is skipped and says so. */
export async function* playStdio(suite: Suite, peer: StdioPeer, options: PlayOptions<ServerCase> = {}): Verdicts {
  const cases = suite.cases.filter((one): one is ServerCase => one.under_test === 'server' && (options.select?.(one) ?? true))
  for (const at of suite.revisions) {
    if (!(options.revisions?.includes(at.revision) ?? true)) continue
    const inventory = await takeInventory(at, peer, options.deadlineMs ?? DEADLINE_MS)
    const held = new Map<string, boolean>()
    const waiting = cases.filter(one => revisionsOf(one, suite).includes(at))
    while (waiting.length > 0) {
      // What waits for no other; a cycle is cut where it is met.
      const ready = waiting.findIndex(one => !one.depends_on?.some(id => waiting.some(other => other.id === id)))
      const one = waiting.splice(Math.max(0, ready), 1)[0]!
      const keyword = keywordAt(one, at.revision, suite)
      const cause = one.depends_on?.find(id => held.get(id) === false)
      const why = whyNotStdio(one) ?? (cause === undefined ? undefined : `${cause} did not pass`)
      if (why !== undefined) {
        const misses = [{ keyword, sentence: `not played, because ${why}` }]
        yield { id: one.id, title: one.title, revision: at.revision, keyword, outcome: 'skip', tookMs: 0, transcript: [], misses }
        continue
      }
      await peer.renew()
      const verdict = await playServerCase(overStdio(one), at, peer, { ...options, keyword, inventory })
      held.set(one.id, verdict.outcome === 'pass')
      yield verdict
    }
    await peer.renew()
  }
}

/** Why a case cannot be played over a pipe; undefined where it can. */
export const whyNotStdio = (one: ServerCase): string | undefined => {
  if (one.id.startsWith('http/') || one.steps.some(step => 'request' in step || leavesOutALine(step))) return 'it is about HTTP'
  if (one.steps.some(isBlank)) return 'a line without text is no message'
  if (one.steps.some(step => 'hang_up' in step)) return 'it closes a connection of its own, and a pipe has one for all'
  if (one.needs?.some(need => typeof need === 'object' && 'session' in need)) return 'it needs a session with a name, which only HTTP has'
  const begins = one.steps.filter(step => 'open' in step || ('post' in step && 'call' in step.post && step.post.call === 'initialize')).length
  return begins > (one.opening === 'none' ? 1 : 0) ? 'it opens a second session, and a pipe carries one' : undefined
}

/** The case without what it says of HTTP replies. The steps keep their places. */
export const overStdio = (one: ServerCase): ServerCase => ({
  ...one,
  steps: one.steps.map((step): ServerStep => ('response' in step ? { hear: [], ...(step.of !== undefined && { of: step.of }) } : step)),
})

const leavesOutALine = (step: ServerStep): boolean => 'post' in step && Object.values(step.fields ?? {}).includes(null)
const isBlank = (step: ServerStep): boolean => 'post' in step && 'raw' in step.post && typeof step.post.raw === 'string' && step.post.raw.trim() === ''
