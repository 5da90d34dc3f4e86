/** `mcpwire listen`, and servers that are programs, as a person at a terminal meets them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { aside } from '../lib/cli/addressee.js'
import { listen as hear, type ListenOptions } from '../lib/cli/listen.js'
import { createServer, listen, type Server } from '../lib/server.js'

const MAIN = 'build/lib/cli/main.js'

/** A run of the program: what it has said so far, and a wait for what it says. */
class Running {
  out = ''
  err = ''
  readonly child: ChildProcess
  readonly ended: Promise<unknown[]>
  #heard: () => void = () => {}

  constructor(t: Test, ...args: string[]) {
    const child = this.child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    t.teardown(() => child.kill('SIGKILL'))
    this.ended = once(child, 'close')
    child.stdout!.setEncoding('utf8').on('data', text => {
      this.out += text
      this.#heard()
    })
    child.stderr!.setEncoding('utf8').on('data', text => {
      this.err += text
      this.#heard()
    })
    child.on('close', () => this.#heard())
  }

  /** Settles once `pattern` was said on either stream; rejects if it ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.out) ?? pattern.exec(this.err)
      if (found) return found
      if (this.child.exitCode !== null) throw new Error(`ended without ${pattern}: ${this.out}${this.err}`)
      await new Promise<void>(resolve => (this.#heard = resolve))
    }
  }
}

const talkative = async (t: Test): Promise<{ server: Server; url: string; close: () => Promise<void> }> => {
  const server = createServer({ name: 'talk', version: '1' })
  server.tool('first', {}, () => 'ok')
  server.resource('file:///a', { name: 'a' }, () => 'text')
  const listening = await listen(server, { port: 0 })
  t.teardown(() => listening.close({ graceMs: 0 }))
  return { server, url: listening.url, close: () => listening.close({ graceMs: 1000 }) }
}

t.test('each change is a line as it comes, and Ctrl-C is a clean end', async t => {
  const { server, url } = await talkative(t)
  const running = new Running(t, 'listen', url)
  await running.says(/^mcpwire: talk 1 at 2026-07-28; it will tell of the list of tools, the list of resources; stop with Ctrl-C$/m)
  server.tool('second', {}, () => 'ok')
  await running.says(/^ *\+\d+ ms notifications\/tools\/list_changed /m)
  running.child.kill('SIGINT')
  t.same(await running.ended, [0, null])
})

t.test('--json, --uri, --log-level: a line of JSON each, of what was asked for; SIGTERM is a clean end too', async t => {
  const { server, url } = await talkative(t)
  const running = new Running(t, 'listen', url, '--json', '--uri', 'file:///a', '--uri', 'file:///none', '--log-level', 'notice', '--revision', '2025-11-25')
  await running.says(/at 2025-11-25; it will tell of the list of tools, the list of resources, file:\/\/\/a; stop/)
  await running.says(/^mcpwire: resources\/subscribe: .*file:\/\/\/none/m)
  server.resourceUpdated('file:///a')
  await running.says(/updated/)
  running.child.kill('SIGTERM')
  t.same(await running.ended, [0, null])
  t.same(JSON.parse(running.out), { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'file:///a' } })
})

t.test('a server that ends the subscription in good order is said to have, exit code 2', async t => {
  const { url, close } = await talkative(t)
  const running = new Running(t, 'listen', url)
  await running.says(/stop with Ctrl-C/)
  await close()
  t.same(await running.ended, [2, null])
  t.match(running.err, /^mcpwire: http:\/\/127\.0\.0\.1:\d+\/mcp has ended the subscription$/m)
})

/** Speaks 2025-11-25 on a pipe, says one thing by itself, and names its process. */
const PROGRAM = ['--', process.execPath, '-e', `
  const say = message => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }))
  require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
    const { id, method } = JSON.parse(line)
    if (method === 'server/discover') say({ id, error: { code: -32601, message: 'no' } })
    if (method === 'initialize') say({ id, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } } })
    if (method === 'notifications/initialized') {
      console.error('pid ' + process.pid)
      say({ method: 'notifications/message', params: { level: 'info', data: 'a\\u009bb' } })
    }
  })`]

t.test('a server that is a program: its stderr passes through, and what it sends cannot steer the terminal, and its death is said, exit code 2', async t => {
  const running = new Running(t, 'listen', ...PROGRAM)
  const pid = Number((await running.says(/^pid (\d+)$/m))[1])
  await running.says(/^ *\+\d+ ms {2}info {7}a\\u009bb$/m)
  process.kill(pid, 'SIGKILL')
  t.same(await running.ended, [2, null])
  t.match(running.err, /^mcpwire: .* is gone: the server was ended by SIGKILL; the last it wrote to standard error: pid \d+$/m)
})

t.test('a server that is a program is ended with the listening', async t => {
  const running = new Running(t, 'listen', ...PROGRAM)
  const pid = Number((await running.says(/^pid (\d+)$/m))[1])
  await running.says(/stop with Ctrl-C/)
  running.child.kill('SIGINT')
  t.same(await running.ended, [0, null])
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

const options = (named: string, more: Partial<ListenOptions>): ListenOptions =>
  ({ target: named, named, logLevel: undefined, uris: [], revision: '2025-11-25', json: false, enough: new AbortController().signal, pingMs: 20, ...more })

/** A bare server of sessions. `stream`: it has one of its own. It vanishes at the first ping. */
const bare = async (t: Test, stream: boolean): Promise<string> => {
  const server = createHttpServer(async (asked, reply) => {
    let body = ''
    for await (const chunk of asked.setEncoding('utf8')) body += chunk
    const { id, method } = JSON.parse(body || '{}') as { readonly id?: number; readonly method?: string }
    if (asked.method === 'GET' && stream) return reply.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    if (asked.method !== 'POST') return void reply.writeHead(405).end()
    if (id === undefined) return void reply.writeHead(202).end()
    if (method === 'ping') return server.closeAllConnections()
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'bare', version: '1' } }
    reply.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
}

t.test('a session whose server vanishes is not waited for, and one that offers no stream is not listened to', async t => {
  await t.rejects(hear(options(await bare(t, true), {})), { message: /is gone: ping: the connection failed/ })
  await t.rejects(hear(options(await bare(t, false), { pingMs: 100_000 })), { message: /cannot be listened to: GET.*405/ })
})

t.test('what a program writes to its standard error cannot steer a terminal, and is left as it is for a file', t => {
  t.equal(aside('a\u001b[2J', { isTTY: true }), 'a\\u001b[2J')
  t.equal(aside('a\u001b[2J', {}), 'a\u001b[2J')
  t.end()
})

t.test('call and check take a program after --', async t => {
  const everything = ['--', process.execPath, MAIN, 'serve', '--stdio', '--example', 'everything']
  const call = new Running(t, 'call', 'add', '--args', '{"a":1,"b":2}', ...everything)
  t.same(await call.ended, [0, null], call.err)
  t.match(call.out, /^\{"sum":3\}$/m)
  const check = new Running(t, 'check', '--case', 'ping/empty-result', '--revision', '2025-11-25', ...everything)
  t.same(await check.ended, [0, null], check.err)
  t.match(check.out, /1 passed, 0 failed/)
})
