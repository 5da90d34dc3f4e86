/**
 * A server's end of one shared pipe: lines of stdio, the stream of HTTP+SSE, a client in the same process. Lets in what the client says,
 * and says everything that answers it one way. What carries it is a shell's; time and randomness are arguments.
 */
import type { Admission, Rules } from '../bindings/streamable-http/admit.js'
import { admitPiped, readPiped } from '../bindings/stdio.js'
import type { Clock } from '../client/carrier.js'
import { CODES, failure, NoChannel, Refusal } from '../protocol/errors.js'
import { Exchange, InFlight, type Caller } from '../protocol/exchange.js'
import { limitsOf } from '../protocol/limits.js'
import { LIGHT_BYTES, Load, LOAD_LIMITS } from '../protocol/load.js'
import { withSubscription } from '../protocol/meta.js'
import { Session } from '../protocol/session.js'
import type { Revision } from '../revisions/index.js'
import type { Audience } from '../server/changes.js'
import { callerOf } from '../server/lifecycle.js'
import type { Server } from '../server/server.js'
import { JSON_LIMITS, type Batch, type Incoming, type JsonLimits, type JsonObject, type RpcMessage, type RpcNotification, type RpcRequest, type RpcResponse } from '../wire/json-rpc.js'
import { isDroppable, PipeOutlet } from './pipe-outlet.js'

export interface PipeOptions {
  /** Revisions to serve, oldest first. */
  readonly revisions: readonly Revision[]
  readonly limits: JsonLimits
  /** What is in flight: of this pipe alone, or of all that share a mount. */
  readonly load: Load
  /** Bytes waiting for a slow reader. Beyond them log and progress notifications are dropped and counted; responses never. */
  readonly maxQueuedBytes: number
  /** How long the client may take to answer a request of ours, in milliseconds. */
  readonly answerTimeoutMs: number
  /** The authenticated caller, where the host application names one. */
  readonly principal?: string | undefined
}

/** Where a pipe's messages go. */
export interface Mouth {
  /** Writes one JSON text. False: it was taken, and `Pipe.drained` will be called when there is room for more. */
  say(json: string): boolean
  /** Bytes not yet written. */
  readonly queued: number
  /** Cuts a reader off that is too slow for what must not be lost. Absent where nobody could come back. */
  cut?(): void
}

export interface World {
  readonly clock: Clock
  readonly newId: () => string
}

/** How often requests of ours are looked at, in milliseconds. */
const SWEEP_MS = 1000

export class Pipe implements Audience {
  /** What `initialize` opened. */
  #session: Session | undefined
  readonly inFlight = new InFlight()
  /** Log and progress notifications that a slow reader missed. */
  dropped = 0
  #blocked = false
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  #idle: (() => void) | undefined
  #sweep: (() => void) | undefined
  #over = false
  readonly #rules: Rules

  constructor(private readonly server: Server, private readonly options: PipeOptions, private readonly mouth: Mouth, private readonly world: World) {
    this.#rules = {
      revisions: options.revisions,
      offers: (request, revision) => server.offers(request, revision),
      check: (request, revision, client) => server.check(request, revision, client),
    }
    server.changes.audiences.add(this)
  }

  /** Sessions to be told of changes. */
  values(): Iterable<Session> {
    return this.#session ? [this.#session] : []
  }

  /** So much waits to be written that no more should be taken in. */
  get full(): boolean {
    return this.#blocked && this.mouth.queued > this.options.maxQueuedBytes
  }

  /** Reads one text. @throws Refusal */
  read(text: string): Incoming | Batch {
    return readPiped(text, this.options.limits)
  }

  /** Reads one text and takes what it says. Whatever is wrong with it is said in answer. */
  hear(text: string): void {
    try {
      this.take(this.read(text), text.length)
    } catch (error) {
      this.refuse(error)
    }
  }

  /** Takes a message, or several, of so many characters. Never throws. */
  take(incoming: Incoming | Batch, length: number): void {
    if (this.#over) return
    try {
      const admission = admitPiped(incoming, this.#session, this.#rules)
      const bodyBytes = length > LIGHT_BYTES ? length : 0
      if (admission.as === 'exchange') this.#run(admission, bodyBytes, response => response && this.say(response))
      else if (admission.as === 'batch') this.#runAll(admission, Math.ceil(bodyBytes / admission.of.length))
      else if (admission.as === 'notice') this.#notice(admission.message, admission.session)
    } catch (error) {
      this.refuse(error)
    }
  }

  /** Answers what was not let in. */
  refuse(error: unknown): void {
    if (!(error instanceof Refusal)) this.server.report(error, { method: 'a message' })
    const refusal = error instanceof Refusal ? error : new Refusal(500, CODES.internalError, 'Internal error')
    this.say(failure(refusal.id, refusal))
  }

  /** Writes a message. @throws TypeError if it is no JSON */
  say(message: RpcMessage): void {
    this.#write(JSON.stringify(message))
    if ('method' in message && 'id' in message) this.#sweep ??= this.#sweepLater()
  }

  /** Writes a message that a slow reader may miss. False: it does. */
  tell(message: RpcNotification | RpcRequest): boolean {
    if (this.full && isDroppable(message)) {
      this.dropped++
      return false
    }
    this.say(message)
    // What is no log entry must not be lost in silence: whoever reads this slowly is cut off where that can be.
    if (this.mouth.queued > 2 * this.options.maxQueuedBytes && !isDroppable(message)) this.mouth.cut?.()
    return !this.#over
  }

  /** Settles when there is room. `undefined`: there is. */
  room(): Promise<void> | undefined {
    if (!this.#blocked) return undefined
    if (!this.#room) {
      let resolve!: () => void
      const promise = new Promise<void>(settle => (resolve = settle))
      this.#room = { promise, resolve }
    }
    return this.#room.promise
  }

  /** The mouth has room again. */
  drained(): void {
    this.#blocked = false
    this.#room?.resolve()
    this.#room = undefined
  }

  /** Nothing more is heard: ends subscriptions, lets what runs finish for `graceMs`, then ends. */
  async finish(graceMs: number, why: string): Promise<void> {
    this.#session?.asked.forgetAll(new NoChannel(`nothing more is heard from the client: ${why}`))
    for (const exchange of this.inFlight) this.#endSubscription(exchange)
    if (this.inFlight.size > 0 && graceMs > 0) {
      await new Promise<void>(resolve => {
        const disarm = this.world.clock.after(graceMs, resolve, true)
        this.#idle = () => {
          disarm()
          resolve()
        }
      })
    }
    this.end(why)
  }

  /** Cancels what runs; nothing more is said. */
  end(why: string): void {
    if (this.#over) return
    this.#over = true
    this.server.changes.audiences.delete(this)
    for (const exchange of this.inFlight) exchange.cancel(why)
    this.#session?.end(why)
    this.#sweep?.()
    this.drained()
    this.#idle?.()
  }

  /** @throws Refusal if too much is in flight */
  #run({ request, revision, session, opens, askedLevel, client: caller }: Admission & { as: 'exchange' }, bodyBytes: number, answer: (response?: RpcResponse) => void): void {
    const { load, principal } = this.options
    const full = load.refusalOf(request, this.inFlight.size)
    if (full) throw full
    const client = session?.client ?? caller ?? callerOf(request.params)
    if (opens) this.#open(revision, client)
    const outlet = new PipeOutlet(this, answer, exchange => this.#done(exchange))
    const exchange = new Exchange(request, revision, client, outlet, {
      session, principal, hears: true, askedLevel, load: request.method === 'subscriptions/listen' ? undefined : load, bodyBytes,
    })
    outlet.exchange = exchange
    this.inFlight.add(exchange)
    this.server.serve(exchange)
  }

  /** 2025-03-26/basic/index#batching: the answers of a batch are an array too; what is said before them goes out at once. */
  #runAll({ of }: Admission & { as: 'batch' }, bodyBytes: number): void {
    const responses: string[] = []
    let waiting = of.length
    const settle = (response?: RpcResponse): void => {
      if (response) responses.push(JSON.stringify(response))
      if (--waiting === 0 && responses.length > 0) this.#write(`[${responses.join()}]`)
    }
    for (const item of of) {
      try {
        if (item instanceof Refusal) throw item
        if (item.as === 'exchange') this.#run(item, bodyBytes, settle)
        else {
          if (item.as === 'notice') this.#notice(item.message, item.session)
          settle()
        }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        settle(failure(error.id, error))
      }
    }
  }

  #open(revision: Revision, client: Caller): void {
    this.#session?.end('the client began again')
    const session = new Session(this.world.newId(), revision, client, this.world.clock.nowMs(), this.options.principal)
    session.channel = { live: true, send: message => this.tell(message), end: () => {} }
    this.#session = session
  }

  #notice(message: RpcNotification | RpcResponse, session: Session | undefined): void {
    if ('method' in message && message.method === 'notifications/cancelled') this.#cancel(message.params ?? {})
    this.server.notice(message, session)
  }

  /** In either era, and by id alone: there is no stream to close (2026-07-28/basic/transports/stdio#cancellation). What makes no sense is ignored. */
  #cancel({ requestId, reason }: JsonObject): void {
    if (typeof requestId !== 'string' && typeof requestId !== 'number') return
    this.inFlight.find(requestId)?.cancel(typeof reason === 'string' ? reason : undefined)
  }

  /** 2026-07-28/basic/patterns/cancellation: a server that tears a subscription down cancels it; then its request is answered. */
  #endSubscription(exchange: Exchange): void {
    const { id, method } = exchange.request
    if (method !== 'subscriptions/listen') return
    exchange.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: withSubscription({ requestId: id }, id) })
    this.server.changes.subscriptions.end(exchange)
  }

  #write(json: string): void {
    if (!this.#over && !this.mouth.say(json)) this.#blocked = true
  }

  #done(exchange: Exchange): void {
    this.inFlight.delete(exchange)
    if (this.inFlight.size === 0) this.#idle?.()
  }

  #sweepLater(): () => void {
    const { answerTimeoutMs } = this.options
    return this.world.clock.after(Math.min(SWEEP_MS, answerTimeoutMs), () => {
      this.#sweep = undefined
      const asked = this.#session?.asked
      asked?.sweep(this.world.clock.nowMs(), answerTimeoutMs)
      if (asked && asked.size > 0) this.#sweep = this.#sweepLater()
    }, false)
  }
}

/** The options every shell of a pipe takes, and their defaults. */
export interface PipeLimits {
  /** Requests that may be in flight at once, subscriptions aside. Beyond it: -32603; a `ping` is always answered. Default 1000. */
  readonly maxRequestsInFlight?: number
  /** Messages in one array, where a revision takes arrays. Beyond it: -32600. Default 100. */
  readonly maxBatch?: number
  /** Bytes waiting for a slow reader. Beyond them its log and progress notifications are dropped and counted; responses never. Default 1 MiB. */
  readonly maxQueuedBytes?: number
  /** How long a client may take to answer a request of ours, in milliseconds: a person may have to. Default 600 000. */
  readonly answerTimeoutMs?: number
}

export const PIPE_LIMITS: Required<PipeLimits> = { maxRequestsInFlight: 1000, maxBatch: JSON_LIMITS.maxBatch, maxQueuedBytes: 1024 * 1024, answerTimeoutMs: 600_000 }

export const pipeOptions = (revisions: readonly Revision[], given: PipeLimits): PipeOptions => {
  const { maxRequestsInFlight, maxBatch, ...rest } = limitsOf(PIPE_LIMITS, given)
  return { revisions, ...rest, limits: { ...JSON_LIMITS, maxBatch }, load: new Load({ ...LOAD_LIMITS, maxRequestsInFlight, maxRequestsInFlightPerSession: Infinity }) }
}
