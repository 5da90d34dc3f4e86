/** Sessions that die: client of basic/transports#session-management. */
import t from 'tap'
import { type Arrived, DONE, initialized, log, open, scripted, TestClock } from './scripted.js'

t.test('2025-11-25 basic/transports#session-management  a dead session is replaced once for all callers, and what was not processed is repeated', async t => {
  let opened = 0
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, `s-${++opened}`),
    'tools/call': arrived => (arrived.headers['mcp-session-id'] === 's-1'
      ? arrived.json({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }, 404)
      : arrived.result({ content: [{ type: 'text', text: String((arrived.message.params as { name: string }).name) }] })),
  })
  const replaced: string[] = []
  const client = await open(t, server.url, new TestClock(), { logLevel: 'error', events: { onSessionReplaced: why => replaced.push(why) } })
  const results = await Promise.all(['a', 'b', 'c'].map(name => client.callTool(name).result))
  t.same(results.map(({ content }) => (content[0] as { text: string }).text), ['a', 'b', 'c'])
  const initializes = server.arrived.filter(({ message }) => message.method === 'initialize')
  t.equal(initializes.length, 2)
  t.equal(initializes[1]!.headers['mcp-session-id'], undefined, 'without a session id')
  t.not(initializes[0]!.message.id, initializes[1]!.message.id)
  t.match(replaced, [/404.*Session not found/])
  const after = server.said.slice(server.said.lastIndexOf('initialize')).filter(said => said !== 'tools/call')
  t.same(after.slice(0, 3), ['initialize', 'notifications/initialized', 'logging/setLevel'], 'the level is said again')
  t.ok(after.includes('GET'), 'and it listens again')
})

t.test('a caller that learns late that the old session is dead finds the new one', async t => {
  let opened = 0
  let late: Arrived | undefined
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, `s-${++opened}`),
    'tools/call': arrived => {
      if (arrived.headers['mcp-session-id'] !== 's-1') arrived.result(DONE)
      else if (arrived.message.params!.name === 'late') late = arrived
      else arrived.res.writeHead(404).end()
    },
  })
  const client = await open(t, server.url, new TestClock(), { listen: false })
  const pending = client.callTool('late')
  await server.until(() => late !== undefined)
  await client.callTool('early').result
  t.equal(opened, 2)
  late!.res.writeHead(404).end()
  t.same((await pending.result).content, DONE.content)
  t.equal(opened, 2)
})

t.test('a request that the new session answers with 404 as well fails, and is not repeated again', async t => {
  let opened = 0
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, `s-${++opened}`),
    'tools/call': arrived => arrived.json('gone', 404, { 'Content-Type': 'text/plain' }),
  })
  const client = await open(t, server.url, new TestClock(), { listen: false })
  await t.rejects(client.callTool('work').result, { name: 'HttpRefusal', status: 404, body: 'gone' })
  t.same([opened, server.said.filter(said => said === 'tools/call').length], [2, 2])
})

t.test('404 without a session is an answer like any other', async t => {
  const server = await scripted(t, { 'tools/call': arrived => void arrived.res.writeHead(404).end() })
  const client = await open(t, server.url, new TestClock())
  await t.rejects(client.callTool('work').result, { name: 'HttpRefusal', status: 404 })
  t.equal(server.said.filter(said => said === 'initialize').length, 1)
})

t.test('when no new session is to be had, every caller learns why, and a later call tries again', async t => {
  let opened = 0
  const server = await scripted(t, {
    initialize: arrived => (++opened === 2 ? arrived.json({ jsonrpc: '2.0', id: arrived.message.id, error: { code: -32603, message: 'full' } }) : initialized(arrived, `s-${opened}`)),
    'tools/call': arrived => (arrived.headers['mcp-session-id'] === 's-1' ? void arrived.res.writeHead(404).end() : arrived.result(DONE)),
  })
  const client = await open(t, server.url, new TestClock(), { listen: false })
  const calls = [client.callTool('a'), client.callTool('b')]
  for (const call of calls) await t.rejects(call.result, { name: 'RpcError', code: -32603, message: /full/ })
  t.same((await client.callTool('c').result).content, DONE.content)
  t.equal(opened, 3)
})

t.test('a standalone stream that finds the session dead opens a new one', async t => {
  let opened = 0
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, `s-${++opened}`),
    GET: arrived => {
      if (arrived.headers['mcp-session-id'] !== 's-1') return arrived.event(log('in the new session'))
      if (arrived.headers['last-event-id'] !== undefined) return void arrived.res.writeHead(404).end()
      arrived.event(log('in the old session'), 'g-1')
      arrived.res.end()
    },
  })
  const clock = new TestClock()
  const client = await open(t, server.url, clock)
  await clock.armed(500)
  clock.advance(500)
  const heard: unknown[] = []
  for await (const note of client.notifications) if (heard.push(note.params!['data']) === 2) break
  t.same(heard, ['in the old session', 'in the new session'])
})

t.test('a client that is closed while a new session is being opened lets go of everything', async t => {
  let opened = 0
  const server = await scripted(t, {
    initialize: arrived => (opened++ === 0 ? initialized(arrived, 's-1') : undefined),
    'tools/call': arrived => void arrived.res.writeHead(404).end(),
  })
  const client = await open(t, server.url, new TestClock(), { listen: false })
  const calls = [client.callTool('a'), client.callTool('b')]
  const told = client.notify('notifications/roots/list_changed').then(() => 'taken', (error: Error) => error.message)
  await server.until(({ message }) => message.method === 'initialize' && opened === 2)
  await client.close()
  for (const call of calls) await t.rejects(call.result, { name: 'Cancelled' })
  t.type(await told, 'string')
  t.equal(server.said.filter(said => said === 'initialize').length, 2)
})
