/** A server that means harm to its client: streams and bodies without end, in crumbs, or coded. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { connect, type Client, type Hearer } from '../../lib/client.js'
import { INFO, initialized, log, scripted, type Arrived } from '../client/scripted.js'
import { gate } from '../http.js'
import { MIB } from './subject-process.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const weigh = (): number => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
const LIMIT = 256 * 1024
/** Sockets, parser and what was being read. */
const SLACK = 12 * MIB

const session = async (t: Test, script: (arrived: Arrived) => void, options: object = {}): Promise<Client> => {
  const server = await scripted(t, { initialize: arrived => initialized(arrived, 's'), 'tools/call': script })
  const client = await connect(server.url, { info: INFO, revision: '2025-11-25', maxEventBytes: LIMIT, maxBodyBytes: LIMIT, maxResumes: 0, ...options })
  t.teardown(() => client.close())
  return client
}

/** Writes the same piece for ever, as fast as it is read. Says how much was taken when the reader has gone. */
const endless = ({ res }: Arrived, type: string, first: string, piece: string): Promise<number> => {
  res.writeHead(200, { 'content-type': type })
  res.write(first)
  let sent = 0
  const more = (): void => {
    for (let room = true; room && !res.destroyed && sent < 256 * MIB; sent += piece.length) room = res.write(piece)
  }
  res.on('drain', more)
  more()
  return new Promise(resolve => res.on('close', () => resolve(sent)))
}

const SSE = 'text/event-stream'
const JSON_TYPE = 'application/json'

t.test('CVE-2026-53965, class SSE parser bombs  a stream without end costs its client no more than maxEventBytes', async t => {
  const K = 'x'.repeat(16_384)
  for (const [name, type, first, piece] of [
    ['a line that never ends', SSE, 'data: ', K], ['a field name that never ends', SSE, '', K], ['an event of data lines without end', SSE, '', `data: ${'x'.repeat(1000)}\n`], ['empty data lines without end', SSE, '', 'data:\n'.repeat(1000)],
    ['a comment that never ends', SSE, ':', K], ['an id that never ends', SSE, 'id: ', K], ['a type that never ends', SSE, 'event: ', K], ['a retry that never ends', SSE, 'retry: ', '9'.repeat(10_000)],
    ['a body that never ends', JSON_TYPE, '{"jsonrpc":"2.0","id":1,"result":{"x":"', K], ['white space without end', JSON_TYPE, '', ' '.repeat(16_384)], ['a deep body without end', JSON_TYPE, '', '['.repeat(16_384)],
  ] as const) {
    let sent: Promise<number> | undefined
    const client = await session(t, arrived => (sent = endless(arrived, type, first, piece)))
    const before = weigh()
    await t.rejects(client.callTool('x', {}).result, { name: 'InvalidMessage', message: /maxEventBytes|maxBodyBytes/ }, name)
    t.ok(await sent! < 8 * MIB + SLACK, `${name}: the connection was closed`)
    const held = weigh() - before
    t.ok(held < SLACK, `${name}: ${(held / MIB).toFixed(1)} MiB`)
  }
})

t.test('class SSE parser bombs  comments and empty events without end hold nothing, and the deadline still falls', async t => {
  for (const piece of [':\n\n'.repeat(4000), '\n'.repeat(10_000), 'id: 1\n\n'.repeat(2000), 'event: x\ndata: y\n\n'.repeat(1000), 'retry: 1\n\n'.repeat(1000)]) {
    const client = await session(t, arrived => void endless(arrived, SSE, '', piece), { timeoutMs: 150, maxTotalMs: 150 })
    const before = weigh()
    await t.rejects(client.callTool('x', {}).result, { name: 'Timeout' }, JSON.stringify(piece.slice(0, 12)))
    t.ok(weigh() - before < SLACK)
  }
})

t.test('class SSE parser bombs  a body in chunks of one byte costs what it weighs, not a hundred times that', async t => {
  for (const [type, first] of [[JSON_TYPE, '{"jsonrpc":"2.0","id":1,"result":{"x":"'], [SSE, 'data: ']] as const) {
    const SIZE = 128 * 1024
    let finish = (): void => {}
    const all = new Promise<void>(resolve => (finish = resolve))
    const client = await session(t, ({ res }) => {
      // by hand: one HTTP chunk for each byte
      const socket = res.socket!
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n${first.length.toString(16)}\r\n${first}\r\n`)
      socket.write('1\r\nx\r\n'.repeat(SIZE), () => setTimeout(finish, 100))
    })
    const before = weigh()
    const call = client.callTool('x', {})
    await all
    const held = weigh() - before
    call.cancel()
    await t.rejects(call.result)
    t.ok(held < 8 * MIB, `${SIZE} bytes of ${type} hold ${(held / MIB).toFixed(1)} MiB`)
  }
})

t.test('class notification queue  what nobody reads is bounded in bytes too', async t => {
  const data = 'x'.repeat(512 * 1024)
  let done = (): void => {}
  const all = new Promise<void>(resolve => (done = resolve))
  const client = await session(t, arrived => {
    for (let i = 0; i < 80; i++) arrived.event(log(data + i))
    arrived.event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'last' } })
    arrived.finish({ content: [] })
    done()
  }, { maxEventBytes: MIB })
  const before = weigh()
  const call = client.callTool('x', {})
  await all
  await call.result
  const held = weigh() - before
  let seen = 0
  for await (const _ of call) seen++
  t.ok(held < 20 * MIB, `of 40 MiB of notifications that nobody read, ${(held / MIB).toFixed(0)} MiB are held (${seen} of 81)`)
})

t.test('CVE-2026-22036, CVE-2026-84890, class zip bomb  a coded answer is refused, and not decoded', async t => {
  const big = Buffer.alloc(4 * MIB, 0x20)
  const gzip = gzipSync(big)
  const before = weigh()
  const fast = (bytes: Buffer): Buffer => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
  for (const [coding, body] of [['gzip', gzip], ['br', fast(big)], ['gzip, br', fast(gzip)], ['deflate', gzip], ['x-gzip', gzip], ['GZIP', gzip], ['identity, gzip', gzip]] as const) {
    for (const [type, status] of [[JSON_TYPE, 200], [SSE, 200], [JSON_TYPE, 500]] as const) {
      const client = await session(t, ({ res }) => void res.writeHead(status, { 'content-type': type, 'content-encoding': coding }).end(body))
      await t.rejects(client.callTool('x', {}).result, status === 200 ? { name: 'InvalidMessage', message: /Content-Encoding/ } : { name: 'HttpRefusal' }, `${coding} ${type} ${status}`)
    }
  }
  t.ok(weigh() - before < SLACK, 'and nothing of it is held')
})

t.test('class question flood  a server that asks and asks has so many questions open, so many refused, and no more; what it takes makes room', async t => {
  let hearer!: Hearer
  const said: { readonly id: unknown; readonly error: unknown; readonly taken: () => void }[] = []
  const errors: string[] = []
  let asked = 0
  const answer = gate()
  const client = await connect({
    send: (message, _, { hear, end }) => {
      if (!('method' in message)) said.push({ id: message.id, error: 'error' in message ? message.error.code : undefined, taken: end })
      else if ('id' in message) hear({ jsonrpc: '2.0', id: message.id, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } } })
      else end()
      return { stop: () => {} }
    },
    listen: (_, who) => {
      hearer = who
      return { stop: () => {}, settled: Promise.resolve() }
    },
    leave: async () => {},
    close: async () => said.forEach(({ taken }) => taken()),
  }, {
    info: { name: 'c', version: '1' }, revision: '2025-11-25', maxOpenQuestions: 10, events: { onError: ({ message }) => errors.push(message) },
    answers: { roots: async () => {
      asked++
      await answer.opened
      return []
    } },
  })
  t.teardown(() => client.close())
  const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  const flood = async (method: string): Promise<void> => {
    for (let id = 0; id < 1000; id++) hearer.hear({ jsonrpc: '2.0', id: `${method} ${id}`, method })
    await turn()
  }
  await flood('roots/list')
  t.equal(asked, 10)
  t.strictSame(said.map(({ error }) => error), Array.from({ length: 10 }, () => -32603), 'as many again are refused')
  t.equal(errors.length, 980)
  t.match(errors[0], /10 questions are open \(maxOpenQuestions\)/)
  answer.open()
  await turn()
  t.strictSame(said.slice(10).map(({ error }) => error), Array.from({ length: 10 }, () => undefined), 'those that were open are answered')
  await flood('ping')
  t.equal(said.length, 20, 'nobody takes the answers: there are no more')
  for (const { taken } of said) taken()
  await turn()
  await flood('ping')
  t.strictSame(said.slice(20).map(({ error }) => error).filter(error => error === undefined).length, 10, 'what is taken makes room')
})
