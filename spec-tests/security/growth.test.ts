/** What a reader that has stopped, or never comes back, can make a server keep: bounded in bytes, in streams, in listeners. */
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { callTool, gate, heard, listenTo, make, MODERN, open, say, serve } from '../http.js'
import { asText, dial } from './raw.js'
import { MIB, Subject } from './subject-process.js'

/** Issue 7: 150 MB of notifications to a reader that has stopped raise the server's memory by no more than this. */
const ALLOWED = 16 * MIB
const FLOOD_KB = 150_000

const META = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {}, 'io.modelcontextprotocol/logLevel': 'debug' }
const modernFields = (method: string, name?: string): Record<string, string> => ({ 'mcp-protocol-version': MODERN, 'mcp-method': method, ...name !== undefined && { 'mcp-name': name } })

/** A connection that reads the head of the answer, and then nothing more. */
const stalled = async (t: Test, { port }: Subject, line: string, fields: Record<string, string>, body?: object): Promise<Socket> => {
  const socket = await dial(port)
  t.teardown(() => socket.destroy())
  const all = Object.entries({ host: `localhost:${port}`, accept: 'application/json, text/event-stream', ...body && { 'content-type': 'application/json' }, ...fields })
  socket.write(asText(line, all, body && JSON.stringify(body)))
  await new Promise(resolve => socket.once('data', resolve))
  socket.pause()
  return socket
}

const FLOODS: readonly (readonly [name: string, begin: (t: Test, subject: Subject) => Promise<() => Promise<unknown>>])[] = [
  ['a POST stream of a session', async (t, subject) => {
    const headers = await open(subject.url)
    await stalled(t, subject, 'POST /mcp', headers, callTool(1, 'flood', { kilobytes: FLOOD_KB }))
    return () => subject.ask('turns', 2000)
  }],
  ['a modern POST stream', async (t, subject) => {
    await stalled(t, subject, 'POST /mcp', modernFields('tools/call', 'flood'), callTool(1, 'flood', { kilobytes: FLOOD_KB }, META))
    return () => subject.ask('turns', 2000)
  }],
  ['a GET stream', async (t, subject) => {
    await stalled(t, subject, 'GET /mcp', await open(subject.url))
    return () => subject.ask('announce', FLOOD_KB)
  }],
  ['a stream of HTTP+SSE', async (t, subject) => {
    const endpoint = await sse(t, subject)
    await post(subject, endpoint, { jsonrpc: '2.0', method: 'notifications/initialized' })
    return () => subject.ask('announce', FLOOD_KB)
  }],
]

/** Opens HTTP+SSE and a session on it, and reads no further. */
const sse = async (t: Test, subject: Subject): Promise<string> => {
  const socket = await dial(subject.port)
  t.teardown(() => socket.destroy())
  socket.setEncoding('latin1').write(asText('GET /sse', [['Host', 'localhost'], ['Accept', 'text/event-stream']]))
  const endpoint = await new Promise<string>(resolve => {
    let text = ''
    socket.on('data', (chunk: string) => {
      const named = /data: (\S+)/.exec(text += chunk)?.[1]
      if (named !== undefined) resolve(named)
    })
  })
  await post(subject, endpoint, { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } })
  await new Promise(resolve => socket.once('data', resolve))
  socket.removeAllListeners('data').pause()
  return endpoint
}
const post = async ({ port }: Subject, endpoint: string, body: object): Promise<void> => void await (await say(`http://127.0.0.1:${port}${endpoint}`, { body })).text()

/** One server for all that is flooded: each must leave it as it was. */
const shared = await Subject.start(t, { sse: {} })
await (await say(shared.url, { headers: await open(shared.url), body: callTool(1, 'speak') })).text()

for (const [name, begin] of FLOODS) {
  t.test(`class back-pressure  150 MB to a reader that has stopped: ${name}`, async t => {
    const subject = shared
    const dropped = (await subject.stats()).dropped
    const before = await subject.weigh()
    const flood = await begin(t, subject)
    await flood()
    const after = await subject.weigh()
    const missed = (await subject.stats()).dropped - dropped
    t.ok(missed > 100_000, `${missed} were dropped, and counted`)
    t.ok(after.used - before.used < ALLOWED, `${((after.used - before.used) / MIB).toFixed(1)} MiB are held`)
    t.equal((await say(subject.url, { headers: await open(subject.url), body: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status, 200, 'others are served')
  })
}

for (const [name, begin] of [
  ['a GET stream', async (t, subject) => {
    const headers = await open(subject.url)
    await say(subject.url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri: 'test:///watched' } } })
    await stalled(t, subject, 'GET /mcp', headers)
  }],
  ['a listener', async (t, subject) => void await stalled(t, subject, 'POST /mcp', modernFields('subscriptions/listen'), { jsonrpc: '2.0', id: 'x'.repeat(500), method: 'subscriptions/listen', params: { notifications: { resourceSubscriptions: ['test:///watched'] }, _meta: META } })],
  ['a stream of HTTP+SSE', async (t, subject) => {
    const endpoint = await sse(t, subject)
    await post(subject, endpoint, { jsonrpc: '2.0', method: 'notifications/initialized' })
    await post(subject, endpoint, { jsonrpc: '2.0', id: 2, method: 'resources/subscribe', params: { uri: 'test:///watched' } })
  }],
] as readonly (readonly [string, (t: Test, subject: Subject) => Promise<void>])[]) {
  t.test(`class back-pressure  100 000 updates to a reader that has stopped: ${name}`, async t => {
    const subject = shared
    await begin(t, subject)
    const before = await subject.weigh()
    await subject.ask('update', 100_000)
    const { used } = await subject.weigh()
    t.ok(used - before.used < ALLOWED, `${((used - before.used) / MIB).toFixed(1)} MiB are held`)
  })
}

t.test('class event store growth  100 000 notifications that nobody reads, on a stream that was lost, keep maxReplayBytes', async t => {
  const subject = await Subject.start(t, { maxReplayEvents: 1_000_000 })
  const headers = await open(subject.url)
  const before = await subject.weigh()
  const stream = await say(subject.url, { method: 'GET', headers })
  await stream.events().next()
  stream.hangUp()
  await subject.ask('announce', 100_000)
  const { replayBytes } = await subject.stats()
  t.ok(replayBytes <= 4_194_304, `${replayBytes} characters`)
  t.ok((await subject.weigh()).used - before.used < ALLOWED)
})

t.test('class event store growth  streams that end cost what is counted, however little was said on them', async t => {
  const BUDGET = 15_000
  const subject = await Subject.start(t, { maxReplayTotalBytes: BUDGET })
  const headers = await open(subject.url)
  const fill = async (count: number, ask: () => Promise<{ hangUp(): void; text(): Promise<string> }>, wait: boolean): Promise<void> => {
    for (let i = 0; i < count; i += 20) {
      await Promise.all(Array.from({ length: 20 }, async () => {
        const answer = await ask()
        if (wait) await answer.text()
        else answer.hangUp()
      }))
    }
  }
  for (const [name, ask, wait] of [
    ['GET streams that were left', () => say(subject.url, { method: 'GET', headers }), false],
    ['calls that said one word', () => say(subject.url, { headers, body: callTool(1, 'speak') }), true],
  ] as const) {
    await fill(100, ask, wait)
    const before = await subject.weigh()
    await fill(500, ask, wait)
    const grown = (await subject.weigh()).used - before.used
    t.ok(grown < 10 * BUDGET, `500 ${name}: ${(grown / 1000).toFixed(0)} kB are held, of a budget of ${BUDGET / 1000} kB`)
  }
})

t.test('class subscription exhaustion  listeners are capped in words, and one that leaves makes room', async t => {
  const server = make({ listen: { maxSubscriptions: 5, maxSubscribedUris: 3 } })
  server.resource('test:///{+x}', {}, () => 'x')
  const { url, stats } = await serve(t, server)
  const listeners = await Promise.all(Array.from({ length: 5 }, () => listenTo(url, { resourceSubscriptions: ['test:///a'] })))
  for (const listener of listeners) t.match(await listener.next(), { method: 'notifications/subscriptions/acknowledged' })
  t.match(await heard((await listenTo(url, { toolsListChanged: true })).answer), { error: { code: -32603, message: /5 subscriptions are open/ } })
  listeners[0]!.answer.hangUp()
  while (stats().open > 4) await new Promise(resolve => setImmediate(resolve))
  const sixth = await listenTo(url, { resourceSubscriptions: ['test:///a'] })
  t.match(await sixth.next(), { method: 'notifications/subscriptions/acknowledged' })
  sixth.answer.hangUp()
  while (stats().open > 4) await new Promise(resolve => setImmediate(resolve))
  t.match(await heard((await listenTo(url, { resourceSubscriptions: Array.from({ length: 10_000 }, (_, i) => `test:///${i}`) })).answer), { error: { code: -32602, message: /at most 3/ } })
  for (const { answer } of listeners) answer.hangUp()
})

t.test('class stream exhaustion  a session has one GET stream however many it opens; HTTP+SSE streams are capped', async t => {
  const server = make()
  const { url, stats } = await serve(t, server, { sse: {}, maxSessions: 5 })
  const headers = await open(url)
  const streams = []
  for (let i = 0; i < 100; i++) streams.push(await say(url, { method: 'GET', headers }))
  for (const stream of streams.slice(0, -1)) await stream.text()
  t.equal(stats().open, 1, 'the older ones were ended')
  streams.at(-1)!.hangUp()
  const sse = await Promise.all(Array.from({ length: 8 }, () => say(url.replace('/mcp', '/sse'), { method: 'GET' })))
  t.strictSame(sse.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 503, 503, 503])
  for (const answer of sse) answer.hangUp()
})

t.test('class task exhaustion  tasks are capped in number and time, whoever asks for more', async t => {
  const server = make({ tasks: { maxTasks: 3, maxTtlMs: 5000 } })
  const held = gate()
  server.tool('long', { taskSupport: 'optional' }, async () => {
    await held.opened
    return 'done'
  })
  const { url } = await serve(t, server)
  const headers = await open(url)
  const begin = (ttl: number) => heard(say(url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'long', arguments: {}, task: { ttl } } } }))
  for (let i = 0; i < 3; i++) t.match(await begin(1e15), { result: { task: { ttl: 5000 } } })
  t.match(await begin(1), { error: { code: -32603, message: /3 tasks are under way/ } })
  held.open()
})
