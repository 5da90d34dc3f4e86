/** Client side of 2024-11-05/basic/transports#http-with-sse, with servers that are well and unwell. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { needs } from '../../../lib/server.js'
import { openClient, type Client } from '../../../lib/client/client.js'
import type { ClientOptions } from '../../../lib/client/options.js'
import { clock as systemClock } from '../../../lib/io/clock.js'
import { SseCarrier, type SseClientOptions } from '../../../lib/io/sse-client.js'
import { REVISIONS } from '../../../lib/revisions/index.js'
import { deferred, INFO, TestClock } from '../../client/scripted.js'
import { make, serve } from '../../http.js'
import { left } from '../../interop/left.js'
import type { Heard } from '../../lines.js'

const SESSIONS = REVISIONS.filter(({ sessions, http }) => sessions || http === 'http+sse')

t.afterEach(async t => {
  const held = await left()
  if (held.length > 0) t.fail(`left behind: ${held.join(', ')}`)
})

const open = async (t: Test, url: string, options: Partial<SseClientOptions & ClientOptions> = {}, clock = systemClock): Promise<Client> => {
  const client = await openClient(new SseCarrier(new URL(url), clock, options), clock, SESSIONS, { info: INFO, ...options })
  t.teardown(() => client.close())
  return client
}

/** What a scripted server does; absent members are as a sound server does them. */
interface Script {
  readonly stream?: (res: ServerResponse) => void
  readonly endpoint?: string
  /** True: it has answered the POST. */
  readonly post?: (message: Heard, res: ServerResponse, req: IncomingMessage) => boolean
  readonly answer?: (message: Heard, say: (message: object) => void, stream: ServerResponse) => boolean
}

interface Scripted {
  readonly url: string
  readonly posts: readonly { readonly headers: IncomingMessage['headers']; readonly message: Heard }[]
  /** Connections that are open once none is, or after as many turns of the event loop as closing may take. */
  connections(): Promise<number>
}

const scripted = async (t: Test, { stream: onStream, endpoint = '/post?s=1', post, answer }: Script = {}): Promise<Scripted> => {
  const posts: { headers: IncomingMessage['headers']; message: Heard }[] = []
  let stream: ServerResponse
  const server = createServer((req, res) => {
    if (req.method === 'GET') {
        stream = res
      if (onStream) return onStream(res)
      return void res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(`event: endpoint\ndata: ${endpoint}\n\n`)
    }
    let text = ''
    req.setEncoding('utf8').on('data', chunk => (text += String(chunk))).on('end', () => {
      const message = JSON.parse(text) as Heard
      posts.push({ headers: req.headers, message })
      if (post?.(message, res, req)) return
      res.writeHead(202).end('Accepted')
      const say = (one: object): void => void stream.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...one })}\n\n`)
      if (answer?.(message, say, stream) || message.id === undefined) return
      const initialized = { protocolVersion: message.params?.['protocolVersion'], capabilities: { tools: {} }, serverInfo: { name: 'scripted', version: '1' } }
      say({ id: message.id, result: message.method === 'initialize' ? initialized : { content: [] } })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`,
    posts,
    connections: async () => {
      let count = 1
      for (let turn = 0; turn < 1000 && count > 0; turn++) {
        count = await new Promise<number>(resolve => server.getConnections((_, open) => setImmediate(resolve, open)))
      }
      return count
    },
  }
}

const beginning = (res: ServerResponse, text: string): void => void res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(text)

t.test('2024-11-05 basic/transports#http-with-sse  the same calls as over any transport: notifications, questions, changes, cancelling', async t => {
  const server = make()
    .tool('work', {}, (_, ctx) => (void ctx.log.info('working'), ctx.answers.it ? JSON.stringify(ctx.answers.it) : needs({ it: { method: 'roots/list' } })))
    .tool('wait', {}, (_, ctx) => new Promise(resolve => ctx.signal.addEventListener('abort', () => resolve(''))))
  const { url } = await serve(t, server, { sse: {} })
  for (const revision of SESSIONS) {
    const carrier = new SseCarrier(new URL('/sse', url), systemClock)
    const client = await openClient(carrier, systemClock, [revision], { info: INFO, answers: { roots: () => [] } })
    t.equal(client.revision, revision)
    const call = client.callTool('work')
    const notes = []
    for await (const note of call) notes.push(note.method)
    t.strictSame(notes, ['notifications/message', 'notifications/message'])
    t.match(await call.result, { content: [{ text: '{"roots":[]}' }] })
    const waiting = client.callTool('wait')
    waiting.cancel()
    await t.rejects(waiting.result, { name: 'Cancelled' })
    server.tool('more', {}, () => '').removeTool('more')
    t.match((await client.notifications[Symbol.asyncIterator]().next()).value, { method: 'notifications/tools/list_changed' })
    await client.close()
  }
})

t.test('every message is posted to the endpoint that was named, with the headers that were given', async t => {
  const { url, posts, connections } = await scripted(t)
  const client = await open(t, `${url}?tenant=a`, { headers: { Authorization: 'Bearer x' } })
  await client.callTool('x').result
  t.strictSame(posts.map(({ message }) => message.method), ['initialize', 'notifications/initialized', 'tools/call'])
  for (const { headers } of posts) t.match(headers, { authorization: 'Bearer x', 'content-type': 'application/json' })
  await client.close()
  t.equal(await connections(), 0, 'none is left open')
})

t.test('an endpoint on another origin is refused before anything is posted; so is one that is no URI', async t => {
  for (const endpoint of ['https://evil.example/post', '//evil.example/post', 'http://127.0.0.1:1/post', 'http://[']) {
    const { url, posts } = await scripted(t, { endpoint })
    await t.rejects(open(t, url, { headers: { Authorization: 'secret' } }), { name: 'InvalidMessage', message: /endpoint event names/ }, endpoint)
    t.strictSame(posts, [])
  }
})

t.test('an endpoint that never comes is waited for no longer than endpointTimeoutMs, whether or not the stream began', async t => {
  for (const onStream of [() => {}, (res: ServerResponse) => beginning(res, ': soon\n\n')]) {
    const clock = new TestClock()
    const { url } = await scripted(t, { stream: onStream })
    const opening = open(t, url, { endpointTimeoutMs: 77 }, clock)
    await clock.armed(77)
    clock.advance(77)
    await t.rejects(opening, { name: 'Timeout', afterMs: 77, message: /endpoint/ })
  }
})

t.test('what is no stream is no server: a status, a type, an end before the endpoint, nobody there', async t => {
  const refused = await scripted(t, { stream: res => void res.writeHead(404).end('gone') })
  await t.rejects(open(t, refused.url), { name: 'HttpRefusal', status: 404, body: 'gone' })
  const page = await scripted(t, { stream: res => void res.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>') })
  await t.rejects(open(t, page.url), { name: 'InvalidMessage', message: /text\/html/ })
  const ended = await scripted(t, { stream: res => void res.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(': bye\n\n') })
  await t.rejects(open(t, ended.url), { name: 'BrokenStream', message: /before its endpoint/ })
  await t.rejects(open(t, 'http://127.0.0.1:1/sse'), { code: 'ECONNREFUSED' })
  for (const url of ['ftp://a/b', 'http://user:secret@a/b']) t.throws(() => new SseCarrier(new URL(url), systemClock), { name: 'TypeError' })
})

t.test('a POST that is refused fails its call alone, with what was said', async t => {
  const { url } = await scripted(t, {
    post: ({ method, id, params }, res) => {
      if (method !== 'tools/call') return false
      if (params?.['name'] === 'cut') return res.destroy(), true
      if (params?.['name'] === 'fine') return false
      res.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message: 'no such tool' } }))
      return true
    },
  })
  const client = await open(t, url)
  const error = await client.callTool('bad').result.then(() => undefined, (why: Error) => why)
  t.match(error, { name: 'RpcError', code: -32602 })
  t.match(error!.cause, { name: 'HttpRefusal', status: 400 })
  await t.rejects(client.callTool('cut').result, { code: 'UND_ERR_SOCKET' })
  t.strictSame(await client.callTool('fine').result, { content: [] })
})

t.test('noise on the stream is reported; an unknown event is none of ours; a second endpoint changes nothing', async t => {
  const faults: Error[] = []
  const { url, posts } = await scripted(t, {
    answer: ({ method, id }, say, stream) => {
      if (method !== 'tools/call') return false
      stream.write('event: message\ndata: {"noise\n\nevent: other\ndata: {"jsonrpc":"2.0","id":2,"result":{}}\n\nevent: endpoint\ndata: /elsewhere\n\n')
      say({ id, result: { content: [] } })
      say({ id, result: { content: [] } })
      return true
    },
  })
  const client = await open(t, url, { events: { onError: error => faults.push(error) } })
  await client.callTool('x').result
  await client.callTool('x').result
  t.match(faults.slice(0, 2), [{ name: 'InvalidMessage', message: /noise/ }, { name: 'InvalidMessage', message: /no request of ours/ }])
  t.equal(posts.length, 4)
})

t.test('an event past maxEventBytes ends the stream and fails what is in flight', async t => {
  const { url } = await scripted(t, {
    answer: ({ method, id }, say) => {
      if (method === 'tools/call') say({ id, result: { content: [{ type: 'text', text: 'x'.repeat(5000) }] } })
      return method === 'tools/call'
    },
  })
  const client = await open(t, url, { maxEventBytes: 2000, listen: false })
  await t.rejects(client.callTool('x').result, { name: 'EventTooLarge' })
})

t.test('2024-11-05 basic/transports#http-with-sse  a stream that ends takes the session with it; the next call opens another', async t => {
  const replaced = deferred<string>()
  const { url, posts } = await scripted(t, {
    answer: ({ method, params }, _, stream) => {
      if (method === 'tools/call' && params?.['name'] === 'end') return stream.end(), true
      return false
    },
  })
  const client = await open(t, url, { restarts: 1, events: { onSessionReplaced: replaced.resolve } })
  await t.rejects(client.callTool('end').result, { name: 'BrokenStream', message: /stream ended/ })
  t.strictSame(await client.callTool('fine').result, { content: [] })
  t.match(await replaced.promise, /stream ended/)
  t.equal(posts.filter(({ message }) => message.method === 'initialize').length, 2)
  await t.rejects(client.callTool('end').result, { name: 'BrokenStream' })
  await t.rejects(client.callTool('fine').result, { name: 'BrokenStream', message: /1 restarts in a minute/ })
})

t.test('closing before the endpoint came leaves nothing open', async t => {
  const began = deferred<void>()
  const { url, connections } = await scripted(t, {
    stream: res => {
      beginning(res, ': soon\n\n')
      began.resolve()
    },
  })
  const carrier = new SseCarrier(new URL(url), systemClock)
  const opening = openClient(carrier, systemClock, SESSIONS, { info: INFO })
  await began.promise
  await carrier.close()
  await t.rejects(opening, { message: /closed by this client/ })
  t.equal(await connections(), 0)
})
