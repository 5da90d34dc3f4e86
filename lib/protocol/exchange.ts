/** One client request and everything sent on its behalf. Who holds it needs no id to answer. No I/O. */
import type { RpcId, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import type { Revision } from '../revisions/revision.js'
import type { Load } from './load.js'
import type { Session } from './session.js'

/** Who asks, in its own words: self-reported, for display and capability checks only. */
export interface Caller {
  readonly capabilities: { readonly [name: string]: unknown }
  readonly info?: { readonly name: string; readonly version: string; readonly [member: string]: unknown }
}

/** Where an exchange's messages lead: one reply of one binding. Given by the shell. */
export interface Outlet {
  send(message: RpcNotification | RpcRequest): void
  finish(response: RpcResponse, status?: number): void
  /** Ends the exchange without a response. */
  drop(): void
  /** Settles when a message more would not be dropped. `undefined`: there is room. */
  room?(): Promise<void> | undefined
  /** Ends the connection, not the stream: the client fetches the rest. Returns false where that cannot be. */
  hangUp?(retryMs: number): boolean
  /** Can anything be said before the response? */
  readonly speaks: boolean
}

/** What came with the request beside its message; absent members are unknown. */
export interface Circumstances {
  readonly session?: Session | undefined
  /** The authenticated caller, where the host application names one. */
  readonly principal?: string | undefined
  /** Can this client be told what belongs to no request? Default: as it has a session. */
  readonly hears?: boolean
  /** Revisions served where the request came in. Default: unknown, which means all of the server's. */
  readonly served?: readonly Revision[] | undefined
  /** The level this one request asks for, where a revision has that. */
  readonly askedLevel?: Level | undefined
  /** Where it is counted as long as it is open, and what its body weighs there. */
  readonly load?: Load | undefined
  readonly bodyBytes?: number
}

const NOBODY: Caller = { capabilities: {} }
const settled = Promise.resolve()

export class Exchange {
  #state: 'open' | 'finished' | 'cancelled' = 'open'
  #abort: AbortController | undefined
  #whenCancelled: (() => void) | undefined
  #whenFinishing: (() => void) | undefined
  readonly session: Session | undefined
  readonly principal: string | undefined
  readonly hears: boolean
  readonly served: readonly Revision[] | undefined
  readonly #askedLevel: Level | undefined
  readonly #load: Load | undefined
  readonly #bodyBytes: number

  constructor(
    readonly request: RpcRequest,
    readonly revision: Revision,
    readonly client: Caller = NOBODY,
    readonly outlet: Outlet,
    around: Circumstances,
  ) {
    this.session = around.session
    this.principal = around.principal
    this.served = around.served
    this.hears = around.hears ?? around.session !== undefined
    this.#askedLevel = around.askedLevel
    this.#load = around.load
    this.#bodyBytes = around.bodyBytes ?? 0
    if (this.#load) {
      this.#load.inFlight++
      this.#load.bodyBytes += this.#bodyBytes
    }
    around.session?.inFlight.add(this)
  }

  get open(): boolean {
    return this.#state === 'open'
  }

  /** Least severe level to send now; undefined means none. A session may change it mid-request. */
  threshold(): Level | undefined {
    return this.revision.threshold(this.#askedLevel, this.session?.logLevel)
  }

  /** Aborted when the client cancels, or hangs up where hanging up cancels. Made when first looked at. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      if (this.#state === 'cancelled') this.#abort.abort()
    }
    return this.#abort.signal
  }

  /** Calls back once if the client cancels: what `signal` does, for a fraction of its memory. */
  whenCancelled(leave: () => void): void {
    this.#whenCancelled = leave
  }

  /** Calls back once before the response goes out: the last chance to say something. */
  whenFinishing(last: () => void): void {
    this.#whenFinishing = last
  }

  /** In order, never after the response, and only ever to whoever asked. What comes too late is dropped. */
  send(message: RpcNotification | RpcRequest): void {
    if (this.#state === 'open') this.outlet.send(message)
  }

  /** Settles when there is room for a message more. */
  room(): Promise<void> {
    return this.outlet.room?.() ?? settled
  }

  /**
   * Answers. Only the first answer counts, and none after a cancellation (basic/utilities/cancellation#behavior-requirements).
   * `status`: of HTTP, where the reply is not a stream already.
   * @throws TypeError if the response cannot be written as JSON; the exchange is then still open.
   */
  finish(response: RpcResponse, status?: number): void {
    if (this.#state !== 'open') return
    this.#whenFinishing?.()
    this.#whenFinishing = undefined
    this.outlet.finish(response, status)
    this.#state = 'finished'
    this.#leave()
  }

  /** The client no longer wants the answer: aborts the signal; nothing more is sent. */
  cancel(reason?: string): void {
    if (this.#state !== 'open') return
    this.#state = 'cancelled'
    this.#leave()
    this.outlet.drop()
    this.#whenCancelled?.()
    this.#abort?.abort(reason === undefined ? undefined : new DOMException(reason, 'AbortError'))
  }

  #leave(): void {
    this.session?.inFlight.delete(this)
    if (!this.#load) return
    this.#load.inFlight--
    this.#load.bodyBytes -= this.#bodyBytes
  }
}

/**
 * The open exchanges of one client, to be found by a request id.
 * The id is the client's choice, so it finds an exchange only while exactly one has it:
 * a cancellation that could mean two is ignored, and both answers still arrive.
 */
export class InFlight {
  readonly #byId = new Map<RpcId, Exchange | Set<Exchange>>()
  /** How many there are, whatever their ids. */
  size = 0

  add(exchange: Exchange): void {
    this.size++
    const id = exchange.request.id
    const there = this.#byId.get(id)
    if (there === undefined) this.#byId.set(id, exchange)
    else if (there instanceof Set) there.add(exchange)
    else this.#byId.set(id, new Set([there, exchange]))
  }

  delete(exchange: Exchange): void {
    const id = exchange.request.id
    const there = this.#byId.get(id)
    if (there === exchange) this.#byId.delete(id)
    else if (!(there instanceof Set && there.delete(exchange))) return
    else if (there.size === 0) this.#byId.delete(id)
    this.size--
  }

  find(id: RpcId): Exchange | undefined {
    const there = this.#byId.get(id)
    if (!(there instanceof Set)) return there
    const [only, second] = there
    return second === undefined ? only : undefined
  }

  /** Every open exchange. */
  *[Symbol.iterator](): Generator<Exchange> {
    for (const there of [...this.#byId.values()]) {
      if (there instanceof Set) yield* [...there]
      else yield there
    }
  }
}
