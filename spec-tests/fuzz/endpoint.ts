/** The server that is fuzzed, and a hand that says anything to it. */
import { Agent, request } from 'node:http'
import { createServer, listen, type Listening } from '../../lib/server.js'
import { dial, firstAnswer } from '../security/raw.js'

export interface Heard {
  readonly status: number
  readonly body: string
  readonly type?: string | undefined
}

export interface Session {
  readonly headers: { readonly [name: string]: string }
}

/** An answer takes milliseconds: one that takes this long, in milliseconds, never comes. */
const HUNG_MS = 20_000
/** What a poured connection may take, in milliseconds, before it is left. */
const POUR_MS = 20

export class Endpoint {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })

  private constructor(readonly listening: Listening) {}

  static async start(): Promise<Endpoint> {
    const server = createServer({ name: 'fuzzed', version: '1' }, { onError: () => {} })
    server.tool('echo', {}, args => JSON.stringify(args))
    server.tool('speak', {}, (_, ctx) => {
      ctx.log.info(ctx.meta)
      ctx.progress(1)
      return 'done'
    })
    server.tool('fails', {}, () => { throw new Error('at secret (/srv/x.js:1)') })
    server.tool('typed', { inputSchema: { type: 'object', required: ['a'], properties: { a: { type: 'integer', minimum: 0 }, b: { enum: ['x', null] } } } }, args => JSON.stringify(args))
    server.tool('slow', { taskSupport: 'optional' }, () => new Promise(resolve => setImmediate(resolve, 'done')))
    server.prompt('greet', { arguments: { a: { complete: text => [text] } } }, ({ a }) => `hello ${a}`)
    server.resource('test:///a', {}, () => 'a')
    server.resource('test:///any/{x}', {}, ({ variables }) => JSON.stringify(variables))
    server.onNotification('x/heard', {}, () => {})
    const listening = await listen(server, { port: 0, sse: {} })
    // a connection that is let go while the readers have their turn would fail whoever uses it next
    listening.http.keepAliveTimeout = 0
    return new Endpoint(listening)
  }

  async open(version: string): Promise<Session> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: version, capabilities: {}, clientInfo: { name: 'fuzz', version: '1' } } })
    const { session } = await this.#post({}, body)
    return { headers: { 'mcp-session-id': session! } }
  }

  /** Posts this text to the session. A modern stream, which has no end, is left at its first bytes. */
  async say(session: Session, text: string): Promise<Heard> {
    return this.#post(session.headers, text)
  }

  async close({ headers }: Session): Promise<void> {
    await new Promise<void>((resolve, reject) => request(this.listening.url, { method: 'DELETE', headers, agent: this.#agent }, res => res.resume().on('end', resolve)).on('error', reject).end())
  }

  /** Sends this request; a stream, which may have no end, is left at its first bytes. */
  async raw(bytes: string): Promise<Heard> {
    const socket = await dial(this.listening.port)
    const heard = await new Promise<Heard>(resolve => {
      let text = ''
      const typed = (head: string): string | undefined => /\r\ncontent-type: *([^\r]*)/i.exec(head)?.[1]
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk
        const whole = firstAnswer(text)
        if (whole) resolve({ status: whole.status, body: whole.body, type: typed(whole.head) })
        else if (typed(text)?.startsWith('text/event-stream')) resolve({ status: Number(text.slice(9, 12)), body: '', type: typed(text) })
      }).on('close', () => resolve({ status: 0, body: text, type: typed(text) }))
      socket.write(bytes, 'latin1')
    })
    socket.destroy()
    return heard
  }

  /** Writes bytes, ends, and waits for whatever comes, a moment at most. */
  async pour(bytes: Uint8Array): Promise<void> {
    const socket = await dial(this.listening.port)
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, POUR_MS)
      socket.resume().on('close', () => {
        clearTimeout(timer)
        resolve()
      }).end(bytes)
    })
    socket.destroy()
  }

  async stop(): Promise<void> {
    this.#agent.destroy()
    await this.listening.close({ graceMs: 0 })
  }

  #post(headers: Session['headers'], text: string): Promise<Heard & { readonly session: string | undefined }> {
    return new Promise((resolve, reject) => {
      const asked = request(this.listening.url, { method: 'POST', agent: this.#agent, headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' } }, res => {
        let body = ''
        const done = (): void => resolve({ status: res.statusCode!, body, type: res.headers['content-type'], session: res.headers['mcp-session-id'] as string | undefined })
        res.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk
          if (!body.includes('subscriptions/acknowledged')) return
          done()
          asked.destroy()
        }).on('end', done).on('error', () => {}).on('close', () => reject(new Error(`the answer was cut: ${res.statusCode} ${body.slice(0, 200)}`)))
      })
      const hung = setTimeout(() => asked.destroy(new Error(`no answer within ${HUNG_MS} ms to ${text.slice(0, 500)}`)), HUNG_MS)
      asked.on('error', reject).on('close', () => clearTimeout(hung)).end(text)
    })
  }
}
