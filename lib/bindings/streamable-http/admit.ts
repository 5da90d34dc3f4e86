/** Streamable HTTP, server side: may this HTTP request in, and as what? Order of lines is precedence. No I/O. */
import { Malformed, readText, type Incoming, type JsonLimits, type RpcNotification, type RpcRequest, type RpcResponse } from '../../wire/json-rpc.js'
import { accepts, mediaType, quoted } from '../../wire/fields.js'
import { ASSUMED, find, negotiate, type Revision } from '../../revisions/index.js'
import type { Level } from '../../wire/levels.js'
import { CODES, ProtocolError, Refusal } from '../../protocol/errors.js'
import type { Caller } from '../../protocol/exchange.js'
import type { Session } from '../../protocol/session.js'
import type { Guard } from '../guard.js'
import { admitModern, speaksModern } from './admit-modern.js'
import type { MirroredParam } from './mirror.js'
import { JSON_TYPE, SSE_TYPE, type Fields, type HttpHead, type HttpRequest } from '../http.js'

/** What a binding decided an arrival is. Anything else is thrown as a Refusal. */
export type Admission =
  | {
    readonly as: 'exchange'; readonly request: RpcRequest; readonly revision: Revision
    readonly session?: Session | undefined
    /** Opens a session by being answered. */
    readonly opens: boolean
    /** Who asks, where the request itself says so; else the session knows. */
    readonly client?: Caller
    readonly askedLevel?: Level | undefined
  }
  | { readonly as: 'notice'; readonly message: RpcNotification | RpcResponse; readonly session?: Session | undefined }
  /** 2025-03-26 only; what could not be let in stands among the rest, to be answered with them. */
  | { readonly as: 'batch'; readonly of: readonly (Admission | Refusal)[]; readonly revision: Revision; readonly session?: Session | undefined }
  | { readonly as: 'stream'; readonly session: Session; readonly after?: string | undefined }
  | { readonly as: 'goodbye'; readonly session: Session }

/** What admission must look up of any request, whatever carries it. */
export interface Rules {
  /** Revisions served, oldest first. */
  readonly revisions: readonly Revision[]
  /** Does the server answer this method? @throws ProtocolError -32601 */
  offers(request: RpcRequest, revision: Revision): void
  /** Do the params fit, and has the client declared what the method needs? @throws ProtocolError -32602, -32021 */
  check(request: RpcRequest, revision: Revision, client: Caller | undefined): void
}

/** What admission must look up. */
export interface House extends Rules {
  /** The open session of that id, if it is the caller's. */
  session(id: string): Session | undefined
  /** False: every POST stands alone, and no session is opened. */
  readonly sessions: boolean
  /** The arguments of a call that header fields must repeat, where it has any. */
  mirrored(request: RpcRequest): readonly MirroredParam[] | undefined
  /** How deep and wide a body may be, and how many messages one array may hold. Beyond it: -32600, 400. */
  readonly limits: JsonLimits
  /** Longest request body, in bytes. Beyond it: 413. */
  readonly maxBodyBytes: number
  /** Refuse what the specification does not allow but deployed clients do, such as an `Accept` without both types. */
  readonly strict: boolean
}

const HTTP = 'basic/transports#sending-messages-to-the-server'
const LISTENING = 'basic/transports#listening-for-messages-from-the-server'
const SESSIONS = 'basic/transports#session-management'
const VERSION = 'basic/transports#protocol-version-header'

const refuse = (status: number, message: string, clause: string, fields: readonly string[] = []): Refusal =>
  new Refusal(status, CODES.invalidRequest, message, { clause, fields })

/** What can be decided before the body is read. @throws Refusal */
export const knock = (http: HttpHead, house: House, guard: Guard): void => {
  const { method, fields } = http
  if (method !== 'POST' && method !== 'GET' && method !== 'DELETE') {
    throw refuse(405, `${method} is not offered here; POST, GET and DELETE are`, HTTP, ['Allow', 'GET, POST, DELETE'])
  }
  guard.check(fields)
  if (method === 'GET' && accepts(fields.accept, SSE_TYPE) === 0) {
    throw refuse(406, `GET opens an event stream, and Accept is ${quoted(fields.accept)}; expected ${SSE_TYPE}`, LISTENING)
  }
  if (method !== 'POST') return
  assertJson(fields)
  if (accepts(fields.accept, JSON_TYPE) === 0 && accepts(fields.accept, SSE_TYPE) === 0) {
    throw refuse(406, `Accept is ${quoted(fields.accept)}; expected ${JSON_TYPE} and ${SSE_TYPE}`, HTTP)
  }
  if (house.strict && !(accepts(fields.accept, JSON_TYPE) > 0 && accepts(fields.accept, SSE_TYPE) > 0 && fields.accept !== undefined)) {
    throw refuse(406, `Accept is ${quoted(fields.accept)}; it must list both ${JSON_TYPE} and ${SSE_TYPE}`, HTTP)
  }
  assertShort(fields, house)
}

/** Is the body JSON, as it is? By what its fields say. @throws Refusal 415 */
export const assertJson = (fields: Fields): void => {
  const type = mediaType(fields['content-type'] ?? '')?.type
  if (type !== JSON_TYPE) {
    throw refuse(415, `Content-Type is ${quoted(fields['content-type'])}; expected ${JSON_TYPE}`, HTTP)
  }
  const coding = fields['content-encoding']
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') {
    throw refuse(415, `Content-Encoding ${quoted(coding)} is not taken; send the body as it is`, HTTP, ['Accept-Encoding', 'identity'])
  }
}

/** By its announced length. @throws Refusal 413 */
export const assertShort = (fields: Fields, house: Pick<House, 'maxBodyBytes'>): void => {
  if (Number(fields['content-length'] ?? 0) > house.maxBodyBytes) throw tooLarge(house)
}

/** The body is longer than this house reads. */
export const tooLarge = (house: Pick<House, 'maxBodyBytes'>): Refusal =>
  refuse(413, `the body is longer than ${house.maxBodyBytes} bytes (maxBodyBytes)`, HTTP)

/** May this request in, and as what? `knock` has let it pass, and its body has been read. @throws Refusal */
export const admit = (http: HttpRequest, house: House): Admission => {
  if (http.method !== 'POST') return admitSession(http, house)
  const incoming = read(http.body, house.limits)
  return incoming.as === 'batch' ? admitBatch(incoming.of, http.fields, house) : admitOne(incoming, http.fields, house)
}

const read = (body: string, limits: JsonLimits): ReturnType<typeof readText> => {
  try {
    return readText(body, limits)
  } catch (error) {
    throw error instanceof Malformed ? malformed(error, error.id) : error
  }
}

/** The refusal of what is no JSON-RPC. */
export const malformed = ({ code, message }: Malformed, id: RpcRequest['id'] | undefined): Refusal => new Refusal(400, code, message, { clause: 'basic/index#messages', id })

/** GET listens, DELETE ends: both belong to a session. */
const admitSession = (http: HttpRequest, house: House): Admission => {
  if (!house.sessions || find(http.fields['mcp-protocol-version'] ?? '')?.sessions === false || !house.revisions.some(revision => revision.sessions)) {
    throw refuse(405, `${http.method} belongs to a session, and there are none here; POST is offered`, SESSIONS, ['Allow', 'POST'])
  }
  const session = sessionOf(http.fields, house)
  versionOf(http.fields, house, session)
  if (http.method === 'DELETE') return { as: 'goodbye', session }
  const after = session.revision.resumes ? http.fields['last-event-id'] : undefined
  if (after !== undefined) assertResumable(session, after)
  return { as: 'stream', session, after }
}

const RESUMING = 'basic/transports#resumability-and-redelivery'

const assertResumable = (session: Session, after: string): void => {
  const log = session.logOf(after)
  const missed = log?.after(after)
  if (!log || !missed) throw refuse(400, 'Last-Event-ID names no event that is still kept in this session; open a new stream without it', RESUMING)
  // An empty stream in answer would look broken again, and clients would come back for ever. 405 is the only other answer GET may have.
  if (log.ended && missed.length === 0) throw refuse(405, 'that stream is over, and the event named was its last: nothing more will come', RESUMING, ['Allow', 'POST, DELETE'])
}

const admitOne = (incoming: Incoming, fields: Fields, house: House): Admission => {
  if (speaksModern(incoming, fields, house)) return admitModern(incoming, fields, house)
  if (incoming.as === 'request' && incoming.message.method === 'initialize') {
    return admitInitialize(incoming.message, house.revisions.filter(revision => revision.http === 'streamable'), house.sessions, house)
  }
  const id = incoming.as === 'request' ? incoming.message.id : undefined
  const session = house.sessions ? sessionOf(fields, house, id) : undefined
  const revision = versionOf(fields, house, session, id)
  return admitWithin(incoming, revision, session, house)
}

/** What belongs to a session, or stands alone at its revision. @throws Refusal */
export const admitWithin = (incoming: Incoming, revision: Revision, session: Session | undefined, house: Rules): Admission => {
  if (incoming.as !== 'request') return { as: 'notice', message: incoming.message, session }
  check(incoming.message, revision, house)
  return { as: 'exchange', request: incoming.message, revision, session, opens: false }
}

/** `initialize`, by the revision it asks for among those `offered` here. @throws Refusal */
export const admitInitialize = (request: RpcRequest, offered: readonly Revision[], opens: boolean, house: Rules): Admission => {
  const asked = request.params?.protocolVersion
  const revision = negotiate(typeof asked === 'string' ? asked : '', offered)
  check(request, revision, house)
  return { as: 'exchange', request, revision, opens }
}

const admitBatch = (of: readonly (Incoming | Malformed)[], fields: Fields, house: House): Admission => {
  if (!house.revisions.some(revision => revision.batches)) throw refuse(400, `the body is an array of ${of.length}; one message at a time is taken`, HTTP)
  const session = house.sessions ? sessionOf(fields, house) : undefined
  return admitAll(of, versionOf(fields, house, session), session, house)
}

/** An array, where the revision takes arrays: each of its messages by itself. @throws Refusal for all of it where not */
export const admitAll = (of: readonly (Incoming | Malformed)[], revision: Revision, session: Session | undefined, house: Rules): Admission => {
  if (!revision.batches) throw refuse(400, `the body is an array of ${of.length}; revision ${revision.id} takes one message at a time`, HTTP)
  const admitted = of.map((incoming): Admission | Refusal => {
    if (incoming instanceof Malformed) return malformed(incoming, incoming.id)
    try {
      if (incoming.as === 'request' && incoming.message.method === 'initialize') {
        throw new Refusal(400, CODES.invalidRequest, 'initialize must not be part of a batch', { clause: 'basic/lifecycle#initialization', id: incoming.message.id })
      }
      return admitWithin(incoming, revision, session, house)
    } catch (error) {
      if (error instanceof Refusal) return error
      throw error
    }
  })
  return { as: 'batch', of: admitted, revision, session }
}

/** A method or params that the server does not take are answered as this revision wants. */
const check = (request: RpcRequest, revision: Revision, house: Rules): void => {
  try {
    house.offers(request, revision)
    house.check(request, revision, undefined)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const status = error.code === CODES.methodNotFound ? revision.unknownMethodStatus : revision.refusalStatus
    throw new Refusal(status, error.code, error.message, { id: request.id, data: error.data as { readonly [key: string]: unknown } })
  }
}

const sessionOf = (fields: Fields, house: House, id?: RpcRequest['id']): Session => {
  const name = fields['mcp-session-id']
  if (name === undefined) {
    throw new Refusal(400, CODES.invalidRequest, 'Mcp-Session-Id is missing; send initialize first and repeat the id it answered with', { clause: SESSIONS, id })
  }
  const session = house.session(name)
  // A session that ended, never was, or is somebody else's: the same answer, so that nothing can be learnt from it.
  if (!session) throw new Refusal(404, CODES.invalidRequest, 'Mcp-Session-Id names no open session; send initialize to open one', { clause: SESSIONS, id })
  return session
}

/** The revision in force: the session's; without one, what the header says. */
const versionOf = (fields: Fields, house: House, session: Session | undefined, id?: RpcRequest['id']): Revision => {
  const said = fields['mcp-protocol-version']
  const named = said === undefined ? session?.revision ?? ASSUMED : find(said)
  if (named?.era !== 'legacy' || !house.revisions.includes(named) || (house.strict && session && named !== session.revision)) {
    const expected = session ? session.revision.id : house.revisions.map(revision => revision.id).join(', ')
    throw new Refusal(400, CODES.invalidRequest, `MCP-Protocol-Version is ${quoted(said)}; expected ${expected}`, { clause: VERSION, id })
  }
  return session ? session.revision : named
}

