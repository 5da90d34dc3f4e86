/** One call: an async sequence of notifications, then a result. Both arrive whether or not anyone looks. */
import type { JsonObject, RpcMessage, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import { type Level, isLevel, reaches } from '../wire/levels.js'
import { Deadline, type TimeLimits } from '../protocol/deadline.js'
import { BrokenStream, Cancelled, InvalidMessage, RpcError } from '../protocol/errors.js'
import type { Standing } from '../protocol/opening.js'
import { clientChecks } from '../validation/client-checks.js'
import { type Hearer, type Line, SessionGone } from './carrier.js'
import type { Timed } from './deadlines.js'
import { Queue } from './queue.js'
import type { Notification, ProgressNotification } from './typed.js'

export interface CallOptions {
  /** Ask for progress notifications: basic/utilities/progress. Each one gives the call another `timeoutMs`. Default false. */
  readonly progress?: boolean
  /** Longest wait for the response, from the request or from the latest progress, in milliseconds. Beyond it: `Timeout`. Default: the client's. */
  readonly timeoutMs?: number
  /** Longest wait in all, whatever progress is reported, in milliseconds. Beyond it: `Timeout`. Default: the client's. */
  readonly maxTotalMs?: number
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal
  /** Least severe log notification to yield. What the session's level already holds back cannot be had by it. Default: all that come. */
  readonly logLevel?: Level
  /** Further members of the request's `_meta`. */
  readonly meta?: JsonObject
}

/**
 * A request on its way. Iterate it for the notifications sent on its behalf, as they come; the loop ends when the call does, and leaving it
 * early changes nothing. `result` rejects when there is none; nobody has to look at it.
 */
export interface Call<T = JsonObject> extends AsyncIterable<Notification> {
  /** Rejects with `RpcError`, `Timeout`, `Cancelled`, `InvalidMessage`, `BrokenStream`, `HttpRefusal`, or the error of a connection that failed. */
  readonly result: Promise<T>
  /** Notifications that were dropped, oldest first, because too many waited. */
  readonly dropped: number
  /** Stops waiting and tells the server. Nothing happens once the call has ended. */
  cancel(reason?: string): void
}

/** What a call needs of its client. */
export interface Desk {
  readonly nowMs: () => number
  readonly maxQueuedNotifications: number
  /** Sends the request, once more after a new session has taken over from `gone`, if one is named. */
  send(call: OpenCall, gone?: SessionGone): void
  /** A request or a notification that came on the call's behalf. */
  heard(message: RpcRequest | RpcNotification, standing: Standing, call: OpenCall): void
  /** The call is over; `untold` when the server should be told to stop. */
  ended(call: OpenCall, untold?: { readonly reason: string | undefined }): void
  /** The call's deadline came nearer. */
  hurried(call: OpenCall): void
  fault(error: Error): void
  dropped(total: number): void
}

interface Settle {
  resolve(result: JsonObject): void
  reject(error: Error): void
}

export class OpenCall implements Call<never>, Hearer, Timed {
  readonly result: Promise<never>
  readonly deadline: Deadline
  standing: Standing
  /** Where it is being heard, while it is. */
  line: Line | undefined
  #settle: Settle | undefined
  #notes: Queue<Notification> | undefined
  /** Questions of the server's that are being answered on the call's behalf. */
  readonly #askers = new Set<AbortController>()
  #repeated = false

  constructor(
    readonly request: RpcRequest,
    limits: TimeLimits,
    private readonly options: CallOptions,
    standing: Standing,
    private readonly desk: Desk,
  ) {
    this.standing = standing
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

  get dropped(): number {
    return this.#notes?.dropped ?? 0
  }

  [Symbol.asyncIterator](): AsyncIterator<Notification, undefined> {
    return this.#queue()
  }

  cancel(reason?: string): void {
    this.abandon(new Cancelled(`${this.request.method} was cancelled${reason === undefined ? '' : `: ${reason}`}`), reason)
  }

  expire(nowMs: number): void {
    const timeout = this.deadline.expired(this.request.method, nowMs)
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

  hear(message: RpcMessage): void {
    if (!this.open) return
    if ('method' in message) this.desk.heard(message, this.standing, this)
    else this.#answered(message)
  }

  fault(error: Error): void {
    this.desk.fault(error)
  }

  end(error?: Error): void {
    this.line = undefined
    if (!this.open) return
    if (!(error instanceof SessionGone)) return this.fail(error ?? new BrokenStream(`${this.request.method} was not answered`))
    // basic/transports#session-management: it was not looked at, so saying it again repeats nothing.
    if (this.#repeated) return this.fail(error.cause)
    this.#repeated = true
    this.desk.send(this, error)
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

  /** One of the server's questions is being answered; meanwhile it is the server that waits. Given up with the call. */
  async whileAnswering(asker: AbortController, answer: Promise<void>): Promise<void> {
    this.#askers.add(asker)
    this.deadline.hold()
    await answer
    this.#askers.delete(asker)
    this.deadline.release(this.desk.nowMs())
    if (this.open) this.desk.hurried(this)
  }

  #answered(response: RpcResponse): void {
    const { method } = this.request
    if ('error' in response) return this.fail(new RpcError(response.error, method))
    const fault = clientChecks(this.standing.revision, method)?.result?.(response.result)
    if (fault) return this.fail(new InvalidMessage(`${method}: ${fault.sentence}`))
    this.#end(settle => settle.resolve(response.result))
  }

  #end(how: (settle: Settle) => void, untold?: { readonly reason: string | undefined }): void {
    const settle = this.#settle!
    this.#settle = undefined
    this.options.signal?.removeEventListener('abort', this.#onAbort)
    this.desk.ended(this, untold)
    if (untold) for (const asker of this.#askers) asker.abort()
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
