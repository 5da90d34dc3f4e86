/** The application's answers to what a server asks: ping, elicitation, sampling, roots. The same functions in every revision. No I/O. */
import type { JsonObject, RpcId, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import { asks, type Method, speaks } from '../revisions/vocabulary.js'
import type { Revision } from '../revisions/index.js'
import { CODES, failure, InvalidMessage, ProtocolError } from '../protocol/errors.js'
import { RELATED_TASK } from '../protocol/tasks.js'
import { clientChecks } from '../validation/client-checks.js'
import { answered, elicited, rooted } from './answered.js'
import { imbalanceOf } from './sampling.js'
import { urlFault } from './visited.js'
import type { ElicitAnswer, ElicitForm, ElicitUrl, Root, SampleAnswer, SampleParams } from './typed.js'

/** What an answer is given beside its params. */
export interface Asker {
  /** Aborted when the server withdraws its question, or the call it belongs to is given up. */
  readonly signal: AbortSignal
}

/**
 * Functions that answer a server. Each one given is declared as a capability, and none else. Where servers ask by requests, what one
 * throws reaches the server only as a `ProtocolError`; anything else is answered -32603 without its text, and told to `onError`. Where they
 * ask in results, a client has no way to say that it failed: the call fails with what was thrown. An answer that does not fit the revision
 * is never sent: it is a TypeError, as if it had been thrown here.
 */
export interface Answerers {
  /** client/elicitation, form mode. What is accepted must fit the form, too; `content` of anything else is left out. */
  readonly elicit?: (params: ElicitForm, asker: Asker) => ElicitAnswer | Promise<ElicitAnswer>
  /** client/elicitation, URL mode, http and https alone. Show the whole URL and ask for consent; never fetch it. */
  readonly elicitUrl?: (params: ElicitUrl, asker: Asker) => ElicitAnswer | Promise<ElicitAnswer>
  /** client/sampling; with tools, the answer may be `tool_use` content, and several. To refuse, throw a `ProtocolError` with code -1. */
  readonly sample?: (params: SampleParams, asker: Asker) => SampleAnswer | Promise<SampleAnswer>
  /** `sample` takes requests with tools: the capability `sampling.tools`. Default false: they are refused. */
  readonly sampleTools?: boolean
  /** client/roots, each a file URI. After they change, `client.notify('notifications/roots/list_changed')`. */
  readonly roots?: (asker: Asker) => readonly Root[] | Promise<readonly Root[]>
}

/** A question: `elicitation/create`, `sampling/createMessage`, `roots/list` or `ping`. */
export interface Question {
  readonly method: string
  readonly params?: JsonObject
}

/** The capabilities that these functions and extensions amount to: basic/lifecycle#capability-negotiation. */
export const capabilitiesOf = (
  { elicit, elicitUrl, sample, sampleTools, roots }: Answerers, revision: Revision, extensions: { readonly [id: string]: JsonObject } = {},
): JsonObject => ({
  ...(Object.keys(extensions).length > 0 && { extensions }),
  ...((elicit || elicitUrl) && { elicitation: { ...(elicit && { form: {} }), ...(elicitUrl && { url: {} }) } }),
  ...(sample && { sampling: sampleTools ? { tools: {} } : {} }),
  ...(roots && { roots: speaks(revision, 'notifications/roots/list_changed', 'client') ? { listChanged: true } : {} }),
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

type Answer = (asker: Asker) => Promise<JsonObject>

interface Form {
  readonly properties?: { readonly [name: string]: { readonly default?: string | number | boolean | readonly string[] } }
  readonly required?: readonly string[]
}

/** Answers a server's requests, one at a time or many. */
export class AnswerDesk {
  /** Open questions and the ids the server chose. Two may be equal: a server without sessions may be many. */
  readonly #open = new Map<AbortController, RpcId>()
  /** Open questions of results, which have no ids. */
  readonly #asked = new Set<AbortController>()
  /** Questions that are open, and answers that the server has not taken. */
  #places = 0

  /** @param max how many places there are */
  constructor(private readonly answerers: Answerers, private readonly max: number, private readonly onError: (error: unknown) => void) {}

  /**
   * Answers this request by `say`, unless `asker` is aborted meanwhile. Settles when there is something to say or nothing will be; its place is
   * free once the server has taken it. Beyond the last place the answer is an error; as many again beyond, whoever asks and does not listen is
   * not answered. Neither this nor `say` may reject.
   */
  async answer(request: RpcRequest, revision: Revision, asker: AbortController, say: (response: RpcResponse) => Promise<void>): Promise<void> {
    const { max } = this
    if (this.#places >= 2 * max) return this.onError(new InvalidMessage(`${request.method} is not answered: ${max} questions are open (maxOpenQuestions), and as many refusals are not taken`))
    this.#places++
    const response = this.#places > max
      ? failure(request.id, new ProtocolError(CODES.internalError, `${max} questions are open (maxOpenQuestions), and no more are taken`))
      : await this.#answered(request, revision, asker)
    const free = (): void => void this.#places--
    if (response) void say(response).then(free)
    else free()
  }

  /** The one response to this request, or `undefined` when `asker` was aborted meanwhile. */
  async #answered(request: RpcRequest, revision: Revision, asker: AbortController): Promise<RpcResponse | undefined> {
    const { id } = request
    this.#open.set(asker, id)
    try {
      const result = await this.#prepared(request, revision)(asker)
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

  /**
   * The answers to what a result asks, under the names they were asked by (2026-07-28/basic/patterns/mrtr#client-requirements-basic-workflow).
   * Nobody is asked anything unless everything can be answered; when one answer fails, the others are aborted.
   * @throws InvalidMessage for what this client did not declare, or what an answerer threw.
   */
  async answerAll(questions: { readonly [name: string]: Question }, revision: Revision, asker: AbortController): Promise<JsonObject> {
    const prepared = Object.entries(questions).map(([name, question]) => [name, this.#preparedOf(name, question, revision)] as const)
    if (this.#asked.size >= this.max || prepared.length > this.max) {
      const seen = `${prepared.length} questions are asked in one result while ${this.#asked.size} results are being answered`
      throw new InvalidMessage(`${seen}; at most ${this.max} of each are taken (maxOpenQuestions)`)
    }
    this.#asked.add(asker)
    try {
      return Object.fromEntries(await Promise.all(prepared.map(async ([name, answer]) => [name, await answer(asker)])))
    } catch (error) {
      asker.abort()
      throw error
    } finally {
      this.#asked.delete(asker)
    }
  }

  /** The server no longer wants an answer. An id that no question has, or two have, is ignored: basic/utilities/cancellation#error-handling. */
  withdraw(id: unknown): void {
    const [only, second] = [...this.#open.keys()].filter(asker => this.#open.get(asker) === id)
    if (second === undefined) only?.abort()
  }

  /** Nobody will hear the answers. */
  close(): void {
    for (const asker of [...this.#open.keys(), ...this.#asked]) asker.abort()
  }

  #preparedOf(name: string, question: Question, revision: Revision): Answer {
    try {
      return this.#prepared(question, revision)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      throw new InvalidMessage(`inputRequests.${name}: ${error.message}`, 'basic/patterns/mrtr#server-requirements-basic-workflow')
    }
  }

  /** Looks at a question before anybody is asked. @throws ProtocolError for one that is not answered here, or does not fit */
  #prepared({ method, params }: Question, revision: Revision): Answer {
    const row = asks(revision, method)
    const answer = row && this.#answererOf(row, revision, params)
    if (answer === undefined) throw new ProtocolError(CODES.methodNotFound, `${method} is not answered by this client`)
    const fault = clientChecks(revision, method)?.params?.(params)
    if (fault) throw new ProtocolError(CODES.invalidParams, `${method}: ${fault.sentence}`, { pointer: fault.pointer })
    const misfit = method === 'sampling/createMessage' ? imbalanceOf(params!.messages as never) : method === 'elicitation/create' && params?.mode === 'url' ? urlFault(params.url) : undefined
    if (misfit !== undefined) throw new ProtocolError(CODES.invalidParams, `${method}: ${misfit}`)
    const related = (params?._meta as JsonObject | undefined)?.[RELATED_TASK]
    if (related === undefined) return async asker => answer(asker)
    // 2025-11-25/basic/utilities/tasks#associating-task-related-messages
    return async asker => {
      const result = await answer(asker)
      return { ...result, _meta: { ...(result._meta as object | undefined), [RELATED_TASK]: related } }
    }
  }

  /** `undefined`: not offered. @throws ProtocolError for a mode or a feature that was not declared. */
  #answererOf({ method }: Method, revision: Revision, params: JsonObject = {}): ((asker: Asker) => JsonObject | Promise<JsonObject>) | undefined {
    const { elicit, elicitUrl, sample, sampleTools, roots } = this.answerers
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
        return async asker => elicited(revision, await answerer(given, asker), mode === 'form' ? params.requestedSchema as JsonObject : undefined)
      }
      case 'sampling/createMessage':
        if (!sample) return undefined
        if (!sampleTools && (params.tools !== undefined || params.toolChoice !== undefined)) {
          throw new ProtocolError(CODES.invalidParams, 'sampling/createMessage: tools need the capability sampling.tools, which this client did not declare')
        }
        return async asker => answered(method, revision, await sample(given, asker))
      case 'roots/list':
        return roots && (async asker => rooted(revision, await roots(asker)))
      default:
        return undefined
    }
  }
}
