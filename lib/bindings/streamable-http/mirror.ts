/** What a modern request says twice, in its body and in header fields: written by clients, compared by servers (2026-07-28/basic/transports/streamable-http#request-metadata). No I/O. */
import type { JsonObject, RpcNotification, RpcRequest } from '../../wire/json-rpc.js'
import { decodeFieldValue, encodeFieldValue, quoted } from '../../wire/fields.js'
import type { Fields } from '../http.js'

/** An argument that is repeated in `Mcp-Param-{name}`: see `x-mcp-header`. */
export interface MirroredParam {
  readonly name: string
  readonly path: readonly string[]
  readonly type: 'string' | 'integer' | 'boolean'
}

/** Methods that repeat one of their params in `Mcp-Name`, and which. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
])

/** A tool with more of them than this is not a tool anybody means. */
export const MAX_MIRRORED = 64

/** Client: `Mcp-Method`, `Mcp-Name` and the `Mcp-Param-*` of a request. A notification has no params that are repeated. */
export const mirrorsOf = ({ method, params }: RpcRequest | RpcNotification, mirrored: readonly MirroredParam[] = []): Record<string, string> => {
  const fields: Record<string, string> = { 'Mcp-Method': method }
  const name = nameOf(method, params)
  if (name !== undefined) fields['Mcp-Name'] = encodeFieldValue(name)
  for (const param of mirrored) {
    const said = asText(valueAt(params?.arguments, param.path))
    if (said !== undefined) fields[`Mcp-Param-${param.name}`] = encodeFieldValue(said)
  }
  return fields
}

/** Server: what is wrong with `Mcp-Method` and `Mcp-Name`, in a sentence. */
export const methodMismatch = (fields: Fields, { method, params }: { readonly method: string; readonly params?: JsonObject }): string | undefined => {
  const said = fields['mcp-method']
  if (said === undefined) return `Mcp-Method is missing; expected ${quoted(method)}`
  if (said !== method) return `Mcp-Method is ${quoted(said)}; the body says ${quoted(method)}`
  const name = nameOf(method, params)
  return name === undefined ? undefined : mismatch('Mcp-Name', fields['mcp-name'], name, 'string')
}

/** Server: what is wrong with the `Mcp-Param-*` of a call, in a sentence. */
export const paramMismatch = (fields: Fields, params: JsonObject | undefined, mirrored: readonly MirroredParam[]): string | undefined => {
  for (const { name, path, type } of mirrored) {
    const field = `Mcp-Param-${name}`
    const raw = fields[field.toLowerCase()]
    const value = asText(valueAt(params?.arguments, path))
    if (value === undefined && raw === undefined) continue
    if (value === undefined) return `${field} is ${quoted(raw!)}; the body has no such argument`
    const fault = mismatch(field, raw, value, type)
    if (fault) return fault
  }
  return undefined
}

const mismatch = (field: string, raw: string | undefined, value: string, type: MirroredParam['type']): string | undefined => {
  if (raw === undefined) return `${field} is missing; the body says ${quoted(value)}`
  const said = decodeFieldValue(raw)
  if (said === undefined) return `${field} is malformed; expected visible ASCII, or =?base64?…?= around strict Base64`
  if (said === value || (type === 'integer' && isSameInteger(said, value))) return undefined
  return `${field} is ${quoted(said)}; the body says ${quoted(value)}`
}

/** `42.0` and `42` are the same (basic/transports/streamable-http#server-validation); what only rounds to it is not. */
const isSameInteger = (said: string, value: string): boolean =>
  /^-?[0-9]{1,16}(\.0{1,16})?$/.test(said) && Number.isSafeInteger(Number(said)) && Number(said) === Number(value)

const nameOf = (method: string, params: JsonObject | undefined): string | undefined => {
  const member = NAMED.get(method)
  const name = member === undefined ? undefined : params?.[member]
  return typeof name === 'string' ? name : undefined
}

const valueAt = (from: unknown, path: readonly string[]): unknown => {
  let at = from
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as JsonObject)[name]
  }
  return at
}

const asText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'boolean' || typeof value === 'number' ? String(value) : undefined
