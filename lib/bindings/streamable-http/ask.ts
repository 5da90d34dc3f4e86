/** Streamable HTTP, client side: the fields and the body that carry one message. Follows basic/transports#streamable-http. No I/O. */
import type { RpcMessage } from '../../wire/json-rpc.js'
import type { Standing } from '../../protocol/opening.js'
import { JSON_TYPE, SSE_TYPE } from '../http.js'
import { type MirroredParam, mirrorsOf } from './mirror.js'

/** One HTTP request to the endpoint. `fields`: names and values alternating. */
export interface Asking {
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly fields: string[]
  readonly body?: string
}

/** Nothing may shrink what we count: a decoder would let a few bytes become gigabytes. */
const IDENTITY = ['accept-encoding', 'identity'] as const

/**
 * Says one message. #sending-messages-to-the-server: each in its own POST, and both kinds of reply are welcome.
 * `own`: the application's fields, as `ownFields` checked them. `mirrored`: the arguments of a call that fields repeat.
 */
export const askPost = (message: RpcMessage, standing: Standing, own: readonly string[], mirrored?: readonly MirroredParam[]): Asking => ({
  method: 'POST',
  fields: [
    'content-type', JSON_TYPE, 'accept', `${JSON_TYPE}, ${SSE_TYPE}`, ...IDENTITY,
    ...termsOf(standing, isFirst(message)), ...repeated(message, standing, mirrored), ...own,
  ],
  body: JSON.stringify(message),
})

/** Listens, or takes a stream up again after the event with that id: #resumability-and-redelivery. */
export const askGet = (after: string | undefined, standing: Standing, own: readonly string[]): Asking => ({
  method: 'GET',
  fields: ['accept', SSE_TYPE, ...IDENTITY, ...(after === undefined ? [] : ['last-event-id', after]), ...termsOf(standing, false), ...own],
})

/** Ends the session: #session-management. */
export const askDelete = (standing: Standing, own: readonly string[]): Asking => ({
  method: 'DELETE',
  fields: [...IDENTITY, ...termsOf(standing, false), ...own],
})

/** 2026-07-28/basic/transports/streamable-http#standard-request-headers */
const repeated = (message: RpcMessage, { revision }: Standing, mirrored: readonly MirroredParam[] | undefined): string[] =>
  (revision.mirrors && 'method' in message ? Object.entries(mirrorsOf(message, mirrored)).flat() : [])

/** No revision is agreed on while this is being said. */
const isFirst = (message: RpcMessage): boolean => 'method' in message && message.method === 'initialize'

/** #protocol-version-header, #session-management: on everything after the opening. */
const termsOf = ({ revision, session }: Standing, first: boolean): string[] => {
  if (first) return []
  const terms = revision.versionField === 'unused' ? [] : ['mcp-protocol-version', revision.id]
  if (session !== undefined) terms.push('mcp-session-id', session)
  return terms
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** #session-management allows these in a session id; an event id may hold inner spaces besides. */
const VISIBLE = /^[\x21-\x7e]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Written by the binding itself, or by the HTTP layer. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept', 'accept-encoding', 'connection', 'content-encoding', 'content-length', 'content-type', 'expect', 'host', 'keep-alive', 'last-event-id',
  'mcp-method', 'mcp-name', 'mcp-protocol-version', 'mcp-session-id', 'te', 'trailer', 'transfer-encoding', 'upgrade',
])

/** Header fields of the application, as names and values alternating. @throws TypeError that never shows a value: it may be a credential. */
export const ownFields = (headers: { readonly [name: string]: string } = {}): string[] =>
  Object.entries(headers).flatMap(([name, value]) => {
    if (!NAME.test(name)) throw new TypeError(`headers: ${JSON.stringify(name)} is no field name`)
    if (RESERVED.has(name.toLowerCase()) || /^mcp-param-/i.test(name)) throw new TypeError(`headers: ${name} is written by the protocol`)
    if (typeof value !== 'string' || !VALUE.test(value)) {
      throw new TypeError(`headers: the value of ${name} must be a string without line breaks, control characters or characters past U+00FF`)
    }
    return [name.toLowerCase(), value]
  })

/** May this be the name of a session? */
export const isSessionId = (value: string): boolean => VISIBLE.test(value)

/** Can a `Last-Event-ID` field carry it unchanged? */
export const isCarriable = (eventId: string): boolean => VISIBLE.test(eventId.replaceAll(' ', '')) && eventId.trim() === eventId
