/** What a server gets wrong, refuses, or leaves unsaid: each is a typed error that says what was seen. */
import t, { type Test } from 'tap'
import { connect } from '../../lib/client.js'
import { type Arrived, DONE, INFO, initialized, open, scripted, SESSIONS, TestClock } from './scripted.js'

/** The error of a call that is answered by `reply`, and what the client told beside it. */
const failing = async (t: Test, reply: (arrived: Arrived) => void, options: object = {}, revision = '2025-11-25'): Promise<{ error: Error; told: Error[] }> => {
  const server = await scripted(t, { initialize: arrived => initialized(arrived, undefined, revision), 'tools/call': reply })
  const told: Error[] = []
  const client = await open(t, server.url, new TestClock(), { listen: false, events: { onError: error => told.push(error) }, ...options })
  const error = await client.callTool('work').result.then(() => new Error('it succeeded'), (error: Error) => error)
  return { error, told }
}
const rpc = (body: object): object => ({ jsonrpc: '2.0', ...body })
const ERROR = { code: -32602, message: 'no such tool', data: { name: 'work' } }

t.test('an error response is an RpcError with code and data, as a body, as an event, with any status', async t => {
  const wanted = { name: 'RpcError', code: -32602, data: { name: 'work' }, message: 'tools/call: no such tool (-32602)' }
  const replies: ((arrived: Arrived) => void)[] = [
    arrived => arrived.json(rpc({ id: arrived.message.id, error: ERROR })),
    arrived => arrived.event(rpc({ id: arrived.message.id, error: ERROR })),
    arrived => arrived.event(rpc({ error: ERROR })),
    arrived => arrived.json(rpc({ id: arrived.message.id, error: ERROR }), 400),
    arrived => arrived.json(rpc({ id: null, error: ERROR }), 400),
    arrived => arrived.json(rpc({ error: ERROR }), 500),
  ]
  for (const reply of replies) t.match((await failing(t, reply)).error, wanted)
})

t.test('a refusal without an error of ours is an HttpRefusal with status and the beginning of the body', async t => {
  const page = `<p>${'x'.repeat(5000)}`
  const { error } = await failing(t, arrived => arrived.json(page, 502, { 'Content-Type': 'text/html' }))
  t.match(error, { name: 'HttpRefusal', status: 502, body: page.slice(0, 2048), message: /^tools\/call: HTTP status 502: "<p>x+…"$/ })
  const { error: foreign } = await failing(t, arrived => arrived.json(rpc({ id: 'another', error: ERROR }), 400))
  t.match(foreign, { name: 'HttpRefusal', status: 400, error: ERROR })
})

t.test('an error body that does not end is not read to its end', async t => {
  const { error } = await failing(t, arrived => {
    arrived.res.writeHead(500, { 'Content-Type': 'text/plain' })
    const pour = (): void => {
      while (!arrived.res.destroyed && arrived.res.write('y'.repeat(16_384)));
    }
    arrived.res.on('drain', pour)
    pour()
  })
  t.match(error, { name: 'HttpRefusal', status: 500, body: 'y'.repeat(2048) })
})

t.test('a redirect is not followed, and its query is not shown', async t => {
  const elsewhere = await scripted(t)
  const { error } = await failing(t, arrived => void arrived.res.writeHead(307, { Location: `${elsewhere.url}&token=secret` }).end())
  t.match(error, { name: 'HttpRefusal', status: 307, message: /^(?!.*secret).*\/mcp.*redirects are not followed/ })
  t.equal(elsewhere.arrived.length, 0)
})

t.test('what is no answer is an InvalidMessage that says what was seen', async t => {
  const cases: [string, (arrived: Arrived) => void, RegExp, string?][] = [
    ['another media type', arrived => arrived.json('<p>hello', 200, { 'Content-Type': 'text/html' }), /text\/html.*<p>hello.*expected application\/json or text\/event-stream/],
    ['no media type', arrived => void arrived.res.writeHead(200).end('{}'), /Content-Type \(missing\)/],
    ['202 for a request', arrived => void arrived.res.writeHead(202).end(), /status 202/],
    ['a coding that was not accepted', arrived => arrived.json('zip', 200, { 'Content-Encoding': 'gzip' }), /gzip/],
    ['not JSON', arrived => arrived.json('{"jsonrpc":'), /not JSON/],
    ['not UTF-8', arrived => void arrived.res.writeHead(200, { 'Content-Type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0x22])), /UTF-8/],
    ['an empty body', arrived => arrived.json(''), /not JSON/],
    ['not JSON-RPC', arrived => arrived.json({ id: 1, result: {} }), /jsonrpc/],
    ['both result and error', arrived => arrived.json(rpc({ id: arrived.message.id, result: {}, error: ERROR })), /both/],
    ['a request instead', arrived => arrived.json(rpc({ method: 'notifications/message', params: { level: 'info', data: 1 } })), /no response/],
    ['another id', arrived => arrived.json(rpc({ id: String(arrived.message.id), result: DONE })), /a response to "\d+"; expected one to \d+/],
    ['another id, as an event', arrived => arrived.event(rpc({ id: 999, result: DONE })), /a response to 999/],
    ['not JSON, as an event', arrived => arrived.write('data: {"jsonrpc"\n\n'), /not JSON/],
    ['an array where there are none', arrived => arrived.json([rpc({ id: arrived.message.id, result: DONE })]), /array.*2025-06-18/, '2025-06-18'],
    ['a result that does not fit', arrived => arrived.result({ content: 'done' }), /^tools\/call: .*content/],
    ['no content', arrived => arrived.result({}), /content/],
  ]
  for (const [name, reply, message, revision] of cases) t.match((await failing(t, reply, {}, revision)).error, { name: 'InvalidMessage', message }, name)
})

t.test('2025-03-26 basic/index#batching  an array is heard message by message', async t => {
  const note = rpc({ method: 'notifications/message', params: { level: 'info', data: 'first' } })
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, undefined, '2025-03-26'),
    'tools/call': arrived => arrived.json([note, rpc({ id: arrived.message.id, result: DONE })]),
  })
  const client = await open(t, server.url, new TestClock(), { listen: false })
  const call = client.callTool('work')
  t.same((await call.result).content, DONE.content)
  t.match((await call[Symbol.asyncIterator]().next()).value, note)
  t.equal(server.arrived.at(-1)!.headers['mcp-protocol-version'], undefined, 'it has no version header')
})

t.test('a second response is told, and the first counts', async t => {
  const server = await scripted(t, { 'tools/call': arrived => {
    arrived.event(rpc({ id: arrived.message.id, result: DONE }))
    arrived.finish({ content: [] })
  } })
  const told: Error[] = []
  const client = await open(t, server.url, new TestClock(), { listen: false, events: { onError: error => told.push(error) } })
  t.same((await client.callTool('work').result).content, DONE.content)
  await client.ping()
  t.match(told, [{ name: 'InvalidMessage', message: /second response/ }])
})

t.test('what is longer than its limit is refused while it comes', async t => {
  const endless = (arrived: Arrived, type: string, piece: string): void => {
    arrived.res.writeHead(200, { 'Content-Type': type })
    const pour = (): void => {
      while (!arrived.res.destroyed && arrived.res.write(piece));
    }
    arrived.res.on('drain', pour)
    pour()
  }
  const event = await failing(t, arrived => endless(arrived, 'text/event-stream', 'data: more\n'), { maxEventBytes: 10_000 })
  t.match(event.error, { name: 'InvalidMessage', message: /10000.*maxEventBytes/ })
  const body = await failing(t, arrived => endless(arrived, 'application/json', '[[['), { maxBodyBytes: 10_000 })
  t.match(body.error, { name: 'InvalidMessage', message: /10000.*maxBodyBytes/ })
})

t.test('a connection that fails keeps its cause', async t => {
  const { error } = await failing(t, arrived => void arrived.res.destroy())
  t.match(error, { message: /^tools\/call: the connection failed/, cause: { message: String } })
  const { error: half } = await failing(t, arrived => {
    arrived.res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' })
    arrived.res.write('{', () => arrived.res.destroy())
  })
  t.match(half, { name: 'BrokenStream', message: /within the JSON body/, cause: Error })
  await t.rejects(connect('http://127.0.0.1:1/mcp', { info: INFO, revisions: SESSIONS }), { message: /initialize.*ECONNREFUSED|bad port/, cause: Error })
})

t.test('2025-11-25 basic/lifecycle#version-negotiation  the counter-offer is taken when it is one of ours, else the error names both', async t => {
  const older = await scripted(t, { initialize: arrived => initialized(arrived, undefined, '2025-06-18') })
  const client = await open(t, older.url, new TestClock())
  t.equal(client.revision.id, '2025-06-18')
  t.equal(older.arrived[1]!.headers['mcp-protocol-version'], '2025-06-18')
  await t.rejects(connect(older.url, { info: INFO, revision: '2025-11-25' }), { name: 'InvalidMessage', message: /"2025-06-18".*2025-11-25/ })
  const newer = await scripted(t, { initialize: arrived => initialized(arrived, undefined, '2031-01-01') })
  await t.rejects(connect(newer.url, { info: INFO, revisions: SESSIONS }), { name: 'InvalidMessage', message: /"2031-01-01".*2025-03-26, 2025-06-18, 2025-11-25/ })
  t.same(newer.said, ['initialize'])
  const strict = await scripted(t, { initialize: arrived => (arrived.message.params!.protocolVersion === '2025-03-26'
    ? initialized(arrived)
    : arrived.json(rpc({ id: arrived.message.id, error: { code: -32602, message: 'Unsupported protocol version', data: { supported: ['2024-11-05', '2025-03-26'] } } }), 400)) })
  t.equal((await open(t, strict.url, new TestClock())).revision.id, '2025-03-26')
})

t.test('an opening that fails says why, and leaves nothing open', async t => {
  const cases: [(arrived: Arrived) => void, { readonly name: string; readonly [member: string]: unknown }][] = [
    [arrived => arrived.json(rpc({ id: arrived.message.id, error: ERROR })), { name: 'RpcError', code: -32602, message: 'initialize: no such tool (-32602)' }],
    [arrived => arrived.json(rpc({ error: ERROR }), 400), { name: 'RpcError', code: -32602, message: 'initialize: no such tool (-32602)' }],
    [arrived => arrived.json('login', 401, { 'Content-Type': 'text/plain' }), { name: 'HttpRefusal', status: 401, body: 'login' }],
    [arrived => arrived.result({ protocolVersion: '2025-11-25', capabilities: {} }), { name: 'InvalidMessage', message: /serverInfo/ }],
    [arrived => arrived.result({ protocolVersion: '2025-11-25', serverInfo: INFO }), { name: 'InvalidMessage', message: /capabilities/ }],
    [arrived => initialized(arrived, 'two words'), { name: 'InvalidMessage', message: /Mcp-Session-Id/ }],
  ]
  for (const [initialize, wanted] of cases) {
    const { url } = await scripted(t, { initialize })
    await t.rejects(connect(url, { info: INFO, revisions: SESSIONS }), wanted)
  }
  const { url } = await scripted(t, { 'notifications/initialized': arrived => arrived.json('not now', 503) })
  await t.rejects(connect(url, { info: INFO, revisions: SESSIONS }), { name: 'HttpRefusal', status: 503 })
})

t.test('a hook that throws breaks nothing', async t => {
  const server = await scripted(t, { 'tools/call': arrived => arrived.result(DONE) })
  const client = await open(t, server.url, new TestClock(), { events: { onError: () => { throw new Error('in the hook') } } })
  t.same((await client.callTool('work').result).content, DONE.content)
})
