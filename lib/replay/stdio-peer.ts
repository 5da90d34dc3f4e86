/** A server that is a program, as a peer: what is posted to it is a line on its stdin, and each line it says goes to the exchange it belongs to. */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { HttpPeer, PeerReply } from './peer.js'

/** A peer with a process behind it. */
export interface StdioPeer extends HttpPeer {
  /** Ends the process: its stdin first, SIGKILL after a second. What is asked next starts another, as a pipe carries one session. */
  renew(): Promise<void>
}

/**
 * The program is started by its first request, without a shell. HTTP fields are left out, and what has no body is answered 405.
 * A request's lines end with its response; what is said meanwhile belongs to the subscription or progress token it names, else to the
 * request begun last. A line that is no message is shown as it is, and fits nothing.
 */
export const stdioPeer = (command: string, args: readonly string[]): StdioPeer => {
  let talk: Talk | undefined
  const renew = async (): Promise<void> => {
    const ending = talk
    talk = undefined
    await ending?.end()
  }
  return {
    origin: 'stdio:',
    request: async ({ body }, signal) => {
      if (body === undefined) return { status: 405, fields: {}, chunks: nothing(), close: () => undefined }
      talk ??= new Talk(command, args)
      return talk.say(body, signal)
    },
    renew,
    close: renew,
  }
}

/** A request that is not answered yet, and the reply that its lines make. */
interface Open {
  /** Absent for what could not be read: its error has no id. */
  readonly id: unknown
  readonly token: unknown
  readonly lines: Lines
}
interface Message {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: { readonly progressToken?: unknown; readonly _meta?: { readonly [key: string]: unknown } }
}

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId'
const PATIENCE_MS = 1000
const KEPT = 500

class Talk {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #gone: Promise<void>
  readonly #open = new Set<Open>()
  #fault: Error | undefined
  #aside = ''

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: 'pipe' })
    this.#child.stdin.on('error', () => undefined)
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#aside = (this.#aside + text).slice(-KEPT)))
    createInterface({ input: this.#child.stdout }).on('line', line => line.trim() !== '' && this.#hear(line))
    this.#gone = new Promise(resolve => {
      const gone = (why: string): void => {
        this.#fault ??= new Error(this.#aside === '' ? why : `${why}; the last it wrote to standard error: ${this.#aside.trim()}`)
        for (const { lines } of this.#open) lines.end(this.#fault)
        resolve()
      }
      this.#child.on('error', error => gone(`cannot run ${JSON.stringify(command)}: ${error.message}`))
      this.#child.on('close', (code, signal) => gone(`the program ended with ${signal ?? `status ${code}`}`))
    })
  }

  /** Settles with the first line that comes for it. @throws Error when the program is gone before */
  async say(body: string, signal: AbortSignal | undefined): Promise<PeerReply> {
    if (this.#fault) throw this.#fault
    // A line is a line: white space is all that a line break in JSON can be.
    this.#child.stdin.write(`${body.replace(/[\r\n]+/g, ' ')}\n`)
    const asked = parse(body)
    const lines = new Lines()
    // A notification, or the answer to a question of the server's: nothing comes back for it.
    if (isMessage(asked) && !Array.isArray(asked) && (asked.method === undefined ? 'result' in asked || 'error' in asked : asked.id === undefined)) {
      lines.end()
      return { status: 202, fields: {}, chunks: lines.read(), close: () => undefined }
    }
    const { id, params } = isMessage(asked) ? asked : {}
    const open: Open = { id: id ?? undefined, token: params?._meta?.['progressToken'], lines }
    this.#open.add(open)
    const leave = (): void => void (this.#open.delete(open), lines.end())
    signal?.addEventListener('abort', leave, { once: true })
    await lines.begun
    return { status: 200, fields: { 'content-type': 'text/event-stream' }, chunks: lines.read(), close: leave }
  }

  async end(): Promise<void> {
    this.#child.stdin.end()
    const clock = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    await this.#gone
    clearTimeout(clock)
  }

  #hear(line: string): void {
    const said = parse(line)
    const newestFirst = [...this.#open].reverse()
    const answered = isMessage(said) && said.method === undefined
    const to = newestFirst.find(open => (isMessage(said) && (answered ? (said.id ?? undefined) === open.id : belongs(said, open)))) ?? newestFirst[0]
    to?.lines.push(`data: ${line}\n\n`)
    if (!to || !answered) return
    this.#open.delete(to)
    to.lines.end()
  }
}

const belongs = ({ params }: Message, { id, token }: Open): boolean =>
  (params?.progressToken !== undefined && params.progressToken === token) || (id !== undefined && params?._meta?.[SUBSCRIPTION] === id)

/** Text pushed on one side and read on the other. */
class Lines {
  /** Rejects when the end came first, and it was a broken one. */
  readonly begun: Promise<void>
  readonly #texts: string[] = []
  #begin!: (how: void | Promise<never>) => void
  #ended: Error | true | undefined
  #wake: (() => void) | undefined

  constructor() {
    this.begun = new Promise<void>(resolve => (this.#begin = resolve))
    this.begun.catch(() => undefined)
  }

  push(text: string): void {
    this.#texts.push(text)
    this.#begin()
    this.#wake?.()
  }

  end(how: Error | true = true): void {
    this.#ended ??= how
    this.#begin(how === true ? undefined : Promise.reject(how))
    this.#wake?.()
  }

  async *read(): AsyncGenerator<string> {
    for (;;) {
      const text = this.#texts.shift()
      if (text !== undefined) yield text
      else if (this.#ended instanceof Error) throw this.#ended
      else if (this.#ended) return
      else await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }
}

async function* nothing(): AsyncGenerator<string> {}

const isMessage = (value: unknown): value is Message => typeof value === 'object' && value !== null
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
