/** The application's answers to what a server asks: ping, elicitation, sampling, roots. The same functions in every revision. No I/O. */
import type { JsonObject, RpcId, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import { asks, type Method } from '../revisions/vocabulary.js'
import type { Revision } from '../revisions/index.js'
import { CODES, failure, ProtocolError } from '../protocol/errors.js'
import { clientChecks } from '../validation/client-checks.js'
import type { ElicitAnswer, ElicitForm, ElicitUrl, Root, SampleAnswer, SampleParams } from './typed.js'

/** What an answer is given beside its params. */
export interface Asker {
  /** Aborted when the server withdraws its question, or the call it belongs to is given up. */
  readonly signal: AbortSignal
}

/**
 * Functions that answer a server. Each one given is declared as a capability when the client connects, and none else.
 * What one throws reaches the server only as a `ProtocolError`; anything else is answered -32603 without its text.
 */
export interface Answerers {
  /** client/elicitation, form mode. */
  readonly elicit?: (params: ElicitForm, asker: Asker) => ElicitAnswer | Promise<ElicitAnswer>
  /** client/elicitation, URL mode. Show the whole URL and ask for consent; never fetch it. */
  readonly elicitUrl?: (params: ElicitUrl, asker: Asker) => ElicitAnswer | Promise<ElicitAnswer>
  /** client/sampling, without tools. */
  readonly sample?: (params: SampleParams, asker: Asker) => SampleAnswer | Promise<SampleAnswer>
  /** client/roots. After they change, `client.notify('notifications/roots/list_changed')`. */
  readonly roots?: (asker: Asker) => readonly Root[] | Promise<readonly Root[]>
}

/** Questions of one server that may be open at once. Beyond it: -32603. */
export const MAX_OPEN_QUESTIONS = 100

/** The capabilities these functions amount to: basic/lifecycle#capability-negotiation. */
export const capabilitiesOf = ({ elicit, elicitUrl, sample, roots }: Answerers): JsonObject => ({
  ...((elicit || elicitUrl) && { elicitation: { ...(elicit && { form: {} }), ...(elicitUrl && { url: {} }) } }),
  ...(sample && { sampling: {} }),
  ...(roots && { roots: { listChanged: true } }),
})

/**
 * The answer of somebody who takes every default in the form: pass `params => acceptDefaults(params.requestedSchema)` as `elicit`.
 * Declines when a required member has no default. client/elicitation#requested-schema
 */
export const acceptDefaults = (requestedSchema: JsonObject): ElicitAnswer => {
  const { properties = {}, required = [] } = requestedSchema as Form
  const given = Object.entries(properties).flatMap(([name, field]) => (field.default === undefined ? [] : [[name, field.default] as const]))
  const content = Object.fromEntries(given)
  return required.every(name => Object.hasOwn(content, name)) ? { action: 'accept', content } : { action: 'decline' }
}

interface Form {
  readonly properties?: { readonly [name: string]: { readonly default?: string | number | boolean | readonly string[] } }
  readonly required?: readonly string[]
}

/** Answers a server's requests, one at a time or many. */
export class AnswerDesk {
  /** Open questions and the ids the server chose. Two may be equal: a server without sessions may be many. */
  readonly #open = new Map<AbortController, RpcId>()

  constructor(private readonly answerers: Answerers, private readonly onError: (error: unknown) => void) {}

  /** The one response to this request, or `undefined` when `asker` was aborted meanwhile. Never rejects. */
  async answer(request: RpcRequest, revision: Revision, asker: AbortController): Promise<RpcResponse | undefined> {
    const { id } = request
    if (this.#open.size >= MAX_OPEN_QUESTIONS) {
      return failure(id, new ProtocolError(CODES.internalError, `${MAX_OPEN_QUESTIONS} questions are open, and no more are taken`))
    }
    this.#open.set(asker, id)
    try {
      const result = await this.#resultOf(request, revision, asker)
      return asker.signal.aborted ? undefined : { jsonrpc: '2.0', id, result }
    } catch (error) {
      if (asker.signal.aborted) return undefined
      if (error instanceof ProtocolError) return failure(id, error)
      this.onError(error)
      return failure(id, new ProtocolError(CODES.internalError, `${request.method} failed in the client`))
    } finally {
      this.#open.delete(asker)
    }
  }

  /** The server no longer wants an answer. An id that no question has, or two have, is ignored: basic/utilities/cancellation#error-handling. */
  withdraw(id: unknown): void {
    const [only, second] = [...this.#open.keys()].filter(asker => this.#open.get(asker) === id)
    if (second === undefined) only?.abort()
  }

  /** Nobody will hear the answers. */
  close(): void {
    for (const asker of this.#open.keys()) asker.abort()
  }

  async #resultOf({ method, params }: RpcRequest, revision: Revision, asker: Asker): Promise<JsonObject> {
    const row = asks(revision, method)
    const answer = row && this.#answererOf(row, params)
    if (answer === undefined) throw new ProtocolError(CODES.methodNotFound, `${method} is not answered by this client`)
    const fault = clientChecks(revision, method)?.params?.(params)
    if (fault) throw new ProtocolError(CODES.invalidParams, `${method}: ${fault.sentence}`, { pointer: fault.pointer })
    return answer(asker)
  }

  /** `undefined`: not offered. @throws ProtocolError for a mode or a feature that was not declared. */
  #answererOf({ method }: Method, params: JsonObject = {}): ((asker: Asker) => JsonObject | Promise<JsonObject>) | undefined {
    const { elicit, elicitUrl, sample, roots } = this.answerers
    const given = params as never
    switch (method) {
      case 'ping':
        return () => ({})
      case 'elicitation/create': {
        if (!elicit && !elicitUrl) return undefined
        // Absent means a form: client/elicitation#protocol-messages
        const mode = params.mode ?? 'form'
        const answerer = mode === 'form' ? elicit : mode === 'url' ? elicitUrl : undefined
        if (!answerer) throw new ProtocolError(CODES.invalidParams, `elicitation/create: mode ${JSON.stringify(mode)} was not declared by this client`)
        return async asker => ({ ...(await answerer(given, asker)) })
      }
      case 'sampling/createMessage':
        if (!sample) return undefined
        if (params.tools !== undefined || params.toolChoice !== undefined) {
          throw new ProtocolError(CODES.invalidParams, 'sampling/createMessage: tools need the capability sampling.tools, which this client did not declare')
        }
        return async asker => ({ ...(await sample(given, asker)) })
      case 'roots/list':
        return roots && (async asker => ({ roots: await roots(asker) }))
      default:
        return undefined
    }
  }
}
