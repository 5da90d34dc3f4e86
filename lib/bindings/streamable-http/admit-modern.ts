/** Server side, where each request says everything itself: may it in? Over HTTP its fields must agree. Order of lines is precedence. No I/O. */
import type { Incoming, JsonObject, RpcRequest } from '../../wire/json-rpc.js'
import { find, type Revision } from '../../revisions/index.js'
import { CODES, ProtocolError, Refusal } from '../../protocol/errors.js'
import { isModern, META, metaOf, readMeta } from '../../protocol/meta.js'
import { accepts, quoted } from '../../wire/fields.js'
import { SSE_TYPE, type Fields } from '../http.js'
import type { Admission, House, Rules } from './admit.js'
import { methodMismatch, paramMismatch } from './mirror.js'

const PAGE = 'basic/transports/streamable-http'
const VALIDATION = `${PAGE}#server-validation`
const VERSION = 'basic/versioning#protocol-version-negotiation'

/** Is a request to be read the modern way? By what it says itself, whatever came before it on this endpoint. */
export const speaksModern = (incoming: Incoming, fields: Fields, house: Rules): boolean => {
  if (!house.revisions.some(revision => revision.era === 'modern')) return false
  if (!house.revisions.some(revision => revision.era === 'legacy')) return true
  if (incoming.as === 'response') return false
  const { method, params } = incoming.message
  if (method === 'server/discover' || isModern(metaOf(params))) return true
  const said = fields['mcp-protocol-version']
  // initialize opens a session whatever the header says; an unknown version inside a session is that session's to refuse
  if (said === undefined || method === 'initialize') return false
  return find(said)?.era === 'modern' || (find(said) === undefined && fields['mcp-session-id'] === undefined)
}

/** What a transport with header fields repeats in them, and what the house knows of that. */
interface Header {
  readonly fields: Fields
  readonly house: Pick<House, 'mirrored'>
}

/** Over HTTP. @throws Refusal */
export const admitModern = (incoming: Incoming, fields: Fields, house: House): Admission => {
  if (incoming.as === 'response') {
    throw new Refusal(400, CODES.invalidRequest, 'the body is a response; a client of this revision sends requests and notifications alone', { clause: `${PAGE}#sending-messages` })
  }
  // Header requirements for notifications are not defined, and none of the core's is expected here: taken, and nothing follows.
  if (incoming.as === 'notification') return { as: 'notice', message: incoming.message }
  return admitByMeta(incoming.message, house, { fields, house })
}

/** By what the request says of itself, and, where there is a header, by what that says of it. @throws Refusal */
export const admitByMeta = (request: RpcRequest, house: Rules, header?: Header): Admission => {
  const { id, method, params } = request
  const meta = metaOf(params)
  const refuse = (code: number, message: string, clause: string, data?: { readonly [key: string]: unknown }): Refusal =>
    new Refusal(400, code, message, { clause, id, ...(data && { data }) })

  const version = meta[META.protocolVersion]
  const served = house.revisions.map(revision => revision.id).reverse()
  // basic/versioning#compatibility-matrix: legacy clients have nothing else to show
  const hint = method === 'initialize' ? `; initialize is not answered here, the versions served are ${served.join(', ')}` : ''
  const wrong = header && methodMismatch(header.fields, request)
  if (wrong) throw refuse(CODES.headerMismatch, `${wrong}${hint}`, VALIDATION)

  if (typeof version !== 'string') throw refuse(CODES.invalidParams, `params._meta["${META.protocolVersion}"] is ${kind(version)}; expected a string${hint}`, 'basic/index#meta')
  if (kind(meta[META.clientCapabilities]) !== 'an object') {
    throw refuse(CODES.invalidParams, `params._meta["${META.clientCapabilities}"] is ${kind(meta[META.clientCapabilities])}; expected an object${hint}`, 'basic/index#meta')
  }

  const said = header?.fields['mcp-protocol-version']
  if (header && said !== version) {
    throw refuse(CODES.headerMismatch, `MCP-Protocol-Version is ${quoted(said)}; the body says ${quoted(version)}`, `${PAGE}#protocol-version-header`)
  }
  const revision = house.revisions.find(one => one.id === version && one.era === 'modern')
  if (!revision) {
    throw refuse(CODES.unsupportedVersion, `Protocol version ${quoted(version)} is not served this way; supported are ${served.join(', ')}`, VERSION, { supported: served, requested: version })
  }
  return letIn(request, revision, house, meta, header)
}

const letIn = (request: RpcRequest, revision: Revision, house: Rules, meta: JsonObject, header: Header | undefined): Admission => {
  const { id, params } = request
  const asRefusal = (error: unknown, status: number): Refusal => {
    if (!(error instanceof ProtocolError)) throw error
    return new Refusal(status, error.code, error.message, { id, data: error.data as { readonly [key: string]: unknown } })
  }
  try {
    house.offers(request, revision)
  } catch (error) {
    throw asRefusal(error, revision.unknownMethodStatus)
  }
  if (header && request.method === 'subscriptions/listen' && accepts(header.fields.accept, SSE_TYPE) === 0) {
    throw new Refusal(406, CODES.invalidRequest, `subscriptions/listen is answered by a stream, and Accept is ${quoted(header.fields.accept)}; expected ${SSE_TYPE}`, { clause: 'basic/patterns/subscriptions', id })
  }
  const mirrored = header?.house.mirrored(request)
  const wrong = mirrored && paramMismatch(header!.fields, params, mirrored)
  if (wrong) throw new Refusal(400, CODES.headerMismatch, wrong, { clause: `${PAGE}#server-behavior-for-custom-headers`, id })
  const { client, askedLevel } = readMeta(meta)
  try {
    house.check(request, revision, client)
  } catch (error) {
    throw asRefusal(error, revision.refusalStatus)
  }
  return { as: 'exchange', request, revision, client, askedLevel, opens: false }
}

const kind = (value: unknown): string =>
  value === undefined ? 'missing' : value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
