/** Plays one server case at one revision: be the client, say the steps, and judge what comes back. */

import type { Keyword, Need, ServerCase } from './case.js'
import { judge, Missed } from './judge.js'
import type { RevisionRow } from './load.js'
import type { HttpPeer } from './peer.js'
import type { Verdict } from './report.js'
import { Stage, type Inventory } from './stage.js'

export interface CaseOptions {
  /** How hard a miss is judged. Default: the case's keyword. */
  readonly keyword?: Keyword
  /** For the whole case. Default 10 000; beyond it the case fails and says what it was waiting for. */
  readonly deadlineMs?: number
  /** What the peer offers. Default: asked for, if the case needs anything. */
  readonly inventory?: Inventory
}

const DEADLINE_MS = 10_000

/**
 * Plays the steps in order, up to the first miss that counts in full. Rejects for nothing a peer does: one that cannot be reached or stays
 * silent fails the case.
 * @throws TypeError for a wrong fixture.
 */
export const playServerCase = (one: ServerCase, at: RevisionRow, peer: HttpPeer, options: CaseOptions = {}): Promise<Verdict> => {
  const stage = new Stage(at, peer, one.client_capabilities ?? {}, options.deadlineMs ?? DEADLINE_MS)
  return judge(one, at, options.keyword ?? one.keyword, {
    transcript: stage.transcript,
    prepare: () => prepare(one, at, peer, stage, options),
    perform: step => stage.perform(step),
    leave: () => stage.leave(),
  })
}

const prepare = async (one: ServerCase, at: RevisionRow, peer: HttpPeer, stage: Stage, options: CaseOptions): Promise<void> => {
  if (one.needs?.length) {
    const inventory = options.inventory ?? await takeInventory(at, peer, options)
    const missing = one.needs.filter(need => !offers(inventory, need))
    if (missing.length > 0) throw new Missed(`the server does not offer what this case needs: ${missing.map(describeNeed).join(', ')}`)
  }
  await stage.start(one.opening ?? 'done')
}

/** Opens a conversation and asks what there is. Offers nothing when the server does not answer. */
export const takeInventory = async (at: RevisionRow, peer: HttpPeer, options: Pick<CaseOptions, 'deadlineMs'> = {}): Promise<Inventory> => {
  const stage = new Stage(at, peer, {}, options.deadlineMs ?? DEADLINE_MS)
  try {
    return await stage.inventory()
  } catch (cause) {
    if (!(cause instanceof Missed)) throw cause
    return { tools: new Set(), capabilities: new Set(), session: false }
  } finally {
    await stage.leave()
  }
}

const offers = (inventory: Inventory, need: Need): boolean => {
  if (typeof need === 'string') return inventory.tools.has(need)
  return 'session' in need ? inventory.session : inventory.capabilities.has(need.capability)
}
const describeNeed = (need: Need): string => {
  if (typeof need === 'string') return `the tool ${need}`
  return 'session' in need ? 'a session' : `the capability ${need.capability}`
}
