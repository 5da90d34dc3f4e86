/** Server side of 2024-11-05/basic/transports#http-with-sse, beside Streamable HTTP. */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { httpHandler, needs, type HttpOptions, type Listening, type Server } from '../../../lib/server.js'
import type { SseEvent } from '../../../lib/wire/sse.js'
import { callTool, gate, make, say, serve as serveAll, type Answer, type Headers } from '../../http.js'
import { left } from '../../interop/left.js'
import { cancel, initialize, INITIALIZED, modern, type Heard } from '../../lines.js'

const LEGACY = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']
const echo = () => make().tool('echo', {}, () => 'done')

t.afterEach(async t => {
  const held = await left()
  if (held.length > 0) t.fail(`left behind: ${held.join(', ')}`)
})

const serve = (t: Test, server: Server, options: HttpOptions = {}): Promise<Listening> => serveAll(t, server, { sse: {}, ...options })

interface Stream {
  readonly endpoint: string
  readonly answer: Answer
  event(): Promise<SseEvent | undefined>
  next<T = Heard>(): Promise<T>
  post(body: unknown, headers?: Headers): Promise<{ readonly status: number; readonly body: string }>
}

const listenTo = async (t: Test, { url }: Listening, path = '/sse'): Promise<Stream> => {
  const answer = await say(new URL(path, url).href, { method: 'GET' })
  t.teardown(() => answer.hangUp())
  const events = answer.events()
  const event = async (): Promise<SseEvent | undefined> => {
    const { value } = await events.next()
    return value as SseEvent | undefined
  }
  const first = await event()
  t.equal(first?.event, 'endpoint', 'the first event names the endpoint')
  const endpoint = new URL(first!.data, url).href
  return {
    endpoint: first!.data,
    answer, event,
    next: async <T>() => {
      const { event: type, data } = (await event())!
      t.equal(type, 'message')
      return JSON.parse(data) as T
    },
    post: async (body, headers = {}) => {
      const posted = await say(endpoint, { body, headers: { accept: undefined, ...headers } })
      return { status: posted.status, body: await posted.text() }
    },
  }
}

t.test('2024-11-05 basic/transports#http-with-sse  the stream names an endpoint, POST is answered 202, answers are message events', async t => {
  const { post, next, endpoint, answer } = await listenTo(t, await serve(t, echo()))
  t.match(endpoint, /^\/messages\?sessionId=[0-9a-f-]{36}$/)
  t.match(answer.headers, { 'content-type': 'text/event-stream', 'cache-control': /no-transform/, 'x-accel-buffering': 'no' })
  t.strictSame(await post(initialize('2024-11-05')), { status: 202, body: '' })
  t.match(await next(), { id: 0, result: { protocolVersion: '2024-11-05', capabilities: { tools: { listChanged: true } } } })
  await post(INITIALIZED)
  await post(callTool('a', 'echo'))
  t.match(await next(), { id: 'a', result: { content: [{ text: 'done' }] } })
})

t.test('basic/lifecycle#version-negotiation  newer session revisions are spoken to clients that ask for them; the stateless one is not', async t => {
  const listening = await serve(t, echo())
  for (const revision of [...LEGACY, '2026-07-28']) {
    const { post, next } = await listenTo(t, listening)
    await post(initialize(revision))
    t.match(await next(), { id: 0, result: { protocolVersion: revision === '2026-07-28' ? '2025-11-25' : revision } })
  }
  const { post, next } = await listenTo(t, listening)
  await post(modern(1, 'server/discover'))
  t.match(await next(), { id: 1, error: { code: -32600, message: /initialize/ } })
})

t.test('what is no message is refused on the POST, with 400; what cannot be done is answered on the stream', async t => {
  const { post, next } = await listenTo(t, await serve(t, echo(), { maxBodyBytes: 1000 }))
  const refused = async (body: unknown, headers?: Headers): Promise<[number, number]> => {
    const { status, body: text } = await post(body, headers)
    return [status, (JSON.parse(text) as Heard).error!.code]
  }
  t.strictSame(await refused('{"json'), [400, -32700])
  t.strictSame(await refused({ hello: 1 }), [400, -32600])
  t.strictSame(await refused('x'.repeat(1001)), [413, -32600])
  t.strictSame(await refused({}, { 'content-type': 'text/plain' }), [415, -32600])
  t.strictSame(await refused({}, { 'content-encoding': 'gzip' }), [415, -32600])
  t.match(await post(callTool(1, 'echo')), { status: 202 })
  t.match(await next(), { id: 1, error: { code: -32600 } })
  await post(initialize('2025-06-18'))
  await next()
  await post({ jsonrpc: '2.0', id: 2, method: 'nope' })
  t.match(await next(), { id: 2, error: { code: -32601 } })
  await post([callTool(3, 'echo')])
  t.match(await next(), { error: { code: -32600, message: /array/ } })
})

t.test('2024-11-05 basic/transports#security-warning  both routes are guarded like the endpoint beside them', async t => {
  const listening = await serve(t, echo())
  const { endpoint } = await listenTo(t, listening)
  const status = async (path: string, method: string, headers: Headers, body?: unknown): Promise<number> => {
    const answer = await say(new URL(path, listening.url).href, { method, headers, body })
    t.match(JSON.parse(await answer.text()), { error: { message: /./ } })
    return answer.status
  }
  for (const headers of [{ origin: 'https://evil.example' }, { host: 'evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    t.equal(await status('/sse', 'GET', headers), 403)
    t.equal(await status(endpoint, 'POST', headers, callTool(1, 'echo')), 403)
  }
  t.equal(await status('/sse', 'GET', { accept: 'application/json' }), 406)
  t.equal(await status('/sse', 'POST', {}, {}), 405)
  t.equal(await status('/messages', 'GET', {}), 405)
  t.equal(await status('/messages', 'POST', {}, {}), 400)
  t.equal(await status('/messages?sessionId=00000000-0000-0000-0000-000000000000', 'POST', {}, {}), 404)
  t.equal(await status('/elsewhere', 'GET', {}), 404)
})

t.test('a stream belongs to who opened it; the number of them is bounded', async t => {
  const listening = await serve(t, echo(), { principal: req => req.headers.authorization, maxSessions: 2 })
  const mine = await listenTo(t, listening)
  t.equal((await mine.post(initialize('2024-11-05'), { authorization: 'somebody else' })).status, 404)
  t.equal((await mine.post(initialize('2024-11-05'))).status, 202)
  await listenTo(t, listening)
  const third = await say(new URL('/sse', listening.url).href, { method: 'GET' })
  t.equal(third.status, 503)
  t.match(await third.text(), /maxSessions/)
  t.match(listening.stats(), { sessions: 2, sessionsOpened: 2, sseSessionsOpened: 2 })
})

t.test('2024-11-05 basic/transports#http-with-sse  hanging up ends the session and cancels what runs', async t => {
  const started = gate()
  const stopped = gate()
  const server = make().tool('wait', {}, async (_, ctx) => {
    started.open()
    await once(ctx.signal, 'abort')
    stopped.open()
    return ''
  })
  const listening = await serve(t, server)
  const { post, next, answer } = await listenTo(t, listening)
  await post(initialize('2024-11-05'))
  await next()
  await post(callTool(1, 'wait'))
  await started.opened
  answer.hangUp()
  await stopped.opened
  t.equal((await post({ jsonrpc: '2.0', id: 2, method: 'ping' })).status, 404)
  t.match(listening.stats(), { sessions: 0, open: 0 })
})

t.test('questions, log entries, changes and cancellations go over the one stream', async t => {
  const started = gate()
  const server = make()
    .tool('ask', {}, (_, ctx) => (void ctx.log.info('asking'), ctx.answers.it ? JSON.stringify(ctx.answers.it) : needs({ it: { method: 'roots/list' } })))
    .tool('wait', {}, (_, ctx) => new Promise(() => started.open()))
  const { post, next } = await listenTo(t, await serve(t, server))
  await post(initialize('2024-11-05', { roots: {} }))
  await next()
  await post(INITIALIZED)
  await post(callTool(1, 'ask'))
  t.match(await next(), { method: 'notifications/message', params: { data: 'asking' } })
  const question = await next()
  t.match(question, { method: 'roots/list' })
  await post({ jsonrpc: '2.0', id: question.id, result: { roots: [] } })
  t.match(await next(), { method: 'notifications/message' })
  t.match(await next(), { id: 1, result: { content: [{ text: '{"roots":[]}' }] } })
  await post(callTool(2, 'wait'))
  await started.opened
  await post(cancel(2))
  server.tool('more', {}, () => '')
  t.match(await next(), { method: 'notifications/tools/list_changed' }, 'and nothing of what was cancelled')
})

t.test('a client that posts and does not read is refused with 503', async t => {
  const server = make().tool('big', {}, () => 'x'.repeat(20_000_000))
  const { post, next } = await listenTo(t, await serve(t, server, { maxQueuedBytes: 1000 }))
  await post(initialize('2024-11-05'))
  await next()
  t.match(await post(callTool(1, 'big')), { status: 202 })
  t.match(await post(callTool(2, 'big')), { status: 503, body: /maxQueuedBytes/ })
  t.match(await next(), { id: 1, result: {} })
})

t.test('a quiet stream says comments; at the end what runs is finished before the stream is', async t => {
  const started = gate()
  const go = gate()
  const server = make().tool('slow', {}, async () => {
    started.open()
    await go.opened
    return 'finished'
  })
  const listening = await serve(t, server, { keepAliveMs: 1 })
  const raw = await say(new URL('/sse', listening.url).href, { method: 'GET' })
  const text = raw.text()
  const { post, next, event } = await listenTo(t, listening)
  await post(initialize('2024-11-05'))
  await next()
  await post(callTool(1, 'slow'))
  await started.opened
  const closed = listening.close({ graceMs: 5000 })
  go.open()
  t.match(await next(), { id: 1, result: { content: [{ text: 'finished' }] } })
  t.equal(await event(), undefined, 'the stream is over')
  await closed
  t.match(await text, /^event: endpoint\ndata: [^\n]*\n\n(: \n\n)+$/)
})

t.test('off by default; beside Streamable HTTP when asked for; on paths of one\'s own', async t => {
  const off = await serveAll(t, echo())
  t.equal((await say(new URL('/sse', off.url).href, { method: 'GET' })).status, 404)
  const on = await serve(t, echo(), { sse: { path: '/old', messages: '/old/post' } })
  const { endpoint } = await listenTo(t, on, '/old')
  t.match(endpoint, /^\/old\/post\?/)
  const streamable = await say(on.url, { body: initialize('2025-11-25') })
  t.match(JSON.parse(await streamable.text()), { result: { protocolVersion: '2025-11-25' } })
  t.match(on.stats(), { sessionsOpened: 2, sseSessionsOpened: 1 }, 'who still needs the old paths can be seen')
  t.throws(() => httpHandler(echo(), { sse: { path: '/x', messages: '/x' } }), { name: 'TypeError', message: /two paths/ })
  t.throws(() => httpHandler(make({ revisions: ['2026-07-28'] }), { sse: {} }), { name: 'TypeError', message: /no revision/ })
})
