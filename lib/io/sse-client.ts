/** A client's carrier over HTTP+SSE of 2024-11-05, by undici: one stream that names an endpoint, and a POST for each message. */
import { Pool } from 'undici'
import type { RpcId, RpcMessage } from '../wire/json-rpc.js'
import { MAX_EVENT_BYTES, SseDecoder, type SseEvent } from '../wire/sse.js'
import { BrokenStream, Timeout } from '../protocol/errors.js'
import type { Standing } from '../protocol/opening.js'
import { ownFields } from '../bindings/streamable-http/ask.js'
import { Gathered, refusalOf, typeOf, unexpected } from '../bindings/streamable-http/read.js'
import { endpointOf } from '../bindings/http-sse.js'
import { type Fields, JSON_TYPE, SSE_TYPE } from '../bindings/http.js'
import { type Carrier, type Clock, type Hearer, type Line, type Listening, SessionGone } from '../client/carrier.js'
import { Lives, type RestartOptions } from './lives.js'
import { Switchboard } from './switchboard.js'

export interface SseClientOptions extends RestartOptions {
  /** Fields sent with every request, such as `authorization`. They go to the stream's origin alone: redirects are not followed. */
  readonly headers?: { readonly [name: string]: string }
  /** Longest wait for a connection, in milliseconds. Default 10 000. */
  readonly connectTimeoutMs?: number
  /** Longest wait for the stream to begin and name its endpoint, in milliseconds. Beyond it: `Timeout`. Default 10 000. */
  readonly endpointTimeoutMs?: number
  /** Longest event of the stream, in bytes. Beyond it: `EventTooLarge`, connection closed. Default 64 MiB. */
  readonly maxEventBytes?: number
  /** Certificate authorities to trust instead of the usual ones, as PEM. */
  readonly ca?: string | Uint8Array
}

/** A stream that is open, or being opened. */
interface Life {
  readonly name: string
  readonly stop: AbortController
  endpoint: URL | undefined
  /** What is to be said once the endpoint is known. */
  waiting: ((endpoint: URL) => void)[]
  spoke: boolean
}

/** Nothing may shrink what we count. */
const IDENTITY = ['accept-encoding', 'identity'] as const
/** Read of a body that is no answer, in bytes. */
const MAX_BODY = 65_536
const NOW = Promise.resolve()
const NOTHING: Line = { stop: () => {} }
const CLOSED = 'the connection was closed by this client'

export class SseCarrier implements Carrier {
  readonly #board = new Switchboard()
  readonly #pool: Pool
  readonly #own: readonly string[]
  readonly #lives: Lives
  readonly #posts = new Set<AbortController>()
  /** Who waits for what needs no answer to be taken. */
  readonly #telling = new Map<AbortController, Hearer>()
  #life: Life | undefined
  #silent = false
  #why: Error | undefined
  #closed = false

  /** @throws TypeError unless it is an http or https URL without credentials, or for a header that cannot be sent */
  constructor(private readonly url: URL, private readonly clock: Clock, private readonly options: SseClientOptions = {}) {
    const { headers, connectTimeoutMs = 10_000, restarts = 3, ca } = options
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`the URL begins with ${url.protocol}; expected http: or https:`)
    if (url.username !== '' || url.password !== '') throw new TypeError('the URL holds credentials; send them in headers')
    this.#own = ownFields(headers)
    this.#lives = new Lives(restarts, clock)
    const connect = { timeout: connectTimeoutMs, ...(ca !== undefined && { ca: typeof ca === 'string' ? ca : Buffer.from(ca) }) }
    this.#pool = new Pool(url.origin, { headersTimeout: 0, bodyTimeout: 0, connect })
  }

  send(message: RpcMessage, standing: Standing, hearer: Hearer): Line {
    const text = JSON.stringify(message)
    let life: Life
    try {
      life = this.#living(standing)
    } catch (error) {
      hearer.end(error as Error)
      return NOTHING
    }
    const post = new AbortController()
    const what = 'method' in message ? message.method : 'a response'
    const later = (say: (endpoint: URL) => void): void => {
      if (life.endpoint) say(life.endpoint)
      else life.waiting.push(say)
    }
    if (!('method' in message && 'id' in message)) {
      this.#telling.set(post, hearer)
      const told = (error?: Error): void => this.#told(post, error)
      later(endpoint => void this.#post(endpoint, text, what, undefined, post).then(() => told(), told))
      return {
        stop: () => {
          this.#telling.delete(post)
          post.abort()
        },
      }
    }
    // The stream is what `initialize` opens: a later one knows nothing of it.
    if (message.method === 'initialize') hearer.session?.(life.name)
    const line = this.#board.await(message, standing, hearer, () => post.abort())
    later(endpoint => void this.#post(endpoint, text, what, message.id, post).catch((error: Error) => {
      if (!post.signal.aborted) this.#board.fail(message.id, error)
    }))
    return line
  }

  listen(standing: Standing, hearer: Hearer): Listening {
    if (standing.session !== this.#life?.name) {
      hearer.end(this.#over)
      return { ...NOTHING, settled: NOW }
    }
    return { ...this.#board.listen(hearer), settled: NOW }
  }

  /** The session ends with the stream. */
  leave(): Promise<void> {
    return NOW
  }

  async close(): Promise<void> {
    this.#closed = true
    const why = new Error(CLOSED)
    this.#board.end(why, why)
    this.#life?.stop.abort()
    this.#drop(why)
    await this.#pool.destroy()
  }

  /** The stream to speak on, opened if need be. @throws SessionGone if it is not the one the session was opened on */
  #living(standing: Standing): Life {
    if (this.#closed) throw new Error(CLOSED)
    if (standing.session !== undefined && standing.session !== this.#life?.name) throw this.#over
    if (this.#life) return this.#life
    if (!this.#lives.begin(this.#silent)) throw this.#lives.refusal(this.#why!)
    const life: Life = { name: `stream ${this.#lives.count}`, stop: new AbortController(), endpoint: undefined, waiting: [], spoke: false }
    this.#life = life
    void this.#hear(life)
    return life
  }

  get #over(): SessionGone {
    return new SessionGone(this.#why ?? new BrokenStream('the event stream is another'))
  }

  async #hear(life: Life): Promise<void> {
    const { endpointTimeoutMs = 10_000, maxEventBytes = MAX_EVENT_BYTES } = this.options
    let late: Timeout | undefined
    const disarm = this.clock.after(endpointTimeoutMs, () => {
      late = new Timeout(`GET ${this.url.pathname}: no endpoint event came within ${endpointTimeoutMs} ms`, 'timeoutMs', endpointTimeoutMs)
      life.stop.abort()
    }, true)
    try {
      const body = await this.#open(life)
      const decoder = new SseDecoder({ maxEventBytes })
      for await (const chunk of body) {
        for (const event of decoder.feed(chunk)) this.#heard(life, event)
        if (life.endpoint) disarm()
      }
      throw new BrokenStream(life.endpoint ? 'the event stream ended' : 'the event stream ended before its endpoint event')
    } catch (error) {
      this.#gone(life, late ?? (error as Error))
    } finally {
      disarm()
      life.stop.abort()
    }
  }

  async #open(life: Life): Promise<AsyncIterable<Uint8Array>> {
    const { pathname, search } = this.url
    const headers = ['accept', SSE_TYPE, ...IDENTITY, ...this.#own]
    const { statusCode, headers: fields, body } = await this.#pool.request({ path: pathname + search, method: 'GET', headers, signal: life.stop.signal })
    if (statusCode === 200 && typeOf(fields as Fields) === SSE_TYPE) return body
    const gathered = await gather(body)
    if (statusCode === 200) throw unexpected('GET', statusCode, fields as Fields, gathered)
    throw refusalOf('GET', statusCode, fields as Fields, gathered, undefined).refusal
  }

  #heard(life: Life, { event, data }: SseEvent): void {
    if (event === 'endpoint' && !life.endpoint) {
      // Thrown, it ends the stream: nothing can be said on it.
      life.endpoint = endpointOf(data, this.url)
      for (const say of life.waiting.splice(0)) say(life.endpoint)
    } else if (event === 'message') {
      life.spoke = true
      this.#board.read(data)
    }
  }

  async #post(endpoint: URL, text: string, what: string, id: RpcId | undefined, post: AbortController): Promise<void> {
    this.#posts.add(post)
    try {
      const headers = ['content-type', JSON_TYPE, 'accept', '*/*', ...IDENTITY, ...this.#own]
      const path = endpoint.pathname + endpoint.search
      const { statusCode, headers: fields, body } = await this.#pool.request({ path, method: 'POST', headers, body: text, signal: post.signal })
      const gathered = await gather(body)
      if (statusCode >= 200 && statusCode <= 299) return
      const { refusal, answer } = refusalOf(what, statusCode, fields as Fields, gathered, id)
      throw answer ?? refusal
    } finally {
      this.#posts.delete(post)
    }
  }

  #gone(life: Life, error: Error): void {
    this.#life = undefined
    this.#silent = !life.spoke
    this.#why = error
    this.#board.end(error, new SessionGone(error))
    this.#drop(error)
  }

  #told(post: AbortController, error?: Error): void {
    const hearer = this.#telling.get(post)
    this.#telling.delete(post)
    hearer?.end(error)
  }

  /** What is still being said is not. */
  #drop(why: Error): void {
    for (const post of [...this.#telling.keys()]) this.#told(post, why)
    for (const post of this.#posts) post.abort()
  }
}

const gather = async (body: AsyncIterable<Uint8Array>): Promise<Gathered> => {
  const gathered = new Gathered(MAX_BODY)
  for await (const chunk of body) {
    gathered.add(chunk)
    if (gathered.full) break
  }
  return gathered
}
