/** Calls over Streamable HTTP as the wire shows them: client of basic/transports, basic/utilities and server/tools. */
import t from 'tap'
import { connect } from '../../lib/client.js'
import type { Notification } from '../../lib/client.js'
import { type Arrived, DONE, EVERYTHING, INFO, initialized, log, open, scripted, SERVER_INFO, SESSIONS, TestClock } from './scripted.js'

const dataOf = (note: Notification): unknown => (note.method === 'notifications/message' ? note.params.data : note.method)

t.test('2025-11-25 basic/lifecycle#initialization  initialize, then initialized, then everything else', async t => {
  const server = await scripted(t, { 'tools/call': arrived => arrived.result(DONE) })
  const client = await connect(server.url, { info: INFO, revisions: SESSIONS, logLevel: 'warning', headers: { Authorization: 'Bearer x' } })
  t.teardown(() => client.close())
  t.same((await client.callTool('work', { a: 1 }).result).content, DONE.content)
  t.same(server.said, ['initialize', 'notifications/initialized', 'logging/setLevel', 'GET', 'tools/call'])
  const [first, second, level, , call] = server.arrived as [Arrived, Arrived, Arrived, Arrived, Arrived]
  t.same(first.message.params, { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: INFO })
  t.equal(first.headers['mcp-protocol-version'], undefined, 'no version is agreed on yet')
  t.equal(first.headers.accept, 'application/json, text/event-stream')
  t.equal(first.headers['accept-encoding'], 'identity')
  t.equal(first.headers['content-type'], 'application/json')
  for (const { headers } of server.arrived) t.equal(headers.authorization, 'Bearer x')
  for (const { headers } of server.arrived.slice(1)) t.equal(headers['mcp-protocol-version'], '2025-11-25')
  t.notOk('id' in second.message)
  t.same(level.message.params, { level: 'warning' })
  t.same(call.message.params, { name: 'work', arguments: { a: 1 } }, 'no progress token that nobody asked for')
  t.same([client.revision.id, client.server, client.capabilities, client.instructions], ['2025-11-25', SERVER_INFO, EVERYTHING, 'be kind'])
})

t.test('2025-11-25 basic/transports#session-management  the session id is repeated on everything after initialize, and DELETE ends it', async t => {
  const server = await scripted(t, { initialize: arrived => initialized(arrived, 's-1'), 'tools/call': arrived => arrived.result(DONE) })
  const client = await connect(server.url, { info: INFO, revisions: SESSIONS })
  await client.callTool('work').result
  await client.close()
  t.same(server.said, ['initialize', 'notifications/initialized', 'GET', 'tools/call', 'DELETE'])
  t.equal(server.arrived[0]!.headers['mcp-session-id'], undefined)
  for (const { headers } of server.arrived.slice(1)) t.equal(headers['mcp-session-id'], 's-1')
})

t.test('2025-11-25 basic/transports#sending-messages-to-the-server  notifications come before the result, one by one', async t => {
  const calls: Arrived[] = []
  const server = await scripted(t, { 'tools/call': arrived => {
    calls.push(arrived)
    arrived.event(log('one'))
  } })
  const client = await open(t, server.url, new TestClock())
  const call = client.callTool('work')
  const heard: unknown[] = []
  for await (const note of call) {
    heard.push(dataOf(note))
    if (heard.length === 1) calls[0]!.event(log('two'))
    else calls[0]!.finish(DONE)
  }
  t.same(heard, ['one', 'two'])
  t.same((await call.result).content, DONE.content)
})

t.test('leaving the loop cancels nothing, and a later loop goes on where it stopped', async t => {
  const server = await scripted(t, { 'tools/call': arrived => {
    for (const data of [1, 2, 3]) arrived.event(log(data))
    arrived.finish(DONE)
  } })
  const client = await open(t, server.url, new TestClock())
  const call = client.callTool('work')
  for await (const note of call) {
    t.equal(dataOf(note), 1)
    break
  }
  await call.result
  const rest: unknown[] = []
  for await (const note of call) rest.push(dataOf(note))
  t.same(rest, [2, 3])
})

t.test('a call that nobody iterates gets its result; what waits is bounded, and what is dropped is said', async t => {
  const server = await scripted(t, { 'tools/call': arrived => {
    for (let data = 1; data <= 5; data++) arrived.event(log(data))
    arrived.finish(DONE)
  } })
  const dropped: number[] = []
  const client = await open(t, server.url, new TestClock(), { maxQueuedNotifications: 3, events: { onDropped: total => dropped.push(total) } })
  const call = client.callTool('work')
  await call.result
  t.same([call.dropped, dropped], [2, [1, 2]])
  const rest: unknown[] = []
  for await (const note of call) rest.push(dataOf(note))
  t.same(rest, [3, 4, 5], 'the oldest went')
})

t.test('server/utilities/logging  a call that asks for a level is spared what is less severe', async t => {
  const server = await scripted(t, { 'tools/call': arrived => {
    for (const level of ['info', 'error', 'warning']) arrived.event(log(level, level))
    arrived.finish(DONE)
  } })
  const client = await open(t, server.url, new TestClock())
  const heard: unknown[] = []
  for await (const note of client.callTool('work', {}, { logLevel: 'warning' })) heard.push(dataOf(note))
  t.same(heard, ['error', 'warning'])
})

t.test('a notification is taken with the status, whatever body follows', async t => {
  const server = await scripted(t, { 'notifications/roots/list_changed': arrived => arrived.write(': and a stream that never ends\n\n') })
  const clock = new TestClock()
  const client = await open(t, server.url, clock, { listen: false })
  await t.resolves(client.notify('notifications/roots/list_changed'))
  const { res } = server.arrived.at(-1)!
  const closed = new Promise<void>(resolve => res.on('close', resolve))
  for (const _ of [1, 2]) {
    await clock.armed(1000)
    clock.advance(1000)
  }
  await t.resolves(closed)
})

t.test('fifty calls at once, answered in the opposite order, get their own notifications and results', async t => {
  const calls: Arrived[] = []
  const server = await scripted(t, { 'tools/call': arrived => {
    if (calls.push(arrived) < 50) return
    for (const call of calls.toReversed()) {
      const { name } = call.message.params as { name: string }
      call.event(log(name))
      call.finish({ content: [{ type: 'text', text: name }] })
    }
  } })
  const client = await open(t, server.url, new TestClock())
  const names = Array.from({ length: 50 }, (_, i) => `tool-${i}`)
  const heard = await Promise.all(names.map(async name => {
    const call = client.callTool(name)
    const notes: unknown[] = []
    for await (const note of call) notes.push(dataOf(note))
    return [...notes, (await call.result).content]
  }))
  t.same(heard, names.map(name => [name, [{ type: 'text', text: name }]]))
  t.equal(new Set(calls.map(({ message }) => message.id)).size, 50)
})

t.test('arguments that are no JSON fail the call, and nothing is sent', async t => {
  const server = await scripted(t)
  const client = await open(t, server.url, new TestClock())
  await t.rejects(client.callTool('work', { big: 1n }).result, { name: 'TypeError', message: /BigInt/ })
  await client.close()
  t.notOk(server.said.includes('tools/call'))
})

t.test('a call that nobody looks at may fail', async t => {
  const server = await scripted(t, { 'tools/call': arrived => arrived.json('no', 500) })
  const client = await open(t, server.url, new TestClock())
  client.callTool('work')
  await server.until(({ message }) => message.method === 'tools/call')
  await client.ping()
  t.pass('an unhandled rejection would have ended this test')
})

t.test('server/tools#listing-tools  all pages are read, and a repeated cursor ends them', async t => {
  const pages: Record<string, object> = {
    '': { tools: [{ name: 'a', inputSchema: { type: 'object' } }], nextCursor: 'two' },
    two: { tools: [{ name: 'b', inputSchema: { type: 'object' } }], nextCursor: 'three' },
    three: { tools: [{ name: 'c', inputSchema: { type: 'object' } }], nextCursor: 'two' },
  }
  const server = await scripted(t, { 'tools/list': arrived => arrived.result(pages[String(arrived.message.params?.cursor ?? '')]) })
  const client = await open(t, server.url, new TestClock())
  t.same((await client.listTools()).map(({ name }) => name), ['a', 'b', 'c'])
  t.same((await client.listToolsPage('two')).nextCursor, 'three')
})

t.test('basic/lifecycle#operation  what the server did not declare is not asked for', async t => {
  const server = await scripted(t, { initialize: arrived => initialized(arrived, undefined, undefined, {}), 'tools/list': arrived => arrived.result({ tools: [] }) })
  const client = await open(t, server.url, new TestClock(), { logLevel: 'debug' })
  t.notOk(server.said.includes('logging/setLevel'))
  t.throws(() => client.callTool('x'), { name: 'TypeError', message: /capability tools/ })
  await t.rejects(client.listTools(), { name: 'TypeError' })
  await t.rejects(client.setLogLevel('info'), { name: 'TypeError', message: /capability logging/ })
  t.same(await client.request('tools/list').result, { tools: [] }, 'request() asks all the same')
})

t.test('options that make no sense are refused at the call', async t => {
  const { url } = await scripted(t)
  const bad = (options: object, message: RegExp): Promise<unknown> => t.rejects(connect(url, { info: INFO, ...options }), { name: 'TypeError', message })
  await bad({ headers: { 'x-a': 'b\r\nx-c: secret' } }, /^(?!.*secret).*x-a/s)
  await bad({ headers: { 'x a': 'b' } }, /no field name/)
  await bad({ headers: { 'Mcp-Session-Id': 'b' } }, /written by the protocol/)
  await bad({ timeoutMs: 0 }, /timeoutMs is 0/)
  await bad({ revision: '2025-13-01' }, /2025-11-25/)
  await bad({ revision: '2025-06-18', revisions: ['2025-06-18'] }, /one of them/)
  await bad({ revisions: [] }, /no revision/)
  await t.rejects(connect('ftp://127.0.0.1/', { info: INFO }), { name: 'TypeError', message: /ftp:/ })
  await t.rejects(connect('http://user:secret@127.0.0.1/', { info: INFO }), { name: 'TypeError', message: /^(?!.*secret)/ })
  await t.rejects(connect('nowhere', { info: INFO }), { name: 'TypeError' })
  const client = await connect(url, { info: INFO, revisions: SESSIONS })
  t.teardown(() => client.close())
  t.throws(() => client.request('ping', undefined, { timeoutMs: -1 }), { name: 'TypeError' })
})
