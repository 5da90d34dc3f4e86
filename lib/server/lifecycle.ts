/** How a conversation begins: `initialize`, `server/discover`, and who says what of itself. No I/O. */
import type { Revision } from '../revisions/index.js'
import type { JsonObject } from '../wire/json-rpc.js'
import { CODES, Refusal } from '../protocol/errors.js'
import type { Caller } from '../protocol/exchange.js'
import type { Implementation } from '../protocol/types.js'

/** Characters that a client may say of itself: a session keeps them. */
export const MAX_CALLER = 65_536

/** Who an `initialize` says is calling. @throws Refusal for one that says too much: -32602 */
export const callerOf = (params: JsonObject | undefined): Caller => {
  const { capabilities = {}, clientInfo } = (params ?? {}) as { capabilities?: Caller['capabilities']; clientInfo?: Caller['info'] }
  const said = JSON.stringify([capabilities, clientInfo]).length
  if (said > MAX_CALLER) throw new Refusal(400, CODES.invalidParams, `capabilities and clientInfo are ${said} characters; at most ${MAX_CALLER} are kept`)
  return clientInfo === undefined ? { capabilities } : { capabilities, info: clientInfo }
}

/** `InitializeResult`: the version asked for if it is served, else the newest that is (basic/lifecycle#version-negotiation). */
export const initializeResult = (revision: Revision, serverInfo: Implementation, capabilities: JsonObject, instructions: string | undefined): JsonObject => ({
  protocolVersion: revision.id,
  capabilities,
  serverInfo,
  ...(instructions !== undefined && { instructions }),
})

/** What a server declares: what it offers, and no more. `tells`: of changes; `tasks`: what running them declares. */
export const capabilitiesOf = (offers: (method: string) => boolean, tells: boolean, tasks: JsonObject, extensions: JsonObject): JsonObject => {
  const listed = tells ? { listChanged: true } : {}
  const extended = { ...extensions, ...(tasks.extensions as object | undefined) }
  return {
    ...tasks,
    ...(Object.keys(extended).length > 0 && { extensions: extended }),
    ...(offers('logging/setLevel') && { logging: {} }),
    ...(offers('tools/call') && { tools: listed }),
    ...(offers('resources/read') && { resources: { ...listed, ...(tells && { subscribe: true }) } }),
    ...(offers('prompts/get') && { prompts: listed }),
    ...(offers('completion/complete') && { completions: {} }),
  }
}

/** `DiscoverResult` (2026-07-28/server/discover#discoverresult): newest version first. */
export const discoverResult = (revisions: readonly Revision[], capabilities: JsonObject, instructions: string | undefined): JsonObject => ({
  supportedVersions: revisions.map(({ id }) => id).reverse(),
  capabilities,
  ...(instructions !== undefined && { instructions }),
})
