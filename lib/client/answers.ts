/** The application's answers to what a server asks: ping, elicitation, sampling, roots. The same functions in every revision. No I/O. */
import type { JsonObject, RpcId, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import { asks, type Method, speaks } from '../revisions/vocabulary.js'
import type { Revision } from '../revisions/index.js'
import { CODES, failure, InvalidMessage, ProtocolError } from '../protocol/errors.js'
import type { Standing } from '../protocol/opening.js'
import type { TaskLimits } from '../protocol/task-store.js'
import { experimental, RELATED_TASK } from '../protocol/tasks.js'
import { clientChecks } from '../validation/client-checks.js'
import { answered, elicited, rooted } from './answered.js'
import { taskCapabilities, type QuestionTasks } from './question-tasks.js'
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
  /**
   * A server may ask `elicit`, `elicitUrl` and `sample` as tasks (2025-11-25/basic/utilities/tasks): it is told at once that the question is
   * being worked on, looks now and then how that stands, and fetches the answer, so that one that takes long hangs on no connection. The
   * functions are the same, and so is what they are given. A task is cancelled with the call it was asked for, and ends with its session or
   * the time it may be kept. `true`, or limits other than the usual ones. Default false: not declared, and such a question is answered plainly.
   */
  readonly asTasks?: boolean | TaskLimits
}

/** A question: `elicitation/create`, `sampling/createMessage`, `roots/list` or `ping`. */
export interface Question {
  readonly method: string
  readonly params?: JsonObject
}

/** The capabilities that these functions and extensions amount to: basic/lifecycle#capability-negotiation. */
export const capabilitiesOf = (
  { elicit, elicitUrl, sample, sampleTools, roots, asTasks }: Answerers, revision: Revision, extensions: { readonly [id: string]: JsonObject } = {},
): JsonObject => ({
  ...(Object.keys(extensions).length > 0 && { extensions }),
  ...((elicit || elicitUrl) && { elicitation: { ...(elicit && { form: {} }), ...(elicitUrl && { url: {} }) } }),
  ...(sample && { sampling: sampleTools ? { tools: {} } : {} }),
  ...(roots && { roots: speaks(revision, 'notifications/roots/list_changed', 'client') ? { listChanged: true } : {} }),
  ...(asTasks && taskCapabilities(revision, sample !== undefined, (elicit ?? elicitUrl) !== undefined)),
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

  /**
   * @param max how many places there are
   * @param tasks where questions may be asked as tasks
   */
  constructor(private readonly answerers: Answerers, private readonly max: number, private readonly onError: (error: unknown) => void, private readonly tasks?: QuestionTasks) {}

  /**
   * Answers this request by `say`, unless `asker` is aborted meanwhile. Settles when there is something to say or nothing will be, and what was
   * asked as a task is over; its place is free once the server has taken the answer. Beyond the last place the answer is an error; as many
   * again beyond, whoever asks and does not listen is not answered. Neither this nor `say` may reject.
   */
  async answer(request: RpcRequest, standing: Standing, asker: AbortController, say: (message: RpcResponse | RpcNotification) => Promise<void>): Promise<void> {
    const { max } = this
    if (this.#places >= 2 * max) return this.onError(new InvalidMessage(`${request.method} is not answered: ${max} questions are open (maxOpenQuestions), and as many refusals are not taken`))
    this.#places++
    const full = this.#places > max && failure(request.id, new ProtocolError(CODES.internalError, `${max} questions are open (maxOpenQuestions), and no more are taken`))
    const begun = !full && this.tasks?.takes(request, standing.revision) ? this.#begun(request, standing, asker, say, this.tasks) : undefined
    const response = full || begun?.response || await this.#answered(request, standing, asker)
    const free = (): void => void this.#places--
    if (response) void say(response).then(free)
    else free()
    await begun?.over
  }

  /** A task, which is worked on from here. A question that does not fit is refused, and becomes none. */
  #begun(request: RpcRequest, standing: Standing, asker: AbortController, say: (status: RpcNotification) => void, tasks: QuestionTasks): { readonly response: RpcResponse; readonly over?: Promise<void> } {
    try {
      const answer = this.#prepared(request, standing.revision)
      const task = tasks.begin(request.params!.task as JsonObject, standing, asker, say)
      const response: RpcResponse = { jsonrpc: '2.0', id: request.id, result: answering(request, { task: experimental(task) }) }
      void this.#outcome(request, () => answer(asker), asker).then(outcome => outcome && tasks.finish(task, outcome))
      return { response, over: tasks.over(task) }
    } catch (error) {
      return { response: this.#failed(request, error) }
    }
  }

  /** The one response to this request, or `undefined` when `asker` was aborted meanwhile. */
  async #answered(request: RpcRequest, standing: Standing, asker: AbortController): Promise<RpcResponse | undefined> {
    this.#open.set(asker, request.id)
    const response = await this.#outcome(request, () => this.#prepared(request, standing.revision, standing)(asker), asker)
    this.#open.delete(asker)
    return response
  }

  /** What came of it, as a response. `undefined`: nobody waits for it any more. */
  async #outcome(request: RpcRequest, run: () => Promise<JsonObject>, asker: AbortController): Promise<RpcResponse | undefined> {
    try {
      const result = await run()
      return asker.signal.aborted ? undefined : { jsonrpc: '2.0', id: request.id, result }
    } catch (error) {
      return asker.signal.aborted ? undefined : this.#failed(request, error)
    }
  }

  #failed({ id, method }: RpcRequest, error: unknown): RpcResponse {
    if (error instanceof ProtocolError) return failure(id, error)
    this.onError(error)
    return failure(id, new ProtocolError(CODES.internalError, `${method} failed in the client`))
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
    this.tasks?.close()
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
  #prepared({ method, params }: Question, revision: Revision, standing?: Standing): Answer {
    const row = asks(revision, method)
    const ofTasks = row && standing && this.tasks?.answererOf(method, params ?? {}, standing)
    const answer = ofTasks ? ({ signal }: Asker) => ofTasks(signal) : row && this.#answererOf(row, revision, params)
    if (answer === undefined) throw new ProtocolError(CODES.methodNotFound, `${method} is not answered by this client`)
    const fault = clientChecks(revision, method)?.params?.(params)
    if (fault) throw new ProtocolError(CODES.invalidParams, `${method}: ${fault.sentence}`, { pointer: fault.pointer })
    const misfit = method === 'sampling/createMessage' ? imbalanceOf(params!.messages as never) : method === 'elicitation/create' && params?.mode === 'url' ? urlFault(params.url) : undefined
    if (misfit !== undefined) throw new ProtocolError(CODES.invalidParams, `${method}: ${misfit}`)
    // 2025-11-25/basic/utilities/tasks#associating-task-related-messages: what is asked about tasks names them in its params, and nowhere else
    return async asker => (ofTasks ? answer(asker) : answering({ params }, await answer(asker)))
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

/** This result, on behalf of the task that the question belongs to, if it does to one. */
const answering = ({ params }: { readonly params?: JsonObject | undefined }, result: JsonObject): JsonObject => {
  const related = (params?._meta as JsonObject | undefined)?.[RELATED_TASK]
  return related === undefined ? result : { ...result, _meta: { ...(result._meta as object | undefined), [RELATED_TASK]: related } }
}
