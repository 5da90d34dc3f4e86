/** A shared pipe, both sides: who a message belongs to, where nothing but the message can say (basic/transports/stdio). No I/O. */
import { Malformed, readText, type Batch, type Incoming, type JsonLimits, type RpcId, type RpcMessage } from '../wire/json-rpc.js'
import { negotiate } from '../revisions/index.js'
import { CODES, Refusal } from '../protocol/errors.js'
import { META, metaOf } from '../protocol/meta.js'
import type { Session } from '../protocol/session.js'
import { admitAll, admitInitialize, admitWithin, malformed, type Admission, type Rules } from './streamable-http/admit.js'
import { admitByMeta, speaksModern } from './streamable-http/admit-modern.js'

const NO_FIELDS = {}
const INITIALIZATION = 'basic/lifecycle#initialization'
const META_FIELDS = 'basic/index#meta'

/**
 * Server side: reads one line, or one POST of HTTP+SSE.
 * @throws Refusal with the id of a request, where one could be read. Never with that of a response: it is one of ours, and the client may
 * have a request of the same id in flight.
 */
export const readPiped = (text: string, limits: JsonLimits): Incoming | Batch => {
  try {
    return readText(text, limits)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw malformed(error, error.id !== undefined && namesMethod(text) ? error.id : undefined)
  }
}

/** Is a text that is JSON, but no message, meant as a request or a notification? Either side's responses bear the other side's ids. */
export const namesMethod = (text: string): boolean => {
  const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
  return typeof value === 'object' && value !== null && 'method' in value
}

/**
 * Server side: what says everything itself is let in by that; the rest belongs to the session that `initialize` opened. Neither pins the pipe:
 * 2026-07-28/basic/versioning#compatibility-matrix lets both eras be served on one process.
 *
 * A second `initialize` opens a new session in place of the first. The specification has it once, at the start (basic/lifecycle#initialization),
 * so whoever sends it again has begun again, as a restarted client behind a bridge does: refusing would lock it out for the life of the process.
 * @throws Refusal
 */
export const admitPiped = (incoming: Incoming | Batch, session: Session | undefined, house: Rules): Admission => {
  if (incoming.as === 'batch') {
    if (!session) throw early(undefined, house)
    return admitAll(incoming.of, session.revision, session, house)
  }
  if (incoming.as !== 'request') return { as: 'notice', message: incoming.message, session }
  const request = incoming.message
  if (speaksModern(incoming, NO_FIELDS, house)) return admitByMeta(request, house)
  if (request.method === 'initialize') return admitInitialize(request, house.revisions, true, house)
  if (session) return admitWithin(incoming, session.revision, session, house)
  // basic/lifecycle#initialization: before the answer to `initialize` a client may send pings
  if (request.method === 'ping') return admitWithin(incoming, negotiate('', house.revisions), undefined, house)
  throw early(request.id, house)
}

const early = (id: RpcId | undefined, { revisions }: Rules): Refusal => {
  const why = 'no session is open on this connection; send initialize first'
  // Of either era it may be meant: 2026-07-28/basic/index#meta has a code for what lacks its metadata, and the older pages have none.
  if (id !== undefined && revisions.some(({ era }) => era === 'modern')) {
    return new Refusal(400, CODES.invalidParams, `${why}, or say everything in params._meta`, { clause: META_FIELDS, id })
  }
  return new Refusal(400, CODES.invalidRequest, why, { clause: INITIALIZATION, id })
}

/** Whose a message is that comes to a client. */
export type Addressee =
  /** The request of that id. */
  | { readonly of: 'request'; readonly id: RpcId }
  /** The `subscriptions/listen` of that id, if there is one; else nobody's. */
  | { readonly of: 'subscription'; readonly id: RpcId }
  /** Not said: it can only be told while one request alone is in flight. */
  | { readonly of: 'lone request' }
  | { readonly of: 'nobody' }

/**
 * Client side. Responses go by id; what a subscription brings, by its subscription id (2026-07-28/basic/transports/stdio#receiving-messages);
 * progress by its token, which a client of ours makes equal to the id. A server tears a subscription down by cancelling it
 * (2026-07-28/basic/patterns/cancellation). Log entries and a server's questions name no request.
 */
export const addresseeOf = (message: RpcMessage): Addressee => {
  if (!('method' in message)) return message.id === undefined ? { of: 'lone request' } : { of: 'request', id: message.id }
  const { method, params } = message
  if ('id' in message) return { of: 'lone request' }
  const subscription = metaOf(params)[META.subscriptionId]
  if (isId(subscription)) return { of: 'subscription', id: subscription }
  if (method === 'notifications/cancelled' && isId(params?.requestId)) return { of: 'subscription', id: params.requestId }
  if (method === 'notifications/progress' && isId(params?.progressToken)) return { of: 'request', id: params.progressToken }
  return { of: method === 'notifications/message' ? 'lone request' : 'nobody' }
}

const isId = (value: unknown): value is RpcId => typeof value === 'string' || typeof value === 'number'
