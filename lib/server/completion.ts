/** `completion/complete`: what an argument of a prompt, or a variable of a resource template, could be (server/utilities/completion). No I/O. */
import type { JsonObject } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Completion } from '../protocol/types.js'

/** Values that begin as `value` does, or fit it in whatever way; `given`: the other arguments so far. A list is cut to 100 and counted. */
export type Complete = (value: string, given: { readonly [name: string]: string }) => readonly string[] | Completion | Promise<readonly string[] | Completion>

/** server/utilities/completion#completion-results */
export const MAX_VALUES = 100

/** What is to be completed: a prompt by its name, a template by its URI. */
export interface Reference {
  readonly type: string
  readonly name: string
  readonly uri: string
}
/** Something whose arguments can be completed, each by its name. */
export interface Completed {
  readonly complete: ReadonlyMap<string, Complete>
}

/** Completes one argument; nothing to suggest where nobody does. @throws ProtocolError -32602 for a reference that leads nowhere */
export const complete = async (params: JsonObject, find: (ref: Reference) => Completed | undefined): Promise<JsonObject> => {
  const { ref, argument, context } = params as unknown as { ref: Reference; argument: { name: string; value: string }; context?: { arguments?: { readonly [name: string]: string } } }
  const about = find(ref)
  if (!about) throw new ProtocolError(CODES.invalidParams, `${ref.type} ${JSON.stringify(ref.name ?? ref.uri).slice(0, 200)} is not known here`)
  const by = about.complete.get(argument.name)
  const found = by ? await by(argument.value, context?.arguments ?? {}) : []
  if (!isList(found)) return { completion: { ...found, values: found.values.slice(0, MAX_VALUES), ...(found.values.length > MAX_VALUES && { hasMore: true }) } }
  return { completion: { values: found.slice(0, MAX_VALUES), total: found.length, hasMore: found.length > MAX_VALUES } }
}

const isList = (found: readonly string[] | Completion): found is readonly string[] => Array.isArray(found)
