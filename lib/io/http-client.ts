/** A client's carrier over Streamable HTTP, by undici. What the bytes mean is for bindings/streamable-http to say; this performs it. */
import { Pool, type Dispatcher } from 'undici'
import type { RpcMessage } from '../wire/json-rpc.js'
import { limitsOf } from '../protocol/limits.js'
import type { Standing } from '../protocol/opening.js'
import { type Asking, askDelete, askGet, askPost, ownFields } from '../bindings/streamable-http/ask.js'
import { Hearing, type Listener, type Verdict } from '../bindings/streamable-http/hear.js'
import { HEAR_LIMITS, type HearLimits } from '../bindings/streamable-http/resume.js'
import type { Fields } from '../bindings/http.js'
import type { Mirrored } from '../validation/mirrored.js'
import { type Carrier, type Clock, type Hearer, SessionGone, type UnaskedLine } from '../client/carrier.js'
import { HTTP_CLIENT_LIMITS, type HttpClientOptions } from './http-client-options.js'

/** After the response a stream should end (#sending-messages-to-the-server). One that does not is closed within twice this. */
const LINGER_MS = 1000

export class HttpCarrier implements Carrier {
  readonly mayBeOlder = true
  readonly #pool: Pool
  readonly #path: string
  readonly #own: readonly string[]
  readonly #limits: HearLimits
  readonly #leaveTimeoutMs: number
  readonly #open = new Set<Heard>()
  readonly #house: House
  /** Answered, but not ended by the server: in this period, and in the one before. */
  #lingering = new Set<Heard>()
  #overdue = new Set<Heard>()
  #sweeping = false

  /** @throws TypeError unless it is an http or https URL without credentials, or for a header that cannot be sent. */
  constructor(url: URL, private readonly clock: Clock, options: HttpClientOptions = {}) {
    const { headers, ca } = options
    const { connectTimeoutMs, leaveTimeoutMs } = limitsOf(HTTP_CLIENT_LIMITS, options)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`the URL begins with ${url.protocol}; expected http: or https:`)
    if (url.username !== '' || url.password !== '') throw new TypeError('the URL holds credentials; send them in headers')
    this.#own = ownFields(headers)
    this.#limits = limitsOf(HEAR_LIMITS, options)
    this.#leaveTimeoutMs = leaveTimeoutMs
    this.#path = url.pathname + url.search
    // Streams are quiet for as long as they like: deadlines are the client's. As many connections as are needed: an answer must never
    // wait for a connection that the question's own stream holds.
    const connect = { timeout: connectTimeoutMs, ...(ca !== undefined && { ca: typeof ca === 'string' ? ca : Buffer.from(ca) }) }
    this.#pool = new Pool(url.origin, { headersTimeout: 0, bodyTimeout: 0, connect })
    this.#house = {
      clock,
      own: this.#own,
      dispatch: (asking, handler) => this.#dispatch(asking, handler),
      linger: heard => this.#linger(heard),
      ended: heard => {
        this.#open.delete(heard)
        this.#lingering.delete(heard)
        this.#overdue.delete(heard)
      },
    }
  }

  send(message: RpcMessage, standing: Standing, hearer: Hearer, mirrored?: readonly Mirrored[]): Heard {
    const what = 'method' in message ? message.method : 'a response'
    return this.#begin(message, what, standing, hearer, askPost(message, standing, this.#own, mirrored))
  }

  listen(standing: Standing, hearer: Hearer): Heard {
    return this.#begin(undefined, 'GET', standing, hearer, askGet(undefined, standing, this.#own))
  }

  leave(standing: Standing): Promise<void> {
    if (standing.session === undefined) return Promise.resolve()
    return new Promise(resolve => {
      const disarm = this.clock.after(this.#leaveTimeoutMs, resolve, true)
      const left = (): void => {
        disarm()
        resolve()
      }
      this.#dispatch(askDelete(standing, this.#own), { onRequestStart: () => {}, onResponseStart: left, onResponseError: left })
    })
  }

  async close(): Promise<void> {
    for (const heard of [...this.#open]) heard.fail(new Error('the connection was closed by this client'))
    await this.#pool.destroy()
  }

  #begin(message: RpcMessage | undefined, what: string, standing: Standing, hearer: Hearer, asking: Asking): Heard {
    const rules = (listener: Listener): Hearing => new Hearing(message, what, standing, this.#limits, listener)
    const heard = new Heard(this.#house, standing, hearer, message !== undefined, rules)
    this.#open.add(heard)
    heard.begin(asking)
    return heard
  }

  #dispatch(asking: Asking, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch({ path: this.#path, method: asking.method, headers: asking.fields, body: asking.body ?? null }, handler)
  }

  #linger(heard: Heard): void {
    this.#lingering.add(heard)
    if (this.#sweeping) return
    this.#sweeping = true
    this.clock.after(LINGER_MS, () => this.#sweep(), false)
  }

  #sweep(): void {
    for (const heard of [...this.#overdue]) heard.stop()
    this.#overdue = this.#lingering
    this.#lingering = new Set()
    this.#sweeping = this.#overdue.size > 0
    if (this.#sweeping) this.clock.after(LINGER_MS, () => this.#sweep(), false)
  }
}

/** What one `Heard` needs of its carrier. */
interface House {
  readonly clock: Clock
  readonly own: readonly string[]
  dispatch(asking: Asking, handler: Dispatcher.DispatchHandler): void
  linger(heard: Heard): void
  ended(heard: Heard): void
}

/** One message, or the standalone stream, over as many connections as it takes. */
class Heard implements UnaskedLine, Dispatcher.DispatchHandler {
  readonly settled: Promise<void>
  readonly #rules: Hearing
  #controller: Dispatcher.DispatchController | undefined
  #cancelResume: (() => void) | undefined
  #ended = false
  #told = false
  #settle: () => void = () => {}

  constructor(
    private readonly house: House,
    private readonly standing: Standing,
    private readonly hearer: Hearer,
    private readonly awaited: boolean,
    rules: (listener: Listener) => Hearing,
  ) {
    this.settled = awaited ? NOW : new Promise(resolve => {
      this.#settle = resolve
    })
    this.#rules = rules({
      message: message => hearer.hear(message),
      session: id => hearer.session?.(id),
      fault: error => hearer.fault(error),
    })
  }

  begin(asking: Asking): void {
    this.#controller = undefined
    this.house.dispatch(asking, this)
  }

  stop(): void {
    if (this.#ended) return
    this.#finish()
    this.#controller?.abort(HUNG_UP)
  }

  fail(error: Error): void {
    if (this.#ended) return
    this.stop()
    this.#tell(error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#ended) controller.abort(HUNG_UP)
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // 100 to 199 announce the reply that is still to come.
    if (!this.#hears(controller) || status < 200) return
    this.#guarded(() => this.#rules.head(status, fieldsOf(headers)))
    this.#settle()
    if (!this.#ended && this.#rules.answered) this.#answered()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#hears(controller)) return
    this.#guarded(() => this.#rules.data(chunk))
    if (this.#ended) return
    if (this.#rules.answered) this.#answered()
    else if (this.#rules.full) this.#hangUp()
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#hears(controller)) this.#perform(this.#rules.end())
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#hears(controller)) this.#perform(this.#rules.end(error))
  }

  /** A connection that was given up may still speak; one that never came about has no controller. */
  #hears(controller: Dispatcher.DispatchController): boolean {
    return !this.#ended && controller === this.#controller
  }

  /** What breaks a rule ends the connection. */
  #guarded(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.fail(error as Error)
    }
  }

  /** The reply has a moment to end by itself, so that its connection can be used again. */
  #answered(): void {
    this.house.linger(this)
    this.#tell()
  }

  /** A refusal that goes on and on. */
  #hangUp(): void {
    const controller = this.#controller
    this.#controller = undefined
    controller?.abort(HUNG_UP)
    this.#perform(this.#rules.end())
  }

  #perform(verdict: Verdict): void {
    if (verdict.as === 'resume') {
      const again = (): void => this.begin(askGet(verdict.after, this.standing, this.house.own))
      this.#cancelResume = this.house.clock.after(verdict.delayMs, again, this.awaited)
      this.#settle()
      return
    }
    this.#finish()
    if (verdict.as === 'done') this.#tell()
    else this.#tell(verdict.dead ? new SessionGone(verdict.error) : verdict.error)
  }

  /** The end is told once. */
  #tell(error?: Error): void {
    if (this.#told) return
    this.#told = true
    this.hearer.end(error)
  }

  #finish(): void {
    this.#ended = true
    this.#cancelResume?.()
    this.#settle()
    this.house.ended(this)
  }
}

/** Nobody asks whether a message of ours is offered. */
const NOW = Promise.resolve()

const HUNG_UP = new Error('this client hung up')

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** The fields that the rules look at. */
const fieldsOf = (headers: Headers): Fields => ({
  'content-type': one(headers['content-type']),
  'content-encoding': one(headers['content-encoding']),
  'mcp-session-id': one(headers['mcp-session-id']),
  location: one(headers.location),
})

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join(', ') : value)
