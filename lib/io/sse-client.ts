/** A client's carrier over HTTP+SSE of 2024-11-05, by undici: one stream that names an endpoint, and a POST for each message. */
import { Pool } from 'undici'
import type { RpcId, RpcMessage, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import { MAX_EVENT_BYTES, SseDecoder, type SseEvent } from '../wire/sse.js'
import { BrokenStream, Timeout } from '../protocol/errors.js'
import { limitsOf } from '../protocol/limits.js'
import { ownFields } from '../bindings/streamable-http/ask.js'
import { Gathered, refusalOf, typeOf, unexpected } from '../bindings/streamable-http/read.js'
import { endpointOf } from '../bindings/http-sse.js'
import { type Fields, JSON_TYPE, SSE_TYPE } from '../bindings/http.js'
import type { Clock, Hearer, Line } from '../client/carrier.js'
import type { RestartOptions } from './lives.js'
import { type Ear, type Life, OnePipe } from './one-pipe.js'

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

/** What holds of it unless others are given. */
export const SSE_CLIENT_LIMITS = { connectTimeoutMs: 10_000, endpointTimeoutMs: 10_000, maxEventBytes: MAX_EVENT_BYTES }

/** Nothing may shrink what we count. */
const IDENTITY = ['accept-encoding', 'identity'] as const
/** Read of a body that is no answer, in bytes. */
const MAX_BODY = 65_536

export class SseCarrier extends OnePipe {
  readonly #pool: Pool
  readonly #own: readonly string[]

  /** @throws TypeError unless it is an http or https URL without credentials, or for a header that cannot be sent */
  constructor(private readonly url: URL, clock: Clock, private readonly options: SseClientOptions = {}) {
    const { headers, ca } = options
    const { connectTimeoutMs } = limitsOf(SSE_CLIENT_LIMITS, options)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`the URL begins with ${url.protocol}; expected http: or https:`)
    if (url.username !== '' || url.password !== '') throw new TypeError('the URL holds credentials; send them in headers')
    super('event stream', options, clock)
    this.#own = ownFields(headers)
    const connect = { timeout: connectTimeoutMs, ...(ca !== undefined && { ca: typeof ca === 'string' ? ca : Buffer.from(ca) }) }
    this.#pool = new Pool(url.origin, { headersTimeout: 0, bodyTimeout: 0, connect })
  }

  protected begin(ear: Ear): Life {
    const { endpointTimeoutMs, maxEventBytes } = limitsOf(SSE_CLIENT_LIMITS, this.options)
    const unanswered = (id: RpcId, error: Error): void => this.board.fail(id, error)
    const stream = new EventStream({ url: this.url, pool: this.#pool, own: this.#own, clock: this.clock, endpointTimeoutMs, maxEventBytes, unanswered }, ear)
    void stream.hear()
    return stream
  }

  override async close(): Promise<void> {
    await super.close()
    await this.#pool.destroy()
  }
}

/** What a stream needs of its carrier. */
interface House {
  readonly url: URL
  readonly pool: Pool
  readonly own: readonly string[]
  readonly clock: Clock
  readonly endpointTimeoutMs: number
  readonly maxEventBytes: number
  /** This request could not be said, or was refused. */
  unanswered(id: RpcId, error: Error): void
}

/** One stream, and what is said to the endpoint that it names. */
class EventStream implements Life {
  readonly #stop = new AbortController()
  readonly #posts = new Set<AbortController>()
  /** Who waits for what needs no answer to be taken. */
  readonly #telling = new Map<AbortController, Hearer>()
  #endpoint: URL | undefined
  /** What is to be said once the endpoint is known. */
  readonly #waiting: ((endpoint: URL) => void)[] = []

  constructor(private readonly house: House, private readonly ear: Ear) {}

  tell(message: RpcNotification | RpcResponse, text: string, hearer: Hearer): Line {
    const post = new AbortController()
    this.#telling.set(post, hearer)
    const told = (error?: Error): void => this.#told(post, error)
    this.#later(endpoint => void this.#post(endpoint, text, message, post).then(() => told(), told))
    return {
      stop: () => {
        this.#telling.delete(post)
        post.abort()
      },
    }
  }

  ask(request: RpcRequest, text: string): () => void {
    const post = new AbortController()
    this.#later(endpoint => void this.#post(endpoint, text, request, post).catch((error: Error) => {
      if (!post.signal.aborted) this.house.unanswered(request.id, error)
    }))
    return () => post.abort()
  }

  close(why: Error): Promise<void> {
    this.#stop.abort()
    this.#drop(why)
    return Promise.resolve()
  }

  /** Settles when the stream is gone; never rejects. */
  async hear(): Promise<void> {
    const { clock, url, endpointTimeoutMs, maxEventBytes } = this.house
    let late: Timeout | undefined
    const disarm = clock.after(endpointTimeoutMs, () => {
      late = new Timeout(`GET ${url.pathname}: no endpoint event came within ${endpointTimeoutMs} ms`, 'timeoutMs', endpointTimeoutMs)
      this.#stop.abort()
    }, true)
    try {
      const body = await this.#open()
      const decoder = new SseDecoder({ maxEventBytes })
      for await (const chunk of unbroken(body)) {
        for (const event of decoder.feed(chunk)) this.#heard(event)
        if (this.#endpoint) disarm()
      }
      throw new BrokenStream(this.#endpoint ? 'the event stream ended' : 'the event stream ended before its endpoint event')
    } catch (error) {
      const why = late ?? (error as Error)
      this.ear.gone(why)
      this.#drop(why)
    } finally {
      disarm()
      this.#stop.abort()
    }
  }

  async #open(): Promise<AsyncIterable<Uint8Array>> {
    const { url: { pathname, search }, pool, own } = this.house
    const headers = ['accept', SSE_TYPE, ...IDENTITY, ...own]
    const { statusCode, headers: fields, body } = await pool.request({ path: pathname + search, method: 'GET', headers, signal: this.#stop.signal })
    if (statusCode === 200 && typeOf(fields as Fields) === SSE_TYPE) return body
    const gathered = await gather(body)
    if (statusCode === 200) throw unexpected('GET', statusCode, fields as Fields, gathered)
    throw refusalOf('GET', statusCode, fields as Fields, gathered, undefined).refusal
  }

  #heard({ event, data }: SseEvent): void {
    if (event === 'endpoint' && !this.#endpoint) {
      // Thrown, it ends the stream: nothing can be said on it.
      this.#endpoint = endpointOf(data, this.house.url)
      for (const say of this.#waiting.splice(0)) say(this.#endpoint)
    } else if (event === 'message') {
      this.ear.read(data)
    }
  }

  #later(say: (endpoint: URL) => void): void {
    if (this.#endpoint) say(this.#endpoint)
    else this.#waiting.push(say)
  }

  async #post(endpoint: URL, text: string, message: RpcMessage, post: AbortController): Promise<void> {
    this.#posts.add(post)
    try {
      const headers = ['content-type', JSON_TYPE, 'accept', '*/*', ...IDENTITY, ...this.house.own]
      const path = endpoint.pathname + endpoint.search
      const { statusCode, headers: fields, body } = await this.house.pool.request({ path, method: 'POST', headers, body: text, signal: post.signal })
      const gathered = await gather(body)
      if (statusCode >= 200 && statusCode <= 299) return
      const [what, id] = 'method' in message ? [message.method, 'id' in message ? message.id : undefined] : ['a response', undefined]
      const { refusal, answer } = refusalOf(what, statusCode, fields as Fields, gathered, id)
      throw answer ?? refusal
    } finally {
      this.#posts.delete(post)
    }
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

/** A stream that was begun, or why it did not come to its end. */
async function* unbroken(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (cause) {
    throw new BrokenStream(`the event stream was cut: ${(cause as Error).message}`, { cause })
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
