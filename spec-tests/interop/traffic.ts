/** What passes a node:http server, seen from below whoever serves on it; and the power to break a connection. */
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Until } from './until.js'

export interface Passage {
  readonly verb: string
  /** `Mcp-Session-Id` of the request. */
  readonly session: string | undefined
  /** `Last-Event-ID` of the request. */
  readonly after: string | undefined
  /** 0 until the reply has begun. */
  readonly status: number
}

interface Open extends Passage { status: number; readonly res: ServerResponse }

export class Traffic {
  readonly #all: Open[] = []
  readonly #until = new Until()

  constructor(http: Server) {
    http.prependListener('request', (req, res) => this.#watch(req, res))
  }

  /** The session last spoken of by a client. */
  get session(): string | undefined {
    return this.#all.findLast(({ session }) => session !== undefined)?.session
  }

  of(verb: string): readonly Passage[] {
    return this.#all.filter(passage => passage.verb === verb)
  }

  /** Resolves once the client listens on the GET stream of its session. @throws Error if it does not within 5 s */
  listening(): Promise<void> {
    const { session } = this
    const listens = ({ session: its, status }: Passage): boolean => its === session && status === 200
    return this.#until.holds(`GET in session ${session}, answered 200,`, () => this.of('GET').some(listens))
  }

  /** Breaks every stream that is open in reply to `verb`. Resolves once the server has had notice. */
  async cut(verb: string): Promise<void> {
    const open = this.#all.filter(({ verb: mine, status, res }) => mine === verb && status === 200 && !res.writableEnded && !res.destroyed)
    await Promise.all(open.map(({ res }) => {
      const closed = once(res, 'close')
      res.destroy()
      return closed
    }))
  }

  #watch({ method = '', headers }: IncomingMessage, res: ServerResponse): void {
    const passage: Open = { verb: method, session: one(headers['mcp-session-id']), after: one(headers['last-event-id']), status: 0, res }
    this.#all.push(passage)
    const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse
    res.writeHead = (...args: unknown[]) => {
      const head = writeHead(...args)
      passage.status = res.statusCode
      this.#until.changed()
      return head
    }
  }
}

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join(', ') : value)
