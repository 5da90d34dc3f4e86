/**
 * HTTP+SSE of 2024-11-05, both sides: a stream that names an endpoint, and POSTs to it (2024-11-05/basic/transports#http-with-sse).
 * What is said over it is admitted as on any shared pipe. No I/O.
 */
import { accepts } from '../wire/fields.js'
import { encodeData, encodeEvent } from '../wire/sse.js'
import { CODES, InvalidMessage, Refusal } from '../protocol/errors.js'
import type { Guard } from './guard.js'
import { SSE_TYPE, type HttpHead } from './http.js'
import { assertJson, assertShort } from './streamable-http/admit.js'

const CLAUSE = 'basic/transports#http-with-sse'

/** Server side: what can be decided before anything is looked up. @throws Refusal 405, 403, 406, 415, 413 */
export const knockSse = ({ method, fields }: HttpHead, verb: 'GET' | 'POST', house: { readonly maxBodyBytes: number }, guard: Guard): void => {
  if (method !== verb) {
    throw new Refusal(405, CODES.invalidRequest, `${method} is not offered here; ${verb} is`, { clause: CLAUSE, fields: ['Allow', verb] })
  }
  guard.check(fields)
  if (verb === 'POST') {
    assertJson(fields)
    assertShort(fields, house)
  } else if (accepts(fields.accept, SSE_TYPE) === 0) {
    const seen = `GET opens an event stream, and Accept is ${JSON.stringify(fields.accept)}`
    throw new Refusal(406, CODES.invalidRequest, `${seen}; expected ${SSE_TYPE}`, { clause: CLAUSE })
  }
}

/** The event that a stream begins with: where its client posts to, as a relative reference. */
export const encodeEndpoint = (messages: string, session: string): string => encodeEvent({ event: 'endpoint', data: `${messages}?sessionId=${session}` })

/** The session a POST names: the query of its target. */
export const sessionNamed = (target: string): string | undefined =>
  new URLSearchParams(target.slice(target.indexOf('?') + 1)).get('sessionId') ?? undefined

/** One message, as JSON, to the client. */
export const encodeMessage = (json: string): string => `event: message\n${encodeData(json)}`

/**
 * Client side: where to post to. Only ever at the origin of the stream: what is posted may hold credentials, and a stream that names
 * another server could have them sent there.
 * @throws InvalidMessage
 */
export const endpointOf = (data: string, stream: URL): URL => {
  const seen = `the endpoint event names ${JSON.stringify(data.slice(0, 200))}`
  if (!URL.canParse(data, stream.href)) throw new InvalidMessage(`${seen}; expected a URI`, CLAUSE)
  const endpoint = new URL(data, stream)
  if (endpoint.origin !== stream.origin) throw new InvalidMessage(`${seen}; expected a URI of ${stream.origin}, where the stream is`, CLAUSE)
  return endpoint
}
