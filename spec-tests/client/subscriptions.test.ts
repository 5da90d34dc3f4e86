/** Being told of changes: client of 2026-07-28/basic/patterns/subscriptions, and the same call in a session. */
import t from 'tap'
import { isPartOf } from '../../lib/client/subscription.js'
import type { Notification, Subscription } from '../../lib/client.js'
import { type Arrived, deferred, DONE, initialized, log, open, openModern, type Script, scripted, TestClock } from './scripted.js'

const ID = 'io.modelcontextprotocol/subscriptionId'
const note = (arrived: Arrived, method: string, params: object = {}, id: unknown = arrived.message.id): object => ({ jsonrpc: '2.0', method, params: { ...params, _meta: { [ID]: id } } })
const acknowledge = (arrived: Arrived, notifications = arrived.message.params!.notifications): void => arrived.event(note(arrived, 'notifications/subscriptions/acknowledged', { notifications }))
const CHANGED = 'notifications/tools/list_changed'
const UPDATED = 'notifications/resources/updated'

const take = async (subscription: Subscription, count: number): Promise<Notification[]> => {
  const notes: Notification[] = []
  for await (const one of subscription) if (notes.push(one) === count) break
  return notes
}

t.test('#opening-a-stream  listens for what is asked, is told what is agreed, and hears it as it comes', async t => {
  const { client, server } = await openModern(t, { 'subscriptions/listen': arrived => {
    acknowledge(arrived, { toolsListChanged: true })
    arrived.write(': still here\n\n')
    arrived.event(note(arrived, CHANGED))
    arrived.event(note(arrived, UPDATED, { uri: 'file:///a/part' }))
  } })
  const subscription = client.listen({ toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: ['file:///a'] })
  t.same(await subscription.acknowledged, { toolsListChanged: true })
  t.match(await take(subscription, 2), [{ method: CHANGED }, { method: UPDATED, params: { uri: 'file:///a/part' } }])
  const everything = client.notifications[Symbol.asyncIterator]()
  t.match((await everything.next()).value, { method: CHANGED }, 'and it is heard as everything else is')
  const { message, headers } = server.arrived[1]!
  t.match(message.params, { notifications: { toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: ['file:///a'] }, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } })
  t.equal(headers['mcp-method'], 'subscriptions/listen')
})

t.test('#multiple-concurrent-subscriptions  each hears its own', async t => {
  const { client } = await openModern(t, { 'subscriptions/listen': arrived => {
    acknowledge(arrived)
    const { toolsListChanged } = arrived.message.params!.notifications as { toolsListChanged?: boolean }
    arrived.event(toolsListChanged ? note(arrived, CHANGED) : note(arrived, 'notifications/prompts/list_changed'))
  } })
  const [tools, prompts] = [client.listen({ toolsListChanged: true }), client.listen({ promptsListChanged: true })]
  t.match(await take(tools, 1), [{ method: CHANGED }])
  t.match(await take(prompts, 1), [{ method: 'notifications/prompts/list_changed' }])
})

t.test('what is not of the subscription, was not asked for, or comes too early is told and left out', async t => {
  const told: Error[] = []
  const { client } = await openModern(t, { 'subscriptions/listen': arrived => {
    arrived.event(note(arrived, CHANGED))
    acknowledge(arrived)
    acknowledge(arrived)
    arrived.event(note(arrived, CHANGED, {}, String(arrived.message.id)))
    arrived.event({ jsonrpc: '2.0', method: CHANGED })
    arrived.event(note(arrived, 'notifications/prompts/list_changed'))
    arrived.event(note(arrived, UPDATED, { uri: 'file:///a' }))
    arrived.event(note(arrived, 'notifications/message', { level: 'info', data: 1 }))
    arrived.event({ jsonrpc: '2.0', id: 'q', method: 'roots/list' })
    arrived.event(note(arrived, CHANGED, { nth: 'last' }))
  } }, { events: { onError: error => told.push(error) } })
  t.match(await take(client.listen({ toolsListChanged: true }), 1), [{ method: CHANGED, params: { nth: 'last' } }])
  t.match(told.map(({ name, message }) => [name, message]), [
    ['InvalidMessage', /before the acknowledgement/], ['InvalidMessage', /second acknowledgement/],
    ['InvalidMessage', /subscription "\d+"; expected \d+/], ['InvalidMessage', /subscription \(none\)/],
    ['InvalidMessage', /prompts\/list_changed came, which was not asked for/], ['InvalidMessage', /resources\/updated came, which was not asked for/],
    ['InvalidMessage', /notifications\/message came/], ['InvalidMessage', /roots\/list.*only ask in results/],
  ])
})

t.test('#cancellation  close() hangs up, and says nothing', async t => {
  const { client, server } = await openModern(t, { 'subscriptions/listen': arrived => acknowledge(arrived) })
  const subscription = client.listen({ toolsListChanged: true })
  await subscription.acknowledged
  const gone = new Promise<void>(resolve => server.arrived.at(-1)!.res.on('close', resolve))
  const waiting = subscription[Symbol.asyncIterator]().next()
  subscription.close()
  await gone
  t.same([await subscription.closed, await waiting, server.said], ['closed', { value: undefined, done: true }, ['server/discover', 'subscriptions/listen']])
  subscription.close()
})

t.test('#graceful-closure  a result ends it in good order, and it is not listened for again', async t => {
  const { client, server, clock } = await openModern(t, { 'subscriptions/listen': arrived => {
    acknowledge(arrived)
    arrived.event(note(arrived, CHANGED))
    arrived.finish({ resultType: 'complete', _meta: { [ID]: arrived.message.id } })
  } })
  const subscription = client.listen({ toolsListChanged: true })
  t.equal(await subscription.closed, 'graceful')
  t.match(await take(subscription, 5), [{ method: CHANGED }], 'what came before can still be read')
  clock.advance(100_000)
  await client.ping()
  t.equal(server.said.filter(said => said === 'subscriptions/listen').length, 1)
})

t.test('a subscription has no time-out, but its acknowledgement has', async t => {
  let silent = false
  const { client, clock } = await openModern(t, { 'subscriptions/listen': arrived => {
    if (silent) arrived.write(': not yet\n\n')
    else acknowledge(arrived)
  } }, { timeoutMs: 500, maxTotalMs: 700 })
  const subscription = client.listen({ toolsListChanged: true })
  await subscription.acknowledged
  clock.advance(10_000_000)
  t.equal(await Promise.race([subscription.closed, client.ping().then(() => 'open')]), 'open')
  silent = true
  const unheard = client.listen({ toolsListChanged: true })
  clock.advance(500)
  t.match(await unheard.closed, { name: 'Timeout', message: /not acknowledged within 500 ms/ })
  await t.rejects(unheard.acknowledged, { name: 'Timeout' })
})

t.test('a stream that breaks is opened again after a wait that doubles, under another id; what was missed is asked for anew', async t => {
  let stream = 0
  const { client, server, clock } = await openModern(t, {
    'subscriptions/listen': arrived => {
      if (++stream === 2) return void arrived.res.writeHead(503).end()
      acknowledge(arrived)
      if (stream === 1) arrived.res.end()
    },
    'tools/list': arrived => arrived.result({ resultType: 'complete', tools: [], ttlMs: 60_000, cacheScope: 'public' }),
  })
  const reconnected = deferred<void>()
  const lists = async (): Promise<number> => {
    await client.listTools()
    return server.said.filter(said => said === 'tools/list').length
  }
  const subscription = client.listen({ toolsListChanged: true }, { reconnect: { delayMs: 40 }, onReconnected: () => reconnected.resolve() })
  t.same([await lists(), await lists()], [1, 1])
  for (const ms of [40, 80]) {
    await clock.armed(ms)
    clock.advance(ms)
  }
  await reconnected.promise
  t.equal(await lists(), 2)
  const streams = server.arrived.filter(({ message }) => message.method === 'subscriptions/listen')
  t.equal(new Set(streams.map(({ message }) => message.id)).size, 3)
  streams[2]!.event(note(streams[2]!, CHANGED))
  t.match(await take(subscription, 1), [{ method: CHANGED }])
})

t.test('a stream that is heard again begins its tries anew, however often it breaks', async t => {
  const { client, server, clock } = await openModern(t, { 'subscriptions/listen': arrived => {
    acknowledge(arrived)
    arrived.res.end()
  } })
  const subscription = client.listen({}, { reconnect: { maxTries: 2, delayMs: 40 } })
  for (let turn = 0; turn < 6; turn++) {
    await clock.armed(40)
    clock.advance(40)
  }
  await server.until(() => server.said.length === 8)
  t.equal(await Promise.race([subscription.closed, client.ping().then(() => 'open')]), 'open')
})

t.test('tries in vain come to an end, and the last error is how it closed', async t => {
  let stream = 0
  const { client, server, clock } = await openModern(t, { 'subscriptions/listen': arrived => {
    if (stream++ > 0) return void arrived.res.writeHead(503).end()
    acknowledge(arrived)
    arrived.res.end()
  } })
  const subscription = client.listen({}, { reconnect: { maxTries: 2, delayMs: 30, maxDelayMs: 31 } })
  for (const ms of [30, 31]) {
    await clock.armed(ms)
    clock.advance(ms)
  }
  t.match(await subscription.closed, { name: 'HttpRefusal', status: 503 })
  t.equal(server.said.filter(said => said === 'subscriptions/listen').length, 3)
})

t.test('with reconnect: false a break ends it; a refusal ends it always', async t => {
  const broken: Script = arrived => {
    acknowledge(arrived)
    arrived.res.end()
  }
  const { client } = await openModern(t, { 'subscriptions/listen': broken })
  t.match(await client.listen({}, { reconnect: false }).closed, { name: 'BrokenStream' })
  const { client: refused } = await openModern(t, { 'subscriptions/listen': arrived => arrived.json({ jsonrpc: '2.0', id: arrived.message.id, error: { code: -32601, message: 'not offered' } }, 404) })
  const subscription = refused.listen({ toolsListChanged: true })
  t.match(await subscription.closed, { name: 'RpcError', code: -32601 })
  await t.rejects(subscription.acknowledged, { name: 'RpcError', code: -32601 })
  const { client: never } = await openModern(t, { 'subscriptions/listen': arrived => void arrived.res.writeHead(503).end() })
  t.match(await never.listen({}).closed, { name: 'HttpRefusal', status: 503 }, 'what was never heard is not waited for')
})

t.test('a client that closes ends its subscriptions', async t => {
  const { client } = await openModern(t, { 'subscriptions/listen': arrived => acknowledge(arrived) })
  const subscription = client.listen({})
  await subscription.acknowledged
  await client.close()
  t.equal(await subscription.closed, 'closed')
  t.throws(() => client.listen({}), { name: 'Cancelled' })
})

t.test('what nobody reads is bounded', async t => {
  const { client } = await openModern(t, { 'subscriptions/listen': arrived => {
    acknowledge(arrived)
    for (let n = 1; n <= 5; n++) arrived.event(note(arrived, CHANGED, { n }))
    arrived.finish({ resultType: 'complete', _meta: { [ID]: arrived.message.id } })
  } }, { maxQueuedNotifications: 3 })
  const subscription = client.listen({ toolsListChanged: true })
  await subscription.closed
  t.equal(subscription.dropped, 2)
  t.same((await take(subscription, 9)).map(({ params }) => params!['n' as never]), [3, 4, 5])
})

const SESSION = { tools: { listChanged: true }, resources: { subscribe: true } }

t.test('2025-11-25  in a session it is the session\'s stream, and resources/subscribe for what is named', async t => {
  let get!: Arrived
  const server = await scripted(t, {
    'initialize': arrived => initialized(arrived, 's', undefined, SESSION),
    'GET': arrived => {
      get = arrived
      arrived.write(': open\n\n')
    },
    'resources/subscribe': arrived => (arrived.message.params!.uri === 'a:no'
      ? arrived.json({ jsonrpc: '2.0', id: arrived.message.id, error: { code: -32002, message: 'no such resource' } })
      : arrived.result({})),
    'resources/unsubscribe': arrived => arrived.result({}),
  })
  const told: Error[] = []
  const client = await open(t, server.url, new TestClock(), { events: { onError: error => told.push(error) } })
  const one = client.listen({ toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: ['a:1', 'a:no'] })
  t.same(await one.acknowledged, { toolsListChanged: true, resourceSubscriptions: ['a:1'] }, 'what was declared, and what was taken')
  t.match(told, [{ name: 'RpcError', code: -32002 }])
  const two = client.listen({ resourceSubscriptions: ['a:1', 'a:2'] })
  await two.acknowledged
  get.event({ jsonrpc: '2.0', method: CHANGED })
  get.event({ jsonrpc: '2.0', method: UPDATED, params: { uri: 'a:2' } })
  get.event({ jsonrpc: '2.0', method: UPDATED, params: { uri: 'a:1' } })
  get.event(log('not a change'))
  t.match(await take(one, 2), [{ method: CHANGED }, { params: { uri: 'a:1' } }])
  t.match(await take(two, 2), [{ params: { uri: 'a:2' } }, { params: { uri: 'a:1' } }])
  two.close()
  t.equal(await two.closed, 'closed')
  await server.until(({ message }) => message.method === 'resources/unsubscribe')
  await client.ping()
  t.same(server.arrived.filter(({ message }) => message.method === 'resources/unsubscribe').map(({ message }) => message.params), [{ uri: 'a:2' }], 'what another follows is left')
})

t.test('in a session without a stream of its own, or that has lost it, a subscription ends and says why; the next one tries again', async t => {
  let streams = 0
  let get!: Arrived
  const server = await scripted(t, {
    'initialize': arrived => initialized(arrived, 's', undefined, SESSION),
    'GET': arrived => {
      if (++streams < 3) return void arrived.res.writeHead(405).end()
      get = arrived
      arrived.write(': open\n\n')
    },
  })
  const client = await open(t, server.url, new TestClock(), { events: { onError: () => {} } })
  const none = client.listen({ toolsListChanged: true })
  t.match(await none.closed, { name: 'HttpRefusal', status: 405 })
  t.equal(streams, 2, 'at the opening, and for this one')
  const some = client.listen({ toolsListChanged: true })
  await some.acknowledged
  get.event({ jsonrpc: '2.0', method: CHANGED })
  t.match(await take(some, 1), [{ method: CHANGED }])
  some.close()
  t.equal(await some.closed, 'closed')
})

t.test('an update is of what was subscribed to, or of a part of it', async t => {
  t.same(['a://x', 'a://x/part', 'a://x#part', 'a://x?part', 'a://xy', 'a://'].filter(uri => isPartOf('a://x', uri)), ['a://x', 'a://x/part', 'a://x#part', 'a://x?part'])
  t.same(['a://x/', 'a://x/y', 'a://x'].filter(uri => isPartOf('a://x/', uri)), ['a://x/', 'a://x/y'])
})

t.test('a session that takes over is asked for the same again', async t => {
  let opened = 0
  const server = await scripted(t, {
    'initialize': arrived => initialized(arrived, `s-${++opened}`, undefined, SESSION),
    'resources/subscribe': arrived => arrived.result({}),
    'ping': arrived => (arrived.headers['mcp-session-id'] === 's-1' ? void arrived.res.writeHead(404).end() : arrived.result({})),
  })
  const client = await open(t, server.url, new TestClock(), { listen: false })
  let reconnected = 0
  await client.listen({ resourceSubscriptions: ['a:1'] }, { onReconnected: () => reconnected++ }).acknowledged
  await client.ping()
  const again = await server.until(({ message, headers }) => message.method === 'resources/subscribe' && headers['mcp-session-id'] === 's-2')
  t.same([again.message.params, reconnected], [{ uri: 'a:1' }, 1])
})

t.test('calls and subscriptions do not disturb each other', async t => {
  const { client } = await openModern(t, {
    'subscriptions/listen': arrived => acknowledge(arrived),
    'tools/call': arrived => {
      arrived.event(log('mine'))
      arrived.finish({ resultType: 'complete', ...DONE })
    },
  }, { logLevel: 'info' })
  const subscription = client.listen({ toolsListChanged: true })
  await subscription.acknowledged
  const heard: unknown[] = []
  for await (const { method } of client.callTool('work')) heard.push(method)
  t.same(heard, ['notifications/message'])
  subscription.close()
  t.same(await take(subscription, 1), [])
})
