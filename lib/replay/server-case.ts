/** Plays one server case at one revision: be the client, say the steps, and judge what comes back. */

import type { Keyword, ServerCase } from './case.js'
import { demand, takeInventory, type Inventory } from './inventory.js'
import { judge, type Missed } from './judge.js'
import type { RevisionRow } from './load.js'
import type { Peer } from './peer.js'
import type { Verdict } from './report.js'
import { Stage } from './stage.js'

export interface CaseOptions {
  /** How hard a miss is judged. Default: the case's keyword. */
  readonly keyword?: Keyword
  /** For the whole case. Default 10 000; beyond it the case fails and says what it was waiting for. */
  readonly deadlineMs?: number
  /** What the peer offers, or why that cannot be known. Default: asked for, if the case needs anything. */
  readonly inventory?: Inventory | Missed
}

/** For a whole case, in milliseconds. */
export const DEADLINE_MS = 10_000

/**
 * Plays the steps in order, up to the first miss that counts in full. Rejects for nothing a peer does: one that cannot be reached or stays
 * silent fails the case.
 * @throws TypeError for a wrong fixture.
 */
export const playServerCase = (one: ServerCase, at: RevisionRow, peer: Peer, options: CaseOptions = {}): Promise<Verdict> => {
  const stage = new Stage(at, peer, one.client_capabilities ?? {}, options.deadlineMs ?? DEADLINE_MS)
  return judge(one, at, options.keyword ?? one.keyword, {
    transcript: stage.transcript,
    prepare: () => prepare(one, at, peer, stage, options),
    perform: step => stage.perform(step),
    leave: () => stage.leave(),
  })
}

const prepare = async (one: ServerCase, at: RevisionRow, peer: Peer, stage: Stage, options: CaseOptions): Promise<void> => {
  if (one.needs?.length) demand(one.needs, options.inventory ?? await takeInventory(at, peer, options.deadlineMs ?? DEADLINE_MS))
  await stage.start(one.opening ?? 'done')
}
