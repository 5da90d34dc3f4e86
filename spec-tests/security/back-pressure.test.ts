/** A reader that has stopped: what waits for it is bounded in bytes, on every kind of stream, and others are served meanwhile. */
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { callTool, MODERN, open, say } from '../http.js'
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
    // Of the process as a whole, once what a flood costs by itself was paid: what is not a stopped reader's does not grow with a second one.
    await (await begin(t, subject))()
    const { rss } = await subject.weigh()
    t.ok(rss - after.rss < ALLOWED, `another such reader: the process has ${((rss - after.rss) / MIB).toFixed(1)} MiB more`)
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
