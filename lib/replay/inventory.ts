/** What a server offers at one revision, for the `needs` of cases: asked once, in a conversation of its own. */

import type { JsonObject } from '../wire/json-rpc.js'
import type { Need } from './case.js'
import { Missed, NotOffered } from './judge.js'
import type { RevisionRow } from './load.js'
import type { Peer } from './peer.js'
import { Stage } from './stage.js'

export interface Inventory {
  readonly tools: ReadonlySet<string>
  readonly prompts: ReadonlySet<string>
  /** URIs, and templates as they are listed. */
  readonly resources: ReadonlySet<string>
  /** What it declares. */
  readonly capabilities: JsonObject
  /** Does it name a session? */
  readonly session: boolean
}

/** Opens a conversation and asks what there is. Where none can be opened, why not. A list that is not answered as it should be is empty. */
export const takeInventory = async (at: RevisionRow, peer: Peer, deadlineMs: number): Promise<Inventory | Missed> => {
  const stage = new Stage(at, peer, {}, deadlineMs)
  try {
    await stage.start('done')
    const capabilities = asObject((await stage.introduction())['capabilities'])
    const listed = (capability: string, method: string, members: string, name: string): Promise<readonly string[]> =>
      capability in capabilities ? namesOf(stage, method, members, name) : Promise.resolve([])
    // A server is asked to bring tools, whatever it declares.
    const tools = await namesOf(stage, 'tools/list', 'tools', 'name')
    const prompts = await listed('prompts', 'prompts/list', 'prompts', 'name')
    const resources = await listed('resources', 'resources/list', 'resources', 'uri')
    const templates = await listed('resources', 'resources/templates/list', 'resourceTemplates', 'uriTemplate')
    return { tools: new Set(tools), prompts: new Set(prompts), resources: new Set([...resources, ...templates]), capabilities, session: stage.hasSession }
  } catch (cause) {
    if (!(cause instanceof Missed)) throw cause
    return cause
  } finally {
    await stage.leave()
  }
}

/** Every page of a list, by what its members are called. */
const namesOf = async (stage: Stage, method: string, members: string, name: string): Promise<readonly string[]> => {
  const names: string[] = []
  try {
    let cursor: unknown
    do {
      const page = await stage.ask(method, cursor === undefined ? {} : { cursor }, { [members]: { $each: { [name]: { $type: 'string' } } } })
      names.push(...(page[members] as readonly JsonObject[]).map(member => member[name] as string))
      cursor = page['nextCursor']
    } while (cursor !== undefined)
  } catch (cause) {
    if (!(cause instanceof Missed)) throw cause
    return []
  }
  return names
}

/**
 * Holds what a case needs against what there is.
 * @throws NotOffered for what a server is free not to offer; Missed for a tool, which it is asked to bring
 */
export const demand = (needs: readonly Need[], inventory: Inventory | Missed): void => {
  if (inventory instanceof Missed) throw new Missed(`what the server offers cannot be asked: ${inventory.message}`)
  const missing = needs.filter(need => !offers(inventory, need))
  const free = missing.filter(need => typeof need !== 'string')
  if (free.length > 0) throw new NotOffered(`not offered: ${free.map(describe).join(', ')}`)
  if (missing.length > 0) throw new Missed(`the server does not offer what this case needs: ${missing.map(describe).join(', ')}`)
}

const offers = (inventory: Inventory, need: Need): boolean => {
  if (typeof need === 'string') return inventory.tools.has(need)
  if ('tool' in need) return inventory.tools.has(need.tool)
  if ('session' in need) return inventory.session
  if ('prompt' in need) return inventory.prompts.has(need.prompt)
  if ('resource' in need) return inventory.resources.has(need.resource)
  return declares(inventory.capabilities, need.capability)
}

/** Is there something at that path, such as resources.subscribe, other than false? */
export const declares = (capabilities: unknown, path: string): boolean => {
  const declared = path.split('.').reduce<unknown>((value, name) => asObject(value)[name], capabilities)
  return declared !== undefined && declared !== false
}

const describe = (need: Need): string => {
  if (typeof need === 'string') return `the tool ${need}`
  if ('session' in need) return 'a session'
  return Object.entries(need).map(([kind, name]) => `the ${kind} ${name}`).join()
}

const asObject = (value: unknown): JsonObject => typeof value === 'object' && value !== null ? value as JsonObject : {}
