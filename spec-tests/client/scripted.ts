/** A server made of a test's own lines, on node:http, and a clock that only the test moves. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { openClient, type Client } from '../../lib/client/client.js'
import type { ClientOptions } from '../../lib/client/options.js'
import { HttpCarrier } from '../../lib/io/http-client.js'
import type { HttpClientOptions } from '../../lib/io/http-client-options.js'
import { REVISIONS } from '../../lib/revisions/index.js'

/** What a client sent, and the means to reply. */
export interface Arrived {
  readonly verb: string
  readonly headers: IncomingHttpHeaders
  readonly message: { readonly id?: unknown; readonly method?: string; readonly params?: { readonly [name: string]: unknown }; readonly result?: unknown; readonly error?: { readonly code: number; readonly message: string } }
  readonly res: ServerResponse
  /** One JSON body. */
  json(body: unknown, status?: number, headers?: Record<string, string>): void
  /** The result of this request as one JSON body. */
  result(result: unknown, headers?: Record<string, string>): void
  /** Text of an event stream; the first begins it. */
  write(text: string): void
  /** A message as an event. */
  event(message: unknown, id?: string): void
  /** The result of this request as the last event. */
  finish(result: unknown, id?: string): void
}

export type Script = (arrived: Arrived) => void

export interface Scripted {
  readonly url: string
  /** Everything that arrived, oldest first. */
  readonly arrived: readonly Arrived[]
  /** Settles with the first arrival, past or to come, that fits. */
  until(fits: (arrived: Arrived) => boolean): Promise<Arrived>
  /** Methods of messages, and verbs of requests without one. */
  readonly said: readonly string[]
}

export const INFO = { name: 'scripted-client', version: '1.0.0' }
export const SERVER_INFO = { name: 'scripted-server', version: '2.0.0' }
export const EVERYTHING = { tools: { listChanged: true }, logging: {}, resources: {}, prompts: {} }
export const MODERN = '2026-07-28'
export const SESSIONS = ['2025-03-26', '2025-06-18', '2025-11-25']

export const initialized = (arrived: Arrived, session?: string, version?: unknown, capabilities: object = EVERYTHING): void => {
  const headers = session === undefined ? undefined : { 'Mcp-Session-Id': session }
  arrived.result({ protocolVersion: version ?? arrived.message.params?.protocolVersion, capabilities, serverInfo: SERVER_INFO, instructions: 'be kind' }, headers)
}

/** The answer of a server without sessions to who it is. */
export const discovered = (arrived: Arrived, capabilities: object = EVERYTHING, versions: readonly string[] = [MODERN]): void => arrived.result({
  resultType: 'complete', supportedVersions: versions, capabilities, instructions: 'be kind', ttlMs: 0, cacheScope: 'private',
  _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO },
})

const BY_DEFAULT: Record<string, Script> = {
  // as a server of sessions says it
  'server/discover': arrived => arrived.json('Bad Request: no session', 400, { 'Content-Type': 'text/plain' }),
  initialize: arrived => initialized(arrived),
  GET: arrived => void arrived.res.writeHead(405, { Allow: 'POST' }).end(),
  DELETE: arrived => void arrived.res.writeHead(200).end(),
  ping: arrived => arrived.result({}),
  'logging/setLevel': arrived => arrived.result({}),
}

/** Scripts by method, by verb for GET and DELETE, and `response`. What no script is for is a notification: 202. */
export const scripted = async (t: Test, scripts: Record<string, Script> = {}): Promise<Scripted> => {
  const arrived: Arrived[] = []
  const waiting = new Set<() => void>()
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const one = arrival(req.method!, req.headers, text === '' ? {} : JSON.parse(text) as Arrived['message'], res)
      arrived.push(one)
      const name = one.message.method ?? (one.verb === 'POST' ? 'response' : one.verb)
      const script = scripts[name] ?? BY_DEFAULT[name]
      if (script) script(one)
      else res.writeHead(202).end()
      for (const look of [...waiting]) look()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp?tenant=a`,
    arrived,
    get said() {
      return arrived.map(one => one.message.method ?? (one.verb === 'POST' ? 'response' : one.verb))
    },
    until: fits => new Promise(resolve => {
      const look = (): void => {
        const found = arrived.find(fits)
        if (!found) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    }),
  }
}

const arrival = (verb: string, headers: IncomingHttpHeaders, message: Arrived['message'], res: ServerResponse): Arrived => {
  const json: Arrived['json'] = (body, status = 200, more = {}) => {
    res.writeHead(status, { 'Content-Type': 'application/json', ...more }).end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const write = (text: string): void => {
    if (!res.headersSent) res.writeHead(200, { 'Content-Type': 'text/event-stream' })
    res.write(text)
  }
  const event: Arrived['event'] = (said, id) => write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(said)}\n\n`)
  return {
    verb, headers, message, res, json, write, event,
    result: (result, more) => json({ jsonrpc: '2.0', id: message.id, result }, 200, more),
    finish: (result, id) => {
      event({ jsonrpc: '2.0', id: message.id, result }, id)
      res.end()
    },
  }
}

interface Timer {
  readonly ms: number
  readonly dueMs: number
  readonly run: () => void
}

/** Time stands still until the test moves it. */
export class TestClock {
  #nowMs = 1000
  readonly #timers = new Set<Timer>()
  readonly #waiting = new Set<() => void>()
  #lastId = 0

  readonly nowMs = (): number => this.#nowMs
  readonly newId = (): string => `id-${++this.#lastId}`

  readonly after = (ms: number, run: () => void): (() => void) => {
    const timer = { ms, dueMs: this.#nowMs + ms, run }
    this.#timers.add(timer)
    for (const look of [...this.#waiting]) look()
    return () => this.#timers.delete(timer)
  }

  /** Settles once a timer of that length is set. */
  armed(ms: number): Promise<void> {
    return new Promise(resolve => {
      const look = (): void => {
        if (![...this.#timers].some(timer => timer.ms === ms)) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  advance(ms: number): void {
    this.#nowMs += ms
    const due = [...this.#timers].filter(timer => timer.dueMs <= this.#nowMs).sort((a, b) => a.dueMs - b.dueMs)
    for (const timer of due) if (this.#timers.delete(timer)) timer.run()
  }
}

/** A client over real HTTP with a clock of the test's; of sessions alone, unless it is told otherwise. */
export const open = async (t: Test, url: string, clock: TestClock, options: Partial<ClientOptions & HttpClientOptions> = {}, revisions: readonly string[] = SESSIONS): Promise<Client> => {
  const offered = REVISIONS.filter(revision => revisions.includes(revision.id))
  const client = await openClient(new HttpCarrier(new URL(url), clock, options), clock, offered, { info: INFO, ...options })
  t.teardown(() => client.close())
  return client
}

/** A client of a scripted server without sessions, which says who it is. */
export const openModern = async (
  t: Test, scripts: Record<string, Script> = {}, options: Partial<ClientOptions & HttpClientOptions> = {}, clock = new TestClock(), capabilities: object = EVERYTHING,
): Promise<{ readonly client: Client; readonly server: Scripted; readonly clock: TestClock }> => {
  const server = await scripted(t, { 'server/discover': arrived => discovered(arrived, capabilities), ...scripts })
  return { client: await open(t, server.url, clock, options, [MODERN]), server, clock }
}

/** A log notification. */
export const log = (data: unknown, level = 'info'): object => ({ jsonrpc: '2.0', method: 'notifications/message', params: { level, data } })

export const DONE = { content: [{ type: 'text', text: 'done' }] }

/** A promise and the means to settle it. */
export const deferred = <T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } => {
  let resolve!: (value: T) => void
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
