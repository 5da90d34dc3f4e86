/** Streamable HTTP, client side: bodies read as messages, as refusals, or as neither. Says what was seen, in bounds. No I/O. */
import { JSON_LIMITS, type JsonLimits, Malformed, readText, type Incoming, type RpcFailure, type RpcId, type RpcMessage } from '../../wire/json-rpc.js'
import { mediaType } from '../../wire/fields.js'
import { HttpRefusal, InvalidMessage, RpcError } from '../../protocol/errors.js'
import type { Revision } from '../../revisions/index.js'
import { type Fields, JSON_TYPE, SSE_TYPE } from '../http.js'

/** A server's answer is what the application asked for, and may be large; its length is bounded elsewhere. */
export const ANSWER_LIMITS: JsonLimits = { ...JSON_LIMITS, maxNodes: 1_000_000 }

/** Shown of a body in an error, in characters. */
const SHOWN = 200
/** Kept of a body in an `HttpRefusal`, in characters. */
const KEPT = 2048

/** A body as it comes, up to a limit; what comes after that is let go. */
export class Gathered {
  #blocks: Uint8Array[] = []
  #chunks: Uint8Array[] = []
  #pending = 0
  #length = 0
  full = false

  constructor(private readonly maxBytes: number) {}

  add(chunk: Uint8Array): void {
    if (this.full) return
    if (this.#length + chunk.length > this.maxBytes) {
      this.full = true
      return
    }
    this.#length += chunk.length
    this.#pending += chunk.length
    // a byte that comes alone weighs a hundred times itself
    if (this.#chunks.push(chunk) < MANY) return
    this.#blocks.push(join(this.#chunks, this.#pending))
    this.#chunks = []
    this.#pending = 0
  }

  /** @throws InvalidMessage if `fatal` and it is not UTF-8: basic/transports says it must be. */
  text(fatal = true): string {
    const all = [...this.#blocks, ...this.#chunks]
    const [first] = all
    if (first === undefined) return ''
    const bytes = all.length === 1 ? first : join(all, this.#length)
    try {
      return (fatal ? STRICT : LENIENT).decode(bytes)
    } catch {
      throw new InvalidMessage('the body is not UTF-8', 'basic/transports')
    }
  }
}

/** Chunks kept apart. */
const MANY = 64
const STRICT = new TextDecoder('utf-8', { fatal: true })
const LENIENT = new TextDecoder()

const join = (chunks: readonly Uint8Array[], length: number): Uint8Array => {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** The messages of one text: one, or several where the revision has batches. @throws InvalidMessage */
export const readMessages = (text: string, revision: Revision, what: string): RpcMessage[] => {
  try {
    const incoming = readText(text, ANSWER_LIMITS)
    if (incoming.as !== 'batch') return [incoming.message]
    if (!revision.batches) throw new Malformed(-32600, `an array of ${incoming.of.length}; revision ${revision.id} has single messages`)
    return incoming.of.map(one => sound(one).message)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw new InvalidMessage(`${what}: ${error.message}; it begins ${quote(text)}`, 'basic/index#messages')
  }
}

const sound = (one: Incoming | Malformed): Incoming => {
  if (one instanceof Malformed) throw one
  return one
}

/** Type and subtype of the body, in lower case. */
export const typeOf = (fields: Fields): string | undefined => mediaType(fields['content-type'] ?? '')?.type

/** A status that promised an answer, over something that is none. */
export const unexpected = (what: string, status: number, fields: Fields, body: Gathered): InvalidMessage => {
  const coding = fields['content-encoding']
  const type = fields['content-type']
  const seen = coding !== undefined && coding.trim().toLowerCase() !== 'identity'
    ? `Content-Encoding ${quote(coding)}, though only identity was accepted`
    : `Content-Type ${type === undefined ? '(missing)' : quote(type)}, and the body begins ${quote(body.text(false))}`
  const clause = 'basic/transports#sending-messages-to-the-server'
  return new InvalidMessage(`${what}: HTTP status ${status} with ${seen}; expected ${JSON_TYPE} or ${SSE_TYPE}`, clause)
}

/** A status that is no answer. `answer`: the JSON-RPC error that its body holds for this request, with the refusal as its cause. */
export interface Refused {
  readonly refusal: HttpRefusal
  readonly answer: RpcError | undefined
}

export const refusalOf = (what: string, status: number, fields: Fields, body: Gathered, id: RpcId | undefined): Refused => {
  const text = body.text(false)
  const response = typeOf(fields) === JSON_TYPE ? failureIn(text) : undefined
  const said = response ? `: ${response.error.message} (${response.error.code})` : text === '' ? '' : `: ${quote(text)}`
  const led = status >= 300 && status <= 399 ? `; it points to ${quote(placeOf(fields.location))}, and redirects are not followed` : ''
  const refusal = new HttpRefusal(`${what}: HTTP status ${status}${led}${said}`, status, text.slice(0, KEPT), response?.error)
  // An error without id is about the request it answers: there is no other on this reply.
  if (response === undefined || id === undefined || (response.id !== undefined && response.id !== id)) return { refusal, answer: undefined }
  const answer = new RpcError(response.error, what)
  answer.cause = refusal
  return { refusal, answer }
}

const failureIn = (text: string): RpcFailure | undefined => {
  try {
    const incoming = readText(text, ANSWER_LIMITS)
    return incoming.as === 'response' && 'error' in incoming.message ? incoming.message : undefined
  } catch {
    return undefined
  }
}

/** Where a redirect leads, without its query: that may hold credentials. */
const placeOf = (location: string | undefined): string => (location ?? '(nowhere)').split(/[?#]/, 1)[0]!

const quote = (text: string): string => JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
