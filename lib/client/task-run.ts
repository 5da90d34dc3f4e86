/** Follows one task to its end: looks at it as often as the server says, answers what it asks, and fetches what came of it. Time is an argument. No I/O. */
import type { JsonObject } from '../wire/json-rpc.js'
import { Cancelled, InvalidMessage, RpcError } from '../protocol/errors.js'
import { isOver, readTask, type Task, type TaskForm, type TaskState } from '../protocol/tasks.js'
import type { Question } from './answers.js'
import type { Call, CallOptions } from './call.js'
import { type Clock, isPassing } from './carrier.js'
import { TaskExpired } from './tasks.js'
import type { Notification } from './typed.js'

/** How often a task is looked at when the server does not say, and at the most, in milliseconds. */
export const POLL_MS = 1000
export const MIN_POLL_MS = 100

/** Looks that fail one after the other, and results that break off although the task is over. Beyond it the task is given up. */
export const MAX_VAIN = 5

/** What following a task needs of the call it belongs to. */
export interface TaskGround {
  readonly clock: Clock
  readonly form: TaskForm
  /** Of the request that became the task. */
  readonly method: string
  readonly maxRounds: number
  request(method: string, params: JsonObject, options?: CallOptions): Call
  answers(questions: { readonly [name: string]: Question }, asker: AbortController): Promise<JsonObject>
  /** Does the server take cancellations? */
  readonly cancels: boolean
  /** A notification that was sent on the task's behalf. */
  heard(note: Notification): void
  changed(task: Task): void
}

export class TaskRun {
  /** What the request would have resulted in. Rejects with `RpcError`, `Cancelled`, `TaskExpired`, `InvalidMessage`, or what an answerer threw. */
  readonly outcome: Promise<JsonObject>
  #state: TaskState | undefined
  #open = true
  #settle!: { resolve(result: JsonObject): void; reject(error: unknown): void }
  readonly #seenMs: number
  #disarmTtl: () => void = () => {}
  /** Ends the wait between two looks, by looking or by never looking again. */
  #wake: () => void = () => {}
  #disarmPause: () => void = () => {}
  /** The `tasks/result` that is waited for. */
  #waiting: Call | undefined
  readonly #answered = new Set<string>()
  readonly #askers = new Set<AbortController>()
  #rounds = 0

  constructor(readonly taskId: string, private readonly ground: TaskGround, created?: Task) {
    this.#seenMs = ground.clock.nowMs()
    this.outcome = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    if (created) this.see(created)
    const follow = ground.form === 'experiment' ? this.#fetched() : this.#polled()
    follow.then(result => this.#end(settle => settle.resolve(result)), (error: unknown) => this.#end(settle => settle.reject(error)))
  }

  /** As it was last seen. */
  get state(): Task | undefined {
    return this.#state
  }

  /** Takes what the server says of the task, asked or unasked. What is over stays as it is. */
  see(state: TaskState): void {
    if (!this.#open || (this.#state && isOver(this.#state) && !isOver(state))) return
    const before = this.#state
    this.#state = state
    if (before?.ttlMs !== state.ttlMs) this.#armTtl()
    if (before?.status !== state.status || before.statusMessage !== state.statusMessage) this.ground.changed(taskIn(state))
    if (before && before.status !== state.status) this.#wake()
  }

  /** Nobody waits for it any more; `cancel`: nor for its work. */
  stop(cancel: boolean): void {
    if (!this.#open) return
    this.#end()
    if (cancel) this.#cancel()
  }

  /** SEP-2663#task-polling and #task-update-requests: what came of it, and what it asks, is part of its state. */
  async #polled(): Promise<JsonObject> {
    // What is made as anything but `working` says nothing of the rest until it is looked at.
    if (this.#state?.status === 'working') await this.#pause()
    for (;;) {
      const { status, statusMessage, result, error, inputRequests = {} } = await this.#look()
      if (status === 'cancelled') throw this.#cancelled(statusMessage)
      if (status === 'completed' && result) return result
      if (status === 'failed' && error) throw new RpcError(error, this.ground.method)
      if (status === 'completed' || status === 'failed') {
        throw new InvalidMessage(`${this.ground.method}: the task is ${status} and has no ${status === 'failed' ? 'error' : 'result'}`, 'SEP-2663#task-status')
      }
      if (status === 'input_required') this.#answer(inputRequests)
      await this.#pause()
    }
  }

  /** 2025-11-25/basic/utilities/tasks#result-retrieval: the result is waited for on a stream, which brings what the task asks as well. */
  async #fetched(): Promise<JsonObject> {
    for (let vain = 0; ;) {
      try {
        return await this.#result()
      } catch (why) {
        if (!this.#open || !(why instanceof RpcError || isPassing(why as Error))) throw why
        // Only the task can tell: an error may be its outcome, and a stream that breaks is none.
        const { status, statusMessage } = await this.#look()
        if (status === 'cancelled') throw this.#cancelled(statusMessage)
        const over = status === 'completed' || status === 'failed'
        if (over && (why instanceof RpcError || ++vain >= MAX_VAIN)) throw why
        // #getting-tasks: whoever is not waiting for the result looks, until there is something to fetch or to answer.
        do await this.#pause()
        while ((await this.#look()).status === 'working')
      }
    }
  }

  async #result(): Promise<JsonObject> {
    const call = this.#waiting = this.ground.request('tasks/result', { taskId: this.taskId }, { timeoutMs: Infinity, maxTotalMs: Infinity })
    for await (const note of call) this.ground.heard(note)
    return call.result
  }

  /** What cannot be had this time may be had the next: looking changes nothing. */
  async #look(): Promise<TaskState> {
    for (let vain = 1; ; vain++) {
      try {
        const seen = readTask(this.ground.form, await this.ground.request('tasks/get', { taskId: this.taskId }).result)
        if (seen.taskId !== this.taskId) throw new InvalidMessage(`tasks/get: the task is ${JSON.stringify(seen.taskId.slice(0, 100))}; expected ${JSON.stringify(this.taskId)}`)
        this.see(seen)
        return seen
      } catch (error) {
        if (!this.#open || !isPassing(error as Error) || vain >= MAX_VAIN) throw error
      }
      await this.#pause()
    }
  }

  /** Until the server wants to be asked again, or the task was heard to have changed. */
  #pause(): Promise<void> {
    const { pollIntervalMs = POLL_MS } = this.#state ?? {}
    return new Promise(resolve => {
      if (!this.#open) return
      this.#disarmPause = this.ground.clock.after(Math.max(MIN_POLL_MS, pollIntervalMs), () => this.#wake(), true)
      this.#wake = () => {
        this.#wake = () => {}
        this.#disarmPause()
        resolve()
      }
    })
  }

  /** SEP-2663#task-update-requests: each question is asked once, however often it is seen. Looking goes on meanwhile: the task may end. */
  #answer(questions: { readonly [name: string]: Question }): void {
    if (!this.#open) return
    const { method, maxRounds } = this.ground
    const fresh = Object.entries(questions).filter(([name]) => !this.#answered.has(name))
    if (fresh.length === 0) return
    if (++this.#rounds > maxRounds) throw new InvalidMessage(`${method}: the task asks again after ${maxRounds} rounds (maxRounds)`)
    for (const [name] of fresh) this.#answered.add(name)
    const asker = new AbortController()
    this.#askers.add(asker)
    const told = this.ground.answers(Object.fromEntries(fresh), asker).then(async inputResponses => {
      if (this.#open) await this.ground.request('tasks/update', { taskId: this.taskId, inputResponses }).result
    })
    told.catch((error: unknown) => {
      if (!this.#open) return
      // The task waits for an answer that will not come.
      this.#end(settle => settle.reject(error))
      this.#cancel()
    }).finally(() => this.#askers.delete(asker))
  }

  #cancelled(why: string | undefined): Cancelled {
    return new Cancelled(`${this.ground.method}: the task was cancelled${why === undefined ? '' : `: ${why}`}`)
  }

  /** Never `notifications/cancelled`: 2025-11-25/basic/utilities/cancellation#behavior-requirements, SEP-2663#task-cancellation. Nobody waits for it. */
  #cancel(): void {
    if (this.ground.cancels && !(this.#state && isOver(this.#state))) this.ground.request('tasks/cancel', { taskId: this.taskId })
  }

  /** SEP-2663#task-polling: the time to live as a backstop. It is counted from when the task was first seen here: clocks differ. */
  #armTtl(): void {
    const { clock } = this.ground
    const { ttlMs = null, pollIntervalMs = POLL_MS } = this.#state ?? {}
    this.#disarmTtl()
    if (ttlMs === null) return
    const dueMs = this.#seenMs + ttlMs + Math.max(MIN_POLL_MS, pollIntervalMs)
    this.#disarmTtl = clock.after(dueMs - clock.nowMs(), () => {
      // A timer may be shorter than what it was asked for.
      if (clock.nowMs() < dueMs) this.#armTtl()
      else this.#end(settle => settle.reject(new TaskExpired(this.taskId, ttlMs)))
    }, false)
  }

  #end(how?: (settle: { resolve(result: JsonObject): void; reject(error: unknown): void }) => void): void {
    if (!this.#open) return
    this.#open = false
    this.#disarmTtl()
    this.#disarmPause()
    for (const asker of this.#askers) asker.abort()
    this.#waiting?.cancel()
    how?.(this.#settle)
  }
}

/** Without what it asks and what came of it: that is for the call to hand out. */
const taskIn = ({ inputRequests: _asked, result: _result, error: _error, ...task }: TaskState): Task => task
