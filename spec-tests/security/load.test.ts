/** What clients make the server do at once: connections, requests in flight, and the bodies that belong to them. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import type { HttpOptions, Server } from '../../lib/server.js'
import { callTool, gate, heard, listenTo, make, modern, open, say, serve } from '../http.js'
import { initialize, modern as modernLine, talk } from '../lines.js'
import { asText, dial, isRefusal, raw, rest } from './raw.js'
import { MIB, Subject } from './subject-process.js'

const ping = { jsonrpc: '2.0', id: 'ping', method: 'ping' }

/** A server whose tool waits until it is let go. */
const holding = (): { readonly server: Server; readonly release: () => void; readonly running: () => number } => {
  const server = make()
  const held = gate()
  let running = 0
  server.tool('hold', {}, async (_, ctx) => {
    running++
    await Promise.race([held.opened, new Promise(resolve => ctx.signal.addEventListener('abort', resolve))])
    running--
    return 'done'
  })
  return { server, release: held.open, running: () => running }
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(resolve => setImmediate(resolve))
}

t.test('class call exhaustion  requests of one session in flight are capped, whatever their ids; of all clients too; what ends makes room', async t => {
  const { server, release, running } = holding()
  const limits: HttpOptions = { maxRequestsInFlight: 5, maxRequestsInFlightPerSession: 3 }
  const { url, stats } = await serve(t, server, limits)
  const [one, two] = [await open(url), await open(url)]
  const hold = (headers: Record<string, string>, id: string | number = 1) => say(url, { headers, body: callTool(id, 'hold') })
  const waiting = [hold(one), hold(one), hold(one)]
  await until(() => running() === 3)
  t.match(await heard(hold(one, 'fourth')), { status: 429, id: 'fourth', error: { code: -32603, message: /^3 requests of this session are in flight \(maxRequestsInFlightPerSession\)/ } })
  t.equal((await say(url, { headers: one, body: ping })).status, 200, 'a ping is answered')
  waiting.push(hold(two), hold(two))
  await until(() => running() === 5)
  const refused = await hold(two, 'sixth')
  t.equal(refused.headers['retry-after'], '1')
  t.match(await heard(refused), { status: 503, id: 'sixth', error: { code: -32603, message: /^5 requests are in flight \(maxRequestsInFlight\)/ } })
  t.match(await heard(modern(url, 'tools/call', { name: 'hold' })), { status: 503, error: { code: -32603 } }, 'one that needs no session is one of them')
  t.equal((await say(url, { headers: two, body: ping })).status, 200)
  const listener = await listenTo(url, { toolsListChanged: true })
  t.match(await listener.next(), { method: 'notifications/subscriptions/acknowledged' }, 'a subscription is none of them')
  listener.answer.hangUp()
  t.equal(stats().inFlight, 5)
  t.equal(running(), 5, 'no tool ran in vain')
  release()
  for (const answer of await Promise.all(waiting)) t.match(await answer.text(), /done/)
  t.equal(stats().inFlight, 0)
  t.match(await heard(hold(one)), { result: { content: [{ text: 'done' }] } })
})

t.test('class call exhaustion  a call that is cancelled, hung up on, or ends with its session, makes room', async t => {
  const { server, running } = holding()
  const { url, stats } = await serve(t, server, { maxRequestsInFlight: 3 })
  const [one, two] = [await open(url), await open(url)]
  const cancelled = say(url, { headers: one, body: callTool(1, 'hold') })
  const ended = say(url, { headers: two, body: callTool(1, 'hold') })
  const left = await dial(Number(new URL(url).port))
  const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }
  const fields = [['Host', 'localhost'], ['Content-Type', 'application/json'], ['MCP-Protocol-Version', '2026-07-28'], ['Mcp-Method', 'tools/call'], ['Mcp-Name', 'hold']] as const
  left.write(asText('POST /mcp', fields, JSON.stringify(callTool(1, 'hold', {}, meta))))
  await until(() => running() === 3)
  t.equal((await heard(say(url, { headers: one, body: callTool(2, 'hold') }))).status, 503)
  await say(url, { headers: one, body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } })
  await say(url, { method: 'DELETE', headers: two })
  left.destroy()
  await Promise.all([cancelled, ended].map(async answer => (await answer).text()))
  await until(() => stats().inFlight === 0)
})

t.test('class call exhaustion  a batch has no more in flight than its session may; the rest of it is refused one by one', async t => {
  const { server, release, running } = holding()
  const { url } = await serve(t, server, { maxRequestsInFlightPerSession: 3 })
  const answer = say(url, { headers: await open(url, '2025-03-26'), body: [1, 2, 3, 4, 5].map(id => callTool(id, 'hold')) })
  await until(() => running() === 3)
  release()
  const said = JSON.parse(await (await answer).text()) as { id: number; error?: { code: number } }[]
  t.strictSame(said.filter(({ error }) => error?.code === -32603).map(({ id }) => id).sort(), [4, 5])
  t.equal(said.length, 5)
})

t.test('class call exhaustion  on a pipe too: stdio, and the streams of HTTP+SSE, which share their mount\'s limit', async t => {
  const { server, release, running } = holding()
  const pipe = talk(t, server, { maxRequestsInFlight: 3 })
  pipe.say(initialize('2025-03-26'))
  await pipe.next()
  pipe.say(callTool(1, 'hold'), modernLine(1, 'tools/call', { name: 'hold' }), [callTool(2, 'hold'), callTool(3, 'hold')], callTool(4, 'hold'), ping)
  t.match(await pipe.next(), { id: 4, error: { code: -32603, message: /^3 requests are in flight \(maxRequestsInFlight\)/ } })
  t.match(await pipe.next(), { id: 'ping', result: {} })
  t.equal(running(), 3)

  const { url } = await serve(t, server, { sse: {}, maxRequestsInFlight: 2, maxRequestsInFlightPerSession: 1 })
  const begin = async () => {
    const events = (await say(url.replace('/mcp', '/sse'), { method: 'GET' })).events()
    const endpoint = new URL((await events.next()).value!.data, url).href
    const ask = (body: object) => say(endpoint, { body })
    await ask(initialize('2024-11-05'))
    await events.next()
    return { ask, next: async (): Promise<unknown> => JSON.parse((await events.next()).value!.data) }
  }
  const streams = [await begin(), await begin(), await begin()]
  await streams[0]!.ask(callTool(1, 'hold'))
  await streams[0]!.ask(callTool(2, 'hold'))
  t.match(await streams[0]!.next(), { id: 2, error: { message: /maxRequestsInFlightPerSession/ } })
  await streams[1]!.ask(callTool(1, 'hold'))
  await streams[2]!.ask(callTool(3, 'hold'))
  t.match(await streams[2]!.next(), { id: 3, error: { message: /^2 requests are in flight \(maxRequestsInFlight\)/ } })
  release()
  for (const stream of streams.slice(0, 2)) t.match(await stream.next(), { id: 1, result: {} })
  const answers = [await pipe.next<{ id: number } | unknown[]>(), await pipe.next<{ id: number } | unknown[]>(), await pipe.next<{ id: number } | unknown[]>()]
  t.match(answers.find(Array.isArray), [{ error: { code: -32603 } }, { result: {} }], 'one of the batch was refused')
})

t.test('class oversized body  bodies that are being read, or belong to requests in flight, are bounded together', async t => {
  const { server, release, running } = holding()
  const { url, port, http } = await serve(t, server, { maxBodyTotalBytes: 100_000, sse: {} })
  const headers = await open(url)
  const call = (size: number, id = 1): string => JSON.stringify(callTool(id, 'hold', { pad: 'x'.repeat(size) }))
  const whole = asText('POST /mcp', [['Host', 'localhost'], ['Content-Type', 'application/json'], ...Object.entries(headers)], call(90_000))
  const [[accepted], half] = await Promise.all([once(http, 'connection') as Promise<[Socket]>, dial(port)])
  half.write(whole.slice(0, 80_000))
  await until(() => accepted.bytesRead === 80_000)
  const refusal = /maxBodyTotalBytes\); try again later/
  const full = async () => {
    const answer = await raw(port, asText('POST /mcp', [['Host', 'localhost'], ['Content-Type', 'application/json'], ...Object.entries(headers)], call(50_000)))
    return answer.status === 503 && isRefusal(answer) && refusal.test(answer.body) && /connection: close/i.test(answer.head)
  }
  t.ok(await full(), 'while another is being read')
  t.equal((await say(url, { headers, body: ping })).status, 200, 'a short body is always read')
  half.destroy()
  await once(accepted, 'close')
  const waiting = say(url, { headers, body: call(80_000) })
  await until(() => running() === 1)
  t.ok(await full(), 'while a request in flight has one')
  const events = (await say(url.replace('/mcp', '/sse'), { method: 'GET' })).events()
  const endpoint = new URL((await events.next()).value!.data, url).href
  t.match(await heard(say(endpoint, { body: call(50_000) })), { status: 503, error: { message: refusal } }, 'on every route')
  release()
  t.match(await (await waiting).text(), /done/)
  t.match(await heard(say(url, { headers, body: call(80_000) })), { result: {} }, 'afterwards there is room')
})

t.test('class oversized body  300 bodies of 3 MB that never end hold what is allowed, and a normal call is answered', async t => {
  const subject = await Subject.start(t, { maxBodyTotalBytes: 32 * MIB })
  const headers = await open(subject.url)
  const before = await subject.weigh()
  const head = asText('POST /mcp', [['Host', 'localhost'], ['Content-Type', 'application/json'], ['Content-Length', '3000000']])
  const part = Buffer.alloc(2_900_000, 0x20)
  const sockets: Socket[] = []
  let refused = 0
  for (let i = 0; i < 300; i++) {
    const socket = await dial(subject.port)
    sockets.push(socket)
    void rest(socket).then(() => refused++)
    socket.write(head)
    socket.write(part)
  }
  await until(() => refused >= 285)
  t.equal((await say(subject.url, { headers, body: ping })).status, 200)
  const grown = (await subject.weigh()).used - before.used
  t.ok(grown < 64 * MIB, `${(grown / MIB).toFixed(0)} MiB are held`)
  for (const socket of sockets) socket.destroy()
})

t.test('class connection exhaustion  beyond maxConnections one is closed without an answer; one that leaves makes room', async t => {
  const { url, http } = await serve(t, make(), { maxConnections: 3 })
  const port = Number(new URL(url).port)
  let dropped = 0
  http.on('drop', () => dropped++)
  const held = [await dial(port), await dial(port), await dial(port)]
  const counted = (): Promise<number> => new Promise(resolve => http.getConnections((_, count) => resolve(count)))
  while (await counted() < 3) await new Promise(resolve => setImmediate(resolve))
  t.equal(await rest(await dial(port)), '')
  t.equal(dropped, 1)
  held[0]!.destroy()
  while (await counted() > 2) await new Promise(resolve => setImmediate(resolve))
  t.equal((await raw(port, asText('GET /mcp', [['Host', 'evil.example']]))).status, 403)
  for (const socket of held) socket.destroy()
})
