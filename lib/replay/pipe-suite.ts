/** Plays the server cases that a pipe can carry, each on a pipe of its own; the others are skipped and say why. */

import type { ServerCase, ServerStep } from './case.js'
import { takeInventory, type Inventory } from './inventory.js'
import type { Missed } from './judge.js'
import { isFor, type Folder, type RevisionRow, type Suite } from './load.js'
import type { PipePeer } from './pipe-peer.js'
import { DEADLINE_MS, playServerCase } from './server-case.js'
import { playEach, serverCases, type PlayOptions, type Verdicts } from './suite.js'

/** Every selected case at every revision it runs at and the binding carries, causes before consequences. A case whose cause did not pass is skipped and says so. */
export const playPipe = (suite: Suite, peer: PipePeer, options: PlayOptions<ServerCase> = {}): Verdicts => {
  const inventories = new Map<RevisionRow, Inventory | Missed>()
  const takeStock = async (at: RevisionRow): Promise<Inventory | Missed> => {
    await peer.renew()
    const inventory = await takeInventory(at, peer, options.deadlineMs ?? DEADLINE_MS)
    inventories.set(at, inventory)
    return inventory
  }
  const revisions = options.revisions ?? suite.revisions.filter(({ bindings }) => bindings.includes(peer.binding)).map(({ revision }) => revision)
  return playEach(suite, serverCases(suite), { ...options, revisions, whyNot: one => whyNotPiped(one, peer.binding) }, async (one, at, keyword) => {
    const inventory = one.needs?.length ? inventories.get(at) ?? await takeStock(at) : undefined
    await peer.renew()
    const verdict = await playServerCase(one, at, one.folder === 'http-sse' ? peer.http! : peer, { ...options, keyword, ...(inventory && { inventory }) })
    await peer.renew()
    return verdict
  })
}

/** Why a case cannot be played over a pipe; undefined where it can. fixtures/README.md#bindings */
export const whyNotPiped = (one: ServerCase, binding: PipePeer['binding']): string | undefined => {
  const { folder = 'messages' } = one
  if (!isFor(one, binding)) return one.because ?? `it is about ${ABOUT[folder]}`
  if (folder !== 'messages') return undefined
  if (one.steps.some(step => 'request' in step || leavesOutALine(step))) return 'it is about HTTP'
  if (binding === 'stdio' && one.steps.some(isBlank)) return 'a line without text is no message'
  if (one.steps.some(step => 'hang_up' in step)) return 'it closes a connection of its own, and a pipe has one for all'
  if (one.needs?.some(need => typeof need === 'object' && 'session' in need)) return 'it needs a session with a name, which only Streamable HTTP has'
  const begins = one.steps.filter(step => 'open' in step || ('post' in step && 'call' in step.post && step.post.call === 'initialize')).length
  return begins > (one.opening === 'none' ? 1 : 0) ? 'it opens a second session, and a pipe carries one' : undefined
}

const ABOUT: Readonly<Record<Folder, string>> = { messages: 'messages', http: 'HTTP', stdio: 'stdio', 'http-sse': 'HTTP+SSE' }

const leavesOutALine = (step: ServerStep): boolean => 'post' in step && Object.values(step.fields ?? {}).includes(null)
const isBlank = (step: ServerStep): boolean => 'post' in step && 'raw' in step.post && typeof step.post.raw === 'string' && step.post.raw.trim() === ''
