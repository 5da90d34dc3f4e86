/** An open call: sends the request, hears what comes of it, and goes on until there is a result, whether or not anyone looks. No I/O. */
import type { JsonObject, RpcId, RpcMessage } from '../wire/json-rpc.js'
import { isLevel, reaches } from '../wire/levels.js'
import { Deadline, type TimeLimits } from '../protocol/deadline.js'
import { BrokenStream, Cancelled, CODES, InvalidMessage, RpcError } from '../protocol/errors.js'
import { saysItself } from '../protocol/meta.js'
import type { Standing } from '../protocol/opening.js'
import type { Task } from '../protocol/tasks.js'
import { clientChecks } from '../validation/client-checks.js'
import type { Place } from './cache.js'
import type { Call, RequestOptions } from './call.js'
import { type Hearer, type Line, SessionGone } from './carrier.js'
import type { Timed } from './deadlines.js'
import type { Desk } from './desk.js'
import { Queue } from './queue.js'
import { type Asks, asksOf } from './rounds.js'
import type { TaskRun } from './task-run.js'
import type { Notification, ProgressNotification } from './typed.js'

interface Settle {
  resolve(result: JsonObject): void
  reject(error: Error): void
}

export class OpenCall implements Call<never>, Timed {
  readonly result: Promise<never>
  readonly deadline: Deadline
  /** What a retry brings beside the params: answers, and what the server had us carry. No other call sees it. */
  retry: JsonObject | undefined
  /** Where its result may be kept. */
  place: Place | undefined
  /** Where it is being heard, while it is. */
  line: Line | undefined
  /** The request on its way asks to be a task. */
  augmented = false
  #run: TaskRun | undefined
  #settle: Settle | undefined
  #notes: Queue<Notification> | undefined
  /** Questions of the server's that are being answered on the call's behalf. */
  readonly #askers = new Set<AbortController>()
  #rounds = 0
  /** Counts the requests; what still comes of an earlier one is let go. */
  #turn = 0
  /** Why the request was sent once more. Each is good for one time. */
  readonly #repeated = new Set<'gone' | 'mirrors' | 'broken' | 'task'>()

  constructor(
    /** Of the request that is on its way. Each round has its own, and so has each repetition of what may have been processed. */
    public id: RpcId,
    readonly method: string,
    readonly params: JsonObject | undefined,
    limits: TimeLimits,
    readonly options: RequestOptions,
    public standing: Standing,
    private readonly desk: Desk,
  ) {
    this.deadline = new Deadline(limits, desk.nowMs())
    this.result = new Promise<JsonObject>((resolve, reject) => {
      this.#settle = { resolve, reject }
    }) as Promise<never>
    // Whoever does not look at the result has not forgotten to handle it.
    this.result.catch(ignore)
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get open(): boolean {
    return this.#settle !== undefined
  }

  get taskId(): string | undefined {
    return this.#run?.taskId
  }

  get task(): Task | undefined {
    return this.#run?.state
  }

  get dropped(): number {
    return this.#notes?.dropped ?? 0
  }

  [Symbol.asyncIterator](): AsyncIterator<Notification, undefined> {
    return this.#queue()
  }

  cancel(reason?: string): void {
    this.abandon(new Cancelled(`${this.method} was cancelled${reason === undefined ? '' : `: ${reason}`}`), reason)
  }

  expire(nowMs: number): void {
    const timeout = this.deadline.expired(this.method, nowMs)
    if (timeout) this.abandon(timeout, timeout.message)
  }

  /** Stops waiting; the server is told. basic/lifecycle#timeouts */
  abandon(why: Error, reason: string | undefined): void {
    if (this.open) this.#end(settle => settle.reject(why), { reason })
  }

  /** There will be no result. */
  fail(error: Error): void {
    if (this.open) this.#end(settle => settle.reject(error))
  }

  /** This is the result. */
  succeed(result: JsonObject): void {
    if (this.open) this.#end(settle => settle.resolve(result))
  }

  /** Goes on as a task. While it runs, the server's time is the task's; each look at it has its own. */
  follow(taskId: string, created?: Task): void {
    this.deadline.hold()
    this.#run = this.desk.follow(this, taskId, created)
    this.#run.outcome.then(result => this.#became(result), (error: unknown) => this.fail(error as Error))
  }

  /** Sends the request by `say`, and hears what comes back of it. */
  begin(standing: Standing, say: (hearer: Hearer) => Line): void {
    const turn = ++this.#turn
    const current = (): boolean => this.open && this.#turn === turn
    this.standing = standing
    const line = say({
      hear: message => {
        if (current()) this.#hear(message)
        else if (turn === this.#turn && this.augmented) this.#heardLate(message)
      },
      end: error => {
        if (current()) this.#cut(error)
      },
      fault: error => this.desk.fault(error),
    })
    if (current()) this.line = line
  }

  /** Yields a notification, unless its level is below what this call asked for. */
  yield(note: Notification): void {
    const { logLevel } = this.options
    const level = note.method === 'notifications/message' ? note.params.level : undefined
    if (logLevel !== undefined && isLevel(level) && !reaches(level, logLevel)) return
    this.#queue().push(note)
  }

  /** The peer is at work. What was not asked for does not count. */
  progress(note: ProgressNotification): void {
    if (!this.options.progress) return
    this.deadline.push(this.desk.nowMs())
    this.yield(note)
  }

  /** The server's questions are being answered; meanwhile it is the server that waits. Given up with the call. */
  async whileAnswering<T>(asker: AbortController, answer: Promise<T>): Promise<T> {
    this.#askers.add(asker)
    this.deadline.hold()
    try {
      return await answer
    } finally {
      this.#askers.delete(asker)
      this.deadline.release(this.desk.nowMs())
      if (this.open) this.desk.hurried(this)
    }
  }

  #hear(message: RpcMessage): void {
    if ('method' in message) return this.desk.heard(message, this.standing, this)
    // The request is done, whatever becomes of the call.
    this.#turn++
    this.line = undefined
    if ('error' in message) this.#refused(new RpcError(message.error, this.method))
    else this.#answered(message.result)
  }

  /** 2025-11-25/basic/utilities/cancellation#behavior-requirements: a request that became a task is cancelled as one, once its name is known. */
  #heardLate(message: RpcMessage): void {
    if ('method' in message || !('result' in message)) return
    const { taskId } = (message.result.task ?? {}) as { readonly taskId?: unknown }
    if (typeof taskId === 'string') this.desk.cancelTask(taskId)
  }

  #refused(error: RpcError): void {
    const { revision } = this.standing
    // 2026-07-28/basic/versioning#protocol-version-negotiation: the server has changed, and did not look at the request.
    if (error.code === CODES.unsupportedVersion && saysItself(revision) && this.#once('gone')) return this.desk.again(this, error)
    // 2026-07-28/basic/transports/streamable-http#client-behavior
    if (error.code === CODES.headerMismatch && revision.mirrors && this.method === 'tools/call' && this.#once('mirrors')) return this.desk.relearn(this, error)
    if (this.desk.couldBeTask(this, error) && this.#once('task')) return this.desk.relearn(this, error)
    this.fail(error)
  }

  #answered(result: JsonObject): void {
    const { revision } = this.standing
    try {
      const task = this.desk.taskOf(this, result)
      if (task) return this.follow(task.taskId, task)
      const asks = revision.input === 'in results' ? asksOf(this.method, result) : undefined
      const fault = clientChecks(revision, this.method)?.result?.(result)
      if (fault) throw new InvalidMessage(`${this.method}: ${fault.sentence}`)
      if (asks) void this.#round(asks)
      else this.#accept(result)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  /** What came of the task, which is what would have come of the request. */
  #became(result: JsonObject): void {
    const fault = clientChecks(this.standing.revision, this.method)?.result?.(result)
    if (fault) this.fail(new InvalidMessage(`${this.method}: ${fault.sentence}`))
    else if (result.resultType !== undefined && result.resultType !== 'complete') {
      this.fail(new InvalidMessage(`${this.method}: the task's result is of resultType ${JSON.stringify(result.resultType)}; expected "complete"`))
    } else this.#accept(result)
  }

  /** Its shape fits; what is in it may have a schema of its own. */
  #accept(result: JsonObject): void {
    const accept = (): void => this.succeed(this.desk.accept(this, result))
    const fault = this.desk.outputFault(this, result)
    if (!fault) return accept()
    const clause = this.options.result === undefined ? 'server/tools#output-schema' : undefined
    fault.then(sentence => (sentence === undefined ? accept() : this.fail(new InvalidMessage(`${this.method}: ${sentence}`, clause))), (error: unknown) => this.fail(error as Error))
  }

  /** 2026-07-28/basic/patterns/mrtr#client-requirements-basic-workflow: gathers the answers, and sends the request again with them. */
  async #round({ inputRequests, requestState }: Asks): Promise<void> {
    const { maxRounds } = this.desk
    if (++this.#rounds > maxRounds) return this.fail(new InvalidMessage(`${this.method}: the server asks again after ${maxRounds} rounds (maxRounds)`))
    try {
      const asker = new AbortController()
      const inputResponses = inputRequests && await this.whileAnswering(asker, this.desk.answers(inputRequests, this.standing, asker))
      if (!inputResponses) this.deadline.push(this.desk.nowMs())
      if (!this.open) return
      this.retry = { ...(inputResponses && { inputResponses }), ...(requestState !== undefined && { requestState }) }
      this.desk.again(this)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  /** Nothing more will come of this request, and its response has not. */
  #cut(error = new BrokenStream(`${this.method} was not answered`) as Error): void {
    this.line = undefined
    // A refusal that is the answer comes with a status of its own.
    if (error instanceof RpcError) return this.#refused(error)
    if (error instanceof SessionGone) {
      // basic/transports#session-management: it was not looked at, so saying it again repeats nothing.
      return this.#once('gone') ? this.desk.again(this, error) : this.fail(error.cause)
    }
    const mayRepeat = error instanceof BrokenStream && saysItself(this.standing.revision) && this.retry === undefined && this.desk.repeatable(this)
    if (mayRepeat && this.#once('broken')) this.desk.again(this)
    else this.fail(error)
  }

  #once(why: 'gone' | 'mirrors' | 'broken' | 'task'): boolean {
    return !this.#repeated.has(why) && this.#repeated.add(why).size > 0
  }

  #end(how: (settle: Settle) => void, untold?: { readonly reason: string | undefined }): void {
    const settle = this.#settle!
    this.#settle = undefined
    this.options.signal?.removeEventListener('abort', this.#onAbort)
    this.desk.ended(this, untold)
    if (untold) for (const asker of this.#askers) asker.abort()
    this.#run?.stop(untold !== undefined)
    this.#notes?.end()
    how(settle)
  }

  #queue(): Queue<Notification> {
    if (!this.#notes) {
      this.#notes = new Queue(this.desk.maxQueuedNotifications, total => this.desk.dropped(total))
      if (!this.open) this.#notes.end()
    }
    return this.#notes
  }

  readonly #onAbort = (): void => {
    const { reason } = this.options.signal!
    this.cancel(reason instanceof Error ? reason.message : typeof reason === 'string' ? reason : undefined)
  }
}

const ignore = (): void => {}
