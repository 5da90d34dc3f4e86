/** What a handler is given beside its arguments: log, progress, signal, answers. One for each request. */
import type { JsonObject, RpcId } from '../wire/json-rpc.js'
import type { Caller, Exchange } from '../protocol/exchange.js'
import { customNotification } from './custom.js'
import { ask, type Answers } from './input.js'
import type { LogGuard } from './log-guard.js'
import { logOf, type Log } from './logging.js'

export interface ProgressOptions {
  /** How far there is to go, in the same unit. */
  readonly total?: number
  readonly message?: string
}

const NO_ANSWERS: Answers = {}

export class Context {
  #log: Log | undefined
  #progressed = Number.NEGATIVE_INFINITY
  /** What the client answered to `needs`, by the name it was asked under; empty the first time the handler runs. */
  readonly answers: Answers

  constructor(private readonly exchange: Exchange, answers: Answers = NO_ANSWERS, private readonly guard?: LogGuard) {
    this.answers = answers
  }

  /** Eight methods, `debug` to `emergency`. */
  get log(): Log {
    return (this.#log ??= logOf(this.exchange, this.guard))
  }

  /** Aborted when the client cancels, or hangs up where that cancels. Pass it on to whatever takes one. */
  get signal(): AbortSignal {
    return this.exchange.signal
  }

  /** `_meta` of the request. */
  get meta(): JsonObject {
    const meta = this.exchange.request.params?._meta
    return typeof meta === 'object' && meta !== null ? (meta as JsonObject) : {}
  }

  /** Who asks, in its own words. */
  get client(): Caller {
    return this.exchange.client
  }

  /** The authenticated caller, where the host application names one. */
  get principal(): string | undefined {
    return this.exchange.principal
  }

  /** The revision this request is served at. */
  get revision(): string {
    return this.exchange.revision.id
  }

  /** Id of the session the request belongs to, where there is one. A secret of that client: not for logs. */
  get sessionId(): string | undefined {
    return this.exchange.session?.id
  }

  /**
   * Tells how far it is, if the client asked to know. Must rise from call to call; a value that does not is not sent
   * (basic/utilities/progress#progress-flow).
   * @throws TypeError if a number is not finite.
   */
  progress(progress: number, { total, message }: ProgressOptions = {}): Promise<void> {
    if (!Number.isFinite(progress) || (total !== undefined && !Number.isFinite(total))) throw new TypeError(`progress: expected finite numbers, not ${progress} of ${total}`)
    const progressToken = this.meta.progressToken as RpcId | undefined
    if (progressToken !== undefined && progress > this.#progressed) {
      this.#progressed = progress
      const params = { progressToken, progress, ...(total !== undefined && { total }), ...(message !== undefined && { message }) }
      this.exchange.send({ jsonrpc: '2.0', method: 'notifications/progress', params })
    }
    return this.exchange.room()
  }

  /** Says something that the protocol does not have, on the stream of the request; on a pipe, where nothing says whose it is, to the client as a whole. @throws TypeError for what the protocol does have */
  notify(method: string, params?: JsonObject): Promise<void> {
    this.exchange.send(customNotification(method, params))
    return this.exchange.room()
  }

  /** Is the client still there? Settles with its answer; rejects where a request of ours cannot reach it (basic/utilities/ping). */
  async ping(): Promise<void> {
    await ask(this.exchange, { method: 'ping' })
  }

  /**
   * Ends the connection but not the stream: the client comes back after `retryMs` and receives the rest.
   * Returns false, and nothing happens, where the revision or the transport cannot do that.
   */
  hangUp(retryMs = 1000): boolean {
    return this.exchange.open && (this.exchange.outlet.hangUp?.(retryMs) ?? false)
  }
}
