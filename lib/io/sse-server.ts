/** HTTP+SSE of 2024-11-05 on node:http: one stream for each client, and an endpoint to post to. Off unless asked for. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Guard } from '../bindings/guard.js'
import { STREAM_FIELDS, type HttpHead } from '../bindings/http.js'
import { encodeEndpoint, encodeMessage, knockSse, sessionNamed } from '../bindings/http-sse.js'
import { tooLarge } from '../bindings/streamable-http/admit.js'
import { CODES, Refusal } from '../protocol/errors.js'
import { saysItself } from '../protocol/meta.js'
import type { Server } from '../server/server.js'
import { encodeComment } from '../wire/sse.js'
import { clock } from './clock.js'
import { Pipe, type PipeOptions } from './pipe.js'
import { readBody } from './read-body.js'

/** Where clients of the oldest HTTP transport are served; newer ones that still use it are given the session revision they ask for. */
export interface SseOptions {
  /** The path of the stream. Default `/sse`. */
  readonly path?: string
  /** The path that messages are posted to. Default `/messages`. */
  readonly messages?: string
}

/** What the routes share with the endpoint they stand beside. */
export interface SseHouse extends Omit<PipeOptions, 'revisions' | 'principal'> {
  readonly maxBodyBytes: number
  /** Streams open at once. Beyond it: 503. */
  readonly maxSessions: number
  /** A quiet stream says a comment this often, in milliseconds. */
  readonly keepAliveMs: number
  principal?(req: IncomingMessage): string | undefined
}

/** A request at the door. */
export interface SseVisit {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly head: HttpHead
  readonly guard: Guard
  refuse(error: unknown): void
}

export class SseRoutes {
  readonly #streams = new Map<string, Stream>()
  readonly #options: Omit<PipeOptions, 'principal'>
  readonly #paths: { readonly stream: string; readonly messages: string }
  #beat: (() => void) | undefined
  opened = 0

  /** @throws TypeError if the server serves no revision that `initialize` opens, or both paths are one */
  constructor(private readonly server: Server, { path = '/sse', messages = '/messages' }: SseOptions, private readonly house: SseHouse) {
    this.#options = { ...house, revisions: server.revisions.filter(revision => !saysItself(revision)) }
    if (this.#options.revisions.length === 0) throw new TypeError('sse: this server serves no revision that can be spoken over HTTP+SSE')
    if (path === messages) throw new TypeError(`sse: path and messages are both ${JSON.stringify(path)}; expected two paths`)
    this.#paths = { stream: path, messages }
  }

  get size(): number {
    return this.#streams.size
  }

  get dropped(): number {
    return this.#sum(({ pipe }) => pipe.dropped)
  }

  /** Requests that are being answered. */
  get inFlight(): number {
    return this.#sum(({ pipe }) => pipe.inFlight.size)
  }

  /** What answers at that path, if anything here does. It may throw a Refusal. */
  at(path: string): ((visit: SseVisit) => void) | undefined {
    if (path === this.#paths.stream) return visit => this.#listen(visit)
    return path === this.#paths.messages ? visit => this.#post(visit) : undefined
  }

  /** Lets what runs finish for `graceMs`, then ends every stream. */
  async close(graceMs: number): Promise<void> {
    const why = 'the server is shutting down'
    await Promise.all([...this.#streams.values()].map(async ({ pipe, res }) => {
      await pipe.finish(graceMs, why)
      res.end()
    }))
    this.#beat?.()
  }

  #listen({ req, res, head, guard }: SseVisit): void {
    knockSse(head, 'GET', this.house, guard)
    const { maxSessions } = this.house
    if (this.#streams.size >= maxSessions) {
      throw new Refusal(503, CODES.internalError, `${maxSessions} streams are open (maxSessions); try again later`, { fields: ['Retry-After', '30'] })
    }
    const id = randomUUID()
    const stream = new Stream(id, res, this.server, { ...this.#options, principal: this.house.principal?.(req) })
    this.#streams.set(id, stream)
    this.opened++
    this.#beat ??= this.#beatLater()
    // 2024-11-05/basic/transports#http-with-sse: hanging up ends the session
    res.on('close', () => {
      this.#streams.delete(id)
      stream.pipe.end('the client hung up')
    })
    res.writeHead(200, STREAM_FIELDS as string[])
    // A host application that mounts us under a prefix takes that off the target, and keeps it here.
    const { baseUrl = '' } = req as { baseUrl?: string }
    res.write(encodeEndpoint(baseUrl + this.#paths.messages, id))
  }

  #post({ req, res, head, guard, refuse }: SseVisit): void {
    knockSse(head, 'POST', this.house, guard)
    const named = sessionNamed(head.target)
    if (named === undefined) throw new Refusal(400, CODES.invalidRequest, 'sessionId is missing; post to the URI that the endpoint event names')
    const stream = this.#streams.get(named)
    // A stream that ended, never was, or is somebody else's: the same answer, so that nothing can be learnt from it.
    if (!stream || stream.principal !== this.house.principal?.(req)) {
      throw new Refusal(404, CODES.invalidRequest, `sessionId names no open stream; GET ${this.#paths.stream} opens one`)
    }
    readBody(req, this.house.maxBodyBytes, this.house.load, () => tooLarge(this.house), (fault, body) => {
      try {
        if (fault) throw fault
        const incoming = stream.pipe.read(body)
        // Whoever does not read is not read: its answers would pile up.
        if (stream.pipe.full) {
          throw new Refusal(503, CODES.internalError, 'too much waits to be read on the stream (maxQueuedBytes)', { fields: ['Retry-After', '1'] })
        }
        res.writeHead(202, ['Content-Length', '0']).end()
        stream.pipe.take(incoming, body.length)
      } catch (error) {
        refuse(error)
      }
    })
  }

  #sum(of: (stream: Stream) => number): number {
    let sum = 0
    for (const stream of this.#streams.values()) sum += of(stream)
    return sum
  }

  #beatLater(): () => void {
    return clock.after(this.house.keepAliveMs, () => {
      for (const stream of this.#streams.values()) stream.beat()
      this.#beat = this.#streams.size > 0 ? this.#beatLater() : undefined
    }, false)
  }
}

/** One client's stream. */
class Stream {
  readonly pipe: Pipe
  readonly principal: string | undefined

  constructor(id: string, readonly res: ServerResponse, server: Server, options: PipeOptions) {
    this.principal = options.principal
    const mouth = {
      say: (json: string): boolean => res.write(encodeMessage(json)),
      get queued() {
        return res.writableLength
      },
      cut: () => void res.destroy(),
    }
    this.pipe = new Pipe(server, options, mouth, { clock, newId: () => id })
    res.on('drain', () => this.pipe.drained())
  }

  beat(): void {
    if (!this.res.writableNeedDrain) this.res.write(encodeComment(''))
  }
}
