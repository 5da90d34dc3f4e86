/** A server at the other end of one pipe, as a peer: what is asked goes down it, and each thing it says goes to the exchange it belongs to. */

import type { Binding } from './load.js'
import type { HttpPeer } from './peer.js'

/** A connection that carries messages both ways: the lines of a program, or the stream and the POSTs of HTTP+SSE. */
export interface Pipe {
  /** Says one message. */
  say(message: string): void
  /** Where the pipe is bytes: writes them as they are, and ends this side of it after them if asked to. */
  write?(text: string, end: boolean): void
  /** Ends this side and, after a second, the other. */
  close(): Promise<void>
}

/** Who hears what the other side says. */
export interface Ear {
  heard(message: string): void
  /** Nothing more comes. */
  gone(why: Error): void
}

/** @throws Error when nobody answers */
export type OpenPipe = (ear: Ear) => Promise<Pipe>

/** A server on a pipe, which is opened by what is asked first. */
export interface PipePeer {
  readonly binding: Exclude<Binding, 'streamable-http'>
  /** What carries the pipe, where that can be spoken to without one. */
  readonly http?: HttpPeer
  readonly origin: string
  /** The body goes out as one message; whatever else a request over HTTP would have is left out. */
  request(request: { readonly body?: string }, signal?: AbortSignal): Promise<PipeReply>
  /** Text as it is, line breaks and all. What belongs to nothing else answers it, until the other side has ended. */
  write(text: string, end: boolean, signal?: AbortSignal): Promise<PipeReply>
  /** Closes the pipe. What is asked next opens another, as a pipe carries one session. */
  renew(): Promise<void>
  close(): Promise<void>
}

/** What belongs to one exchange. Ends with the response to it; a message that is no JSON is given as it came. Throws when the pipe broke. */
export interface PipeReply {
  readonly messages: AsyncIterable<string>
  close(): void
}

/**
 * What comes belongs to the first request whose id it answers, or whose subscription or progress token it names, else to the exchange begun last
 * that is still open.
 */
export const pipePeer = (binding: PipePeer['binding'], origin: string, open: OpenPipe, http?: HttpPeer): PipePeer => {
  let talk: Talk | undefined
  const renew = async (): Promise<void> => {
    const ending = talk
    talk = undefined
    await ending?.close()
  }
  return {
    binding, origin, ...(http && { http }), renew,
    request: ({ body = '' }, signal) => (talk ??= new Talk(open)).ask(body, signal),
    write: (text, end, signal) => (talk ??= new Talk(open)).write(text, end, signal),
    close: async () => {
      await renew()
      await http?.close()
    },
  }
}

/** An exchange that is under way. */
interface Open {
  /** Absent for what could not be read: the error that answers it has none. */
  readonly id?: unknown
  readonly token?: unknown
  /** An array was asked, and is answered by an array. */
  readonly isBatch?: boolean
  /** It gets what nobody owns, and no response ends it. */
  readonly overhears?: true
  readonly queue: Queue
}
interface Message {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: { readonly progressToken?: unknown; readonly _meta?: { readonly [key: string]: unknown } }
}

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId'

class Talk {
  readonly #pipe: Promise<Pipe>
  readonly #open = new Set<Open>()
  #gone: Error | undefined
  /** We ended our side, so that the other is to end too. */
  #ended = false

  constructor(open: OpenPipe) {
    this.#pipe = open({ heard: message => this.#hear(message), gone: why => this.#end(why) })
    this.#pipe.catch((why: Error) => this.#end(why))
  }

  async ask(body: string, signal: AbortSignal | undefined): Promise<PipeReply> {
    const asked = parse(body)
    const { id, params } = isMessage(asked) && asked.method !== undefined ? asked : {}
    const reply = this.#begin({ id: id ?? undefined, token: params?._meta?.['progressToken'], isBatch: Array.isArray(asked) }, signal)
    if (isUnanswered(asked)) reply.close()
    const pipe = await this.#pipe
    if (this.#gone) throw this.#gone
    pipe.say(body)
    return reply
  }

  async write(text: string, end: boolean, signal: AbortSignal | undefined): Promise<PipeReply> {
    const reply = this.#begin({ overhears: true }, signal)
    const pipe = await this.#pipe
    if (!pipe.write) throw new TypeError('this pipe takes messages, and no bytes as they are')
    this.#ended ||= end
    pipe.write(text, end)
    return reply
  }

  async close(): Promise<void> {
    await this.#pipe.then(pipe => pipe.close(), () => undefined)
  }

  #begin(exchange: Omit<Open, 'queue'>, signal: AbortSignal | undefined): PipeReply {
    if (this.#gone) throw this.#gone
    const open = { ...exchange, queue: new Queue() }
    this.#open.add(open)
    const close = (): void => void (this.#open.delete(open), open.queue.end())
    signal?.addEventListener('abort', close, { once: true })
    return { messages: open.queue.read(), close }
  }

  #hear(text: string): void {
    const said = parse(text)
    const open = [...this.#open]
    const answers = isMessage(said) && said.method === undefined
    const owns = (open: Open): boolean => isMessage(said) && (answers ? (said.id ?? undefined) === open.id : belongs(said, open))
    const to = open.find(owns) ?? open.at(-1)
    if (to?.isBatch && Array.isArray(said)) for (const one of said) to.queue.push(JSON.stringify(one))
    else to?.queue.push(text)
    if (!to || !answers || to.overhears) return
    this.#open.delete(to)
    to.queue.end()
  }

  #end(why: Error): void {
    this.#gone ??= why
    for (const { queue } of this.#open) queue.end(this.#ended ? undefined : this.#gone)
  }
}

const belongs = ({ params }: Message, { id, token }: Open): boolean =>
  (params?.progressToken !== undefined && params.progressToken === token) || (id !== undefined && params?._meta?.[SUBSCRIPTION] === id)

/** A notification, or the answer to a question of the server's, or a list of nothing else. */
const isUnanswered = (said: unknown): boolean => {
  if (Array.isArray(said)) return said.length > 0 && said.every(isUnanswered)
  if (!isMessage(said)) return false
  return said.method === undefined ? ('result' in said) !== ('error' in said) : said.id === undefined
}

/** Texts pushed on one side and read on the other. */
class Queue {
  readonly #texts: string[] = []
  #ended: { readonly why: Error | undefined } | undefined
  #wake: (() => void) | undefined

  push(text: string): void {
    this.#texts.push(text)
    this.#wake?.()
  }

  end(why?: Error): void {
    this.#ended ??= { why }
    this.#wake?.()
  }

  async *read(): AsyncGenerator<string> {
    for (;;) {
      const text = this.#texts.shift()
      if (text !== undefined) yield text
      else if (this.#ended?.why) throw this.#ended.why
      else if (this.#ended) return
      else await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }
}

const isMessage = (value: unknown): value is Message => typeof value === 'object' && value !== null
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
