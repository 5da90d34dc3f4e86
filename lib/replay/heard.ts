/** One exchange as the runner hears it: over HTTP its head, messages and events as they come, and how it ended. */

import { SseDecoder, type SseEvent } from '../wire/sse.js'
import type { PeerReply } from './peer.js'
import type { PipeReply } from './pipe-peer.js'
import type { Said } from './report.js'

/** A server-sent event as patterns see it. */
export interface HeardEvent {
  /** The last event id after this event: its own, or else the latest before it, or else empty. */
  readonly id: string
  /** `message` unless the stream said otherwise. */
  readonly event: string
  readonly data: string
  /** The data parsed, where it is JSON. */
  readonly json?: unknown
  /** The latest `retry` of the stream, in milliseconds. */
  readonly retry?: number
}

/** Reads a reply in the background and keeps all of it. */
export class Heard {
  /** Set once the status has come. */
  head: { readonly status: number; readonly fields: Readonly<Record<string, string>> } | undefined
  /** JSON-RPC messages in order; over HTTP an array's one by one. What is not JSON, of an event or a line, stands as its text. */
  readonly messages: unknown[] = []
  readonly events: HeardEvent[] = []
  /** The body so far. */
  text = ''
  /** `cleanly`: the reply came to its end. `hung up`: we left. Anything else is what broke. */
  ended: 'cleanly' | 'hung up' | Error | undefined
  /** Its request was cancelled, so that on a pipe nothing need mark its end. */
  isCancelled = false
  /** How far `hear` and `response` have read. */
  nextMessage = 0
  nextEvent = 0
  /** Where the last `hear` began. */
  lastHeardFrom = 0

  readonly #leaving = new AbortController()
  #close: (() => void) | undefined
  #wake: (() => void)[] = []
  readonly #note: (text: string) => void

  /** `callId` is the id a response must carry, where the exchange began with a request. On a pipe there is neither status nor body. */
  constructor(
    readonly name: string, readonly callId: unknown, readonly piped: boolean,
    send: (signal: AbortSignal) => Promise<PeerReply | PipeReply>, transcript: Said[],
  ) {
    this.#note = text => void transcript.push({ by: 'peer', exchange: name, text })
    void this.#read(send(this.#leaving.signal))
  }

  /** Waits until `condition` holds, looking again whenever something comes and at each `lookAgain`. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => void this.#wake.push(resolve))
  }

  lookAgain(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  hangUp(): void {
    this.ended ??= 'hung up'
    this.#close?.()
    this.#leaving.abort()
    this.lookAgain()
  }

  /** The reply so far in a phrase, for a sentence about what was seen. */
  describe(): string {
    const head = this.piped ? '' : this.head ? `status ${this.head.status}, ` : 'no status, '
    if (this.ended instanceof Error) return `${head}${head && 'then '}the connection broke: ${this.ended.message}`
    const state = this.ended === 'cleanly' ? 'the reply ended' : this.ended ?? 'the reply is open'
    const body = this.messages.length > 0 ? `${this.messages.length} messages` : this.text ? `body ${shorten(this.text)}` : this.piped ? 'no message' : 'no body'
    return `${head}${body}, ${state}`
  }

  async #read(coming: Promise<PeerReply | PipeReply>): Promise<void> {
    try {
      const reply = await coming
      this.#close = () => reply.close()
      if (this.ended) return reply.close()
      await ('messages' in reply ? this.#pipe(reply.messages) : this.#http(reply))
      this.ended ??= 'cleanly'
    } catch (cause) {
      this.ended ??= cause instanceof Error ? cause : new Error(String(cause))
      if (this.ended instanceof Error) this.#note(`connection broke: ${this.ended.message}`)
    }
    this.lookAgain()
  }

  async #pipe(messages: AsyncIterable<string>): Promise<void> {
    for await (const text of messages) {
      this.#note(shorten(text))
      this.messages.push((parse(text) ?? { value: text }).value)
      this.lookAgain()
    }
  }

  async #http({ status, fields, chunks }: PeerReply): Promise<void> {
    this.head = { status, fields }
    this.#note(`HTTP ${status} ${fields['content-type'] ?? '(no content type)'}`)
    this.lookAgain()
    const streamed = /^text\/event-stream\s*(;|$)/i.test(fields['content-type'] ?? '')
    await (streamed ? this.#stream(chunks) : this.#whole(chunks))
  }

  async #stream(chunks: AsyncIterable<string>): Promise<void> {
    const decoder = new SseDecoder()
    for await (const chunk of chunks) {
      this.text += chunk
      for (const event of decoder.feed(chunk)) this.#event(event, decoder.retryMs)
      this.lookAgain()
    }
  }

  #event(event: SseEvent, retry: number | undefined): void {
    const json = parse(event.data)
    this.events.push({ ...event, ...(json && { json: json.value }), ...(retry !== undefined && { retry }) })
    this.#note(`event ${JSON.stringify(event)}`)
    // Empty data, as of the priming event, is no message: 2025-11-25/basic/transports#sending-messages-to-the-server
    if (event.data) this.#message(json ? json.value : event.data)
  }

  async #whole(chunks: AsyncIterable<string>): Promise<void> {
    for await (const chunk of chunks) this.text += chunk
    if (this.text) this.#note(shorten(this.text))
    const json = parse(this.text)
    if (json) this.#message(json.value)
  }

  #message(value: unknown): void {
    this.messages.push(...(Array.isArray(value) ? value as unknown[] : [value]))
  }
}

/** JSON text as a value, or nothing where it is not JSON. */
const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

const SHOWN = 2000
/** Text short enough to print. */
export const shorten = (text: string): string =>
  text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text
