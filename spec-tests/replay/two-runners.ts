/** What each of the two runners makes of the server cases, and whether they agree. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { loadSuite } from '../../lib/replay/load.js'
import { socketPeer } from '../../lib/replay/peer.js'
import { playServer } from '../../lib/replay/suite.js'

const TINY = fileURLToPath(new URL('../../../spec-tests/replay/tiny-runner.mjs', import.meta.url))
export const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))
export const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']

export type Outcomes = ReadonlyMap<string, string>

export const byTiny = async (t: Test, url: string, revision: string): Promise<Outcomes> => {
  const child = spawn(process.execPath, [TINY, url, revision, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const outcomes = new Map<string, string>()
  for await (const line of createInterface({ input: child.stdout })) {
    const { id, outcome } = JSON.parse(line) as { id: string; outcome: string }
    outcomes.set(id, outcome)
  }
  const [code] = await ended
  t.equal(code, [...outcomes.values()].includes('fail') ? 1 : 0, `${revision}: its exit code says whether a case failed`)
  return outcomes
}

export const byOurs = async (url: string, revision: string): Promise<Outcomes> => {
  const peer = socketPeer(url)
  const outcomes = new Map<string, string>()
  for await (const { id, outcome } of playServer(suite, peer, { revisions: [revision] })) outcomes.set(id, outcome)
  await peer.close()
  return outcomes
}

/** Case by case, where the tiny runner has a verdict. */
export const compare = (t: Test, revision: string, tiny: Outcomes, ours: Outcomes): void => {
  t.same([...tiny.keys()].sort(), [...ours.keys()].sort(), `${revision}: the same cases run`)
  const played = [...tiny].filter(([, outcome]) => outcome !== 'unsupported')
  t.ok(played.length > 0.9 * ours.size, `${revision}: ${played.length} of ${ours.size} cases are supported`)
  const apart = played.filter(([id, outcome]) => outcome !== ours.get(id)).map(([id, outcome]) => `${id}: ${outcome}, ours ${ours.get(id)}`)
  t.same(apart, [], `${revision}: the same verdicts`)
}
