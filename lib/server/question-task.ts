/**
 * A question asked as a task: the client says at once that it is at work, is asked now and then how that stands, and in the end what came of
 * it, so that an answer that takes long hangs on no connection (2025-11-25/basic/utilities/tasks). Later revisions have no such thing: a server
 * may then ask only what a client's request needs (SEP-2663#motivation). Time is an argument. No I/O.
 */
import type { JsonObject } from '../wire/json-rpc.js'
import { Cancelled, CODES, NoChannel, ProtocolError, Timeout } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { AUGMENTED, isOver, readTask, RELATED_TASK, type Task } from '../protocol/tasks.js'
import { asks, declared } from '../revisions/vocabulary.js'
import { faultOf } from './answered.js'
import type { Question } from './input.js'
import type { World } from './options.js'
import { request, type Asker } from './request.js'

/** How long a task may take where the question does not say, in milliseconds. */
export const TASK_TTL_MS = 600_000

/** How often a task is looked at when the client does not say, at the most and at the least, in milliseconds. */
const POLL_MS = 1000
const MIN_POLL_MS = 100
const MAX_POLL_MS = 60_000

/** How long a client may take to say what it knows already, in milliseconds. What it missed it is asked again. */
const LOOK_MS = 10_000

/** May this question be asked as a task? Only where the client says so: 2025-11-25/basic/utilities/tasks#capability-negotiation */
export const runsAsTask = ({ client: { capabilities }, revision }: Exchange, { method, task }: Question): boolean => {
  const row = task && AUGMENTED.has(method) ? asks(revision, 'tasks/result') : undefined
  // The capability is named as the method is: tasks.requests.elicitation.create
  return row !== undefined && declared(capabilities, { ...row, capability: ['tasks', 'requests', ...method.split('/')] })
}

export class QuestionTask {
  readonly #ttlMs: number
  /** Aborted when nobody waits any more. */
  readonly #ending = new AbortController()
  #why: Error | undefined
  #state: Task | undefined
  #over = false
  /** Ends the wait between two looks. */
  #wake: () => void = () => {}
  #disarmPause: () => void = () => {}

  /** @param question as it goes on the wire */
  constructor(private readonly asker: Asker, private readonly question: Question, task: Question['task'], private readonly world: World) {
    this.#ttlMs = (typeof task === 'object' ? task.ttlMs : undefined) ?? TASK_TTL_MS
  }

  /**
   * What a plain question would have been answered; whether it fits is for whoever asked to see.
   * Rejects with `RpcError`, as a plain question would; `Cancelled`, if the client cancelled the task; `Timeout`, if it has not ended in its time;
   * `NoChannel`, if nobody needs the answer any more; and `ProtocolError` for what is no task.
   */
  async answer(): Promise<JsonObject> {
    const { asker: { signal }, question: { method } } = this
    const disarm = this.world.after(this.#ttlMs, () => this.#end(new Timeout(`${method}: the task has not ended within ${this.#ttlMs} ms (task.ttlMs)`, 'maxTotalMs', this.#ttlMs)))
    const onAbort = (): void => this.#end(new NoChannel(`${method} was cancelled with the request that needed it`))
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const first = await this.#create()
      // A client may answer at once after all.
      if (typeof first.task !== 'object' || !(await faultOf(this.question, first, this.asker.exchange.revision))) return first
      this.#see(first.task)
      return await this.#followed()
    } catch (error) {
      this.#end(error as Error)
      throw this.#why
    } finally {
      this.#over = true
      disarm()
      this.#disarmPause()
      signal.removeEventListener('abort', onAbort)
      if (this.#state) this.asker.session.watched?.delete(this.#state.taskId)
    }
  }

  /** Not withdrawn with the rest: its answer has the name by which to cancel what it began (2025-11-25/basic/utilities/cancellation#behavior-requirements). */
  #create(): Promise<JsonObject> {
    const { asker: { exchange, session }, question: { method, params } } = this
    const { request: message, answer } = session.asked.ask(method, { ...params, task: { ttl: this.#ttlMs } })
    exchange.send(message)
    answer.then(({ task }) => {
      if (!this.#over || this.#state || typeof task !== 'object') return
      this.#see(task)
      if (!isOver(this.#state!)) this.#cancel()
    }).catch(() => {})
    return new Promise((resolve, reject) => {
      this.#ending.signal.addEventListener('abort', () => reject(this.#why))
      answer.then(resolve, reject)
    })
  }

  async #followed(): Promise<JsonObject> {
    const { taskId } = this.#state!
    ;(this.asker.session.watched ??= new Map()).set(taskId, () => this.#wake())
    while (this.#state!.status === 'working') {
      await this.#pause()
      if (this.#why) throw this.#why
      if (!this.asker.exchange.open) throw new NoChannel(`${this.question.method}: the request that needed it is over`)
      await this.#look()
    }
    if (this.#state!.status === 'cancelled') throw new Cancelled(`${this.question.method}: the client cancelled the task${this.#state!.statusMessage === undefined ? '' : `: ${this.#state!.statusMessage}`}`)
    return this.#result()
  }

  /** #result-retrieval. What is over is there at once; a task that needs something is waited for, as only its client knows what. */
  async #result(): Promise<JsonObject> {
    const { taskId } = this.#state!
    for (;;) {
      try {
        const { _meta, ...result } = await this.#ask('tasks/result', { taskId }, isOver(this.#state!) ? LOOK_MS : undefined, this.question.method)
        const { [RELATED_TASK]: _, ...meta } = (_meta ?? {}) as JsonObject
        return Object.keys(meta).length === 0 ? result : { ...result, _meta: meta }
      } catch (error) {
        if (!(error instanceof Timeout)) throw error
      }
    }
  }

  /** What cannot be had this time may be had the next: looking changes nothing. */
  async #look(): Promise<void> {
    const { taskId } = this.#state!
    try {
      this.#see(await this.#ask('tasks/get', { taskId }, LOOK_MS))
    } catch (error) {
      if (!(error instanceof Timeout)) throw error
    }
  }

  #see(value: unknown): void {
    const { question: { method } } = this
    let seen: Task
    try {
      seen = readTask('experiment', value)
    } catch (error) {
      throw new ProtocolError(CODES.internalError, `the client's answer to ${method}: ${(error as Error).message}`)
    }
    const expected = this.#state?.taskId ?? seen.taskId
    if (seen.taskId !== expected) {
      throw new ProtocolError(CODES.internalError, `the client's answer to ${method}: the task is ${JSON.stringify(seen.taskId.slice(0, 100))}; expected ${JSON.stringify(expected.slice(0, 100))}`)
    }
    this.#state = seen
  }

  #ask(method: string, params: JsonObject, withinMs?: number, as?: string): Promise<JsonObject> {
    const within = withinMs === undefined ? undefined : { ms: withinMs, world: this.world }
    return request({ ...this.asker, signal: this.#ending.signal }, method, params, within, as)
  }

  /** Until the client wants to be asked again, or says that something changed. */
  #pause(): Promise<void> {
    const { pollIntervalMs = POLL_MS } = this.#state!
    return new Promise(resolve => {
      this.#disarmPause = this.world.after(Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, pollIntervalMs)), () => this.#wake())
      this.#wake = () => {
        this.#wake = () => {}
        this.#disarmPause()
        resolve()
      }
    })
  }

  /** Nobody waits any more: what the client still does for it, it need not do. */
  #end(why: Error): void {
    if (this.#over) return
    this.#over = true
    this.#why = why
    if (this.#state && !isOver(this.#state)) this.#cancel()
    this.#ending.abort()
    this.#wake()
  }

  /** Best effort, on whatever leads to the client: nobody waits for the answer. 2025-11-25/basic/utilities/tasks#task-cancellation */
  #cancel(): void {
    const { asker: { exchange, session } } = this
    const row = asks(exchange.revision, 'tasks/cancel')
    if (!row || !declared(exchange.client.capabilities, row)) return
    const { request: message, answer } = session.asked.ask(row.method, { taskId: this.#state!.taskId })
    answer.catch(() => {})
    session.asked.forget(message.id, new NoChannel('nobody waits for it'))
    if (exchange.open) exchange.send(message)
    else session.channel?.send(message)
  }
}
