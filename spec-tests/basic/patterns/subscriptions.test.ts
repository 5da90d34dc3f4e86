/** subscriptions/listen where a fixture cannot show it: many listeners at once, those that leave, and what is left of them. */
import t from 'tap'
import type { Listening, ServerOptions } from '../../../lib/server.js'
import { gate, heard, listenTo, make, modern, serve, type Listener } from '../../http.js'

const ID = 'io.modelcontextprotocol/subscriptionId'
const TOOLS = 'notifications/tools/list_changed'

/** A server that has something of everything. */
const full = (options: ServerOptions = {}) =>
  make(options).tool('tool', {}, () => '').prompt('prompt', {}, () => '').resource('test://a', {}, () => '').resource('test://b', {}, () => '')

/** Settles once the server knows that every connection there has been is gone. */
const allGone = ({ http }: Listening): { gone(): Promise<void> } => {
  const closed: Promise<void>[] = []
  http.on('connection', socket => closed.push(new Promise(resolve => socket.on('close', () => resolve()))))
  return {
    gone: async () => {
      await Promise.all(closed)
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}

t.test('2026-07-28 basic/patterns/subscriptions#acknowledgment', async t => {
  t.test('the first message is the acknowledgement, whatever happens meanwhile', async t => {
    const server = full()
    const { url } = await serve(t, server)
    const asked = listenTo(url, { toolsListChanged: true, resourceSubscriptions: ['test://a'] })
    for (let i = 0; i < 20; i++) {
      server.tool(`meanwhile${i}`, {}, () => '')
      server.resourceUpdated('test://a')
      await new Promise(resolve => setImmediate(resolve))
    }
    const { answer, next } = await asked
    t.match(answer, { status: 200, headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', 'cache-control': /no-cache/ } })
    t.strictSame(await next(), {
      jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { toolsListChanged: true, resourceSubscriptions: ['test://a'] }, _meta: { [ID]: 1 } },
    })
    answer.hangUp()
  })

  t.test('it names what is honoured: what was asked for and can be had', async t => {
    const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ['test://a', 'test://none'] }
    const cases: [title: string, server: ReturnType<typeof make>, asked: object, honoured: object][] = [
      ['a server with everything', full(), all, all],
      ['a server with tools alone', make().tool('tool', {}, () => ''), all, { toolsListChanged: true }],
      ['a server with prompts alone', make().prompt('prompt', {}, () => ''), all, { promptsListChanged: true }],
      ['a server with resources alone', make().resource('test://a', {}, () => ''), all, { resourcesListChanged: true, resourceSubscriptions: all.resourceSubscriptions }],
      ['a server with nothing', make(), all, {}],
      ['nothing asked for', full(), {}, {}],
      ['false is not asking', full(), { toolsListChanged: false, promptsListChanged: true }, { promptsListChanged: true }],
      ['kinds that do not exist', full(), { rootsListChanged: true, __proto__: undefined, constructor: true, promptsListChanged: true }, { promptsListChanged: true }],
      ['no resource by name', full(), { resourceSubscriptions: [] }, { resourceSubscriptions: [] }],
    ]
    for (const [title, server, asked, honoured] of cases) {
      const { url } = await serve(t, server)
      const { answer, next } = await listenTo(url, asked)
      t.strictSame((await next())?.params?.notifications, honoured, title)
      answer.hangUp()
    }
  })

  t.test('a filter that is none is refused before a stream opens', async t => {
    const { url } = await serve(t, full())
    for (const notifications of [undefined, null, [], 'tools', { toolsListChanged: 'yes' }, { resourceSubscriptions: 'test://a' }, { resourceSubscriptions: [1] }]) {
      t.match(await heard(modern(url, 'subscriptions/listen', { notifications })), { status: 400, error: { code: -32602, message: /notifications/ } }, JSON.stringify(notifications))
    }
  })
})

t.test('2026-07-28 basic/patterns/subscriptions#receiving-notifications', async t => {
  t.test('everything on the stream carries the id of the request, its type kept', async t => {
    for (const id of [7, 0, -1, 9007199254740991, '7', '', 'ünïcode ☃', '__proto__']) {
      const server = full()
      const listening = await serve(t, server)
      const { next, rest } = await listenTo(listening.url, { toolsListChanged: true, resourceSubscriptions: ['test://a'] }, { id })
      const first = await next()
      server.tool('new', {}, () => '')
      const second = await next()
      server.resourceUpdated('test://a')
      const third = await next()
      const closed = listening.close()
      const all = [first, second, third, ...(await rest())]
      await closed
      t.strictSame(all.map(message => ((message?.params ?? message?.result)?._meta as { [ID]: unknown })[ID]), [id, id, id, id], JSON.stringify(id))
      t.equal(all.at(-1)?.id, id)
    }
  })

  t.test('only what was asked for is told, to each what it asked for', async t => {
    const server = full()
    const listening = await serve(t, server)
    const { url } = listening
    const filters = [{ toolsListChanged: true }, { promptsListChanged: true }, { resourcesListChanged: true }, { resourceSubscriptions: ['test://a'] }, { resourceSubscriptions: ['test://b', 'test://a', 'test://a'] }, {}]
    const listeners: Listener[] = []
    // one client: its ids differ, and of all it says that it wants logging, which has no place here
    for (const [i, filter] of filters.entries()) {
      const listener = await listenTo(url, filter, { id: i, meta: { 'io.modelcontextprotocol/logLevel': 'debug', progressToken: i } })
      await listener.next()
      listeners.push(listener)
    }
    server.tool('new', {}, () => '').prompt('new', {}, () => '').resource('test://new', {}, () => '')
    await null
    t.equal(server.resourceUpdated('test://a'), 2)
    t.equal(server.resourceUpdated('test://b'), 1)
    t.equal(server.resourceUpdated('test://c'), 0, 'nobody follows it')
    t.equal(server.resourceUpdated('test://a/b'), 0, 'what lies below is another')
    server.log.emergency('never here')
    await heard(modern(url, 'tools/call', { name: 'tool' }, { id: 0 }))
    const closed = listening.close()
    const told = await Promise.all(listeners.map(async ({ rest }) => (await rest()).filter(({ method }) => method).map(({ method, params }) => (params!.uri ?? method) as string)))
    await closed
    t.strictSame(told, [[TOOLS], ['notifications/prompts/list_changed'], ['notifications/resources/list_changed'], ['test://a'], ['test://a', 'test://b'], []])
  })

  t.test('a list that changes many times in one turn is told of once', async t => {
    const server = full()
    const listening = await serve(t, server)
    const { next, rest } = await listenTo(listening.url, { toolsListChanged: true })
    await next()
    for (let i = 0; i < 5; i++) server.tool(`new${i}`, {}, () => '')
    server.removeTool('new0')
    t.equal(server.removeTool('new0'), false)
    t.equal((await next())?.method, TOOLS)
    server.removeTool('new1')
    t.equal((await next())?.method, TOOLS)
    const closed = listening.close()
    t.strictSame((await rest()).map(({ method }) => method), [undefined])
    await closed
  })
})

t.test('2026-07-28 basic/patterns/subscriptions#multiple-concurrent-subscriptions: equal ids of many clients do not meet', async t => {
  const N = 50
  const server = full()
  const { url } = await serve(t, server)
  const listeners = await Promise.all(Array.from({ length: N }, (_, i) => listenTo(url, { resourceSubscriptions: [`test://${i % 2 ? 'a' : 'b'}`] })))
  await Promise.all(listeners.map(({ next }) => next()))
  t.equal(server.changes.subscriptions.size, N)
  t.equal(server.resourceUpdated('test://a'), N / 2)
  t.equal(server.resourceUpdated('test://b'), N / 2)
  const told = await Promise.all(listeners.map(({ next }) => next()))
  t.strictSame(told.map(message => message?.params?.uri), listeners.map((_, i) => `test://${i % 2 ? 'a' : 'b'}`))
  // one leaves, the others stay
  listeners[0]!.answer.hangUp()
  await heard(modern(url, 'tools/call', { name: 'tool' }, { id: 1 }))
  server.resourceUpdated('test://b')
  t.match(await listeners[2]!.next(), { params: { uri: 'test://b' } })
  for (const { answer } of listeners) answer.hangUp()
})

t.test('2026-07-28 basic/patterns/subscriptions#graceful-closure: each listener gets a result, and then the stream ends', async t => {
  const server = full()
  const listening = await serve(t, server)
  const listeners = await Promise.all([1, 2, 'three'].map(id => listenTo(listening.url, { toolsListChanged: true }, { id })))
  await Promise.all(listeners.map(({ next }) => next()))
  const closed = listening.close()
  const ends = await Promise.all(listeners.map(({ rest }) => rest()))
  await closed
  for (const [i, id] of [1, 2, 'three'].entries()) {
    t.strictSame(ends[i]!.at(-1), {
      jsonrpc: '2.0', id,
      result: { resultType: 'complete', _meta: { [ID]: id, 'io.modelcontextprotocol/serverInfo': { name: 'test', version: '1' } } },
    })
    t.equal(ends[i]!.length, 1, 'and nothing beside it')
  }
  t.equal(server.changes.subscriptions.size, 0)
})

t.test('2026-07-28 basic/patterns/subscriptions#cancellation: a client that hangs up has left', async t => {
  t.test('nothing of it stays', async t => {
    const followed: string[] = []
    const server = full({ listen: { onFollow: uri => followed.push(`+${uri}`), onUnfollow: uri => followed.push(`-${uri}`) } })
    const listening = await serve(t, server)
    const { gone } = allGone(listening)
    const listeners = await Promise.all(Array.from({ length: 100 }, (_, id) =>
      listenTo(listening.url, id === 0 ? { resourceSubscriptions: ['test://a', 'test://b', 'test://a'] } : { toolsListChanged: true }, { id })))
    await Promise.all(listeners.map(({ next }) => next()))
    t.equal(server.changes.subscriptions.size, 100)
    t.strictSame(followed, ['+test://a', '+test://b'])
    for (const { answer } of listeners) answer.hangUp()
    await gone()
    t.equal(server.changes.subscriptions.size, 0)
    t.strictSame(followed, ['+test://a', '+test://b', '-test://a', '-test://b'])
    t.match(listening.stats(), { open: 0, sessions: 0 })
    t.equal(server.resourceUpdated('test://a'), 0)
  })

  t.test('whoever follows is told off the same number of times, however the stream ends', async t => {
    const balance = new Map<string, number>()
    const add = (n: number) => (uri: string) => void balance.set(uri, (balance.get(uri) ?? 0) + n)
    const server = full({ listen: { onFollow: add(1), onUnfollow: add(-1) } })
    const listening = await serve(t, server)
    const { gone } = allGone(listening)
    const listeners = await Promise.all([['test://a'], ['test://a', 'test://b'], ['test://b']].map(resourceSubscriptions => listenTo(listening.url, { resourceSubscriptions })))
    await Promise.all(listeners.map(({ next }) => next()))
    t.strictSame([...balance], [['test://a', 2], ['test://b', 2]])
    listeners[0]!.answer.hangUp()
    const closed = listening.close()
    await Promise.all(listeners.slice(1).map(({ rest }) => rest()))
    await closed
    await gone()
    t.strictSame([...balance], [['test://a', 0], ['test://b', 0]])
  })

  t.test('an application that throws in a hook is told, and harms nobody', async t => {
    const errors: unknown[] = []
    const reported = gate()
    const boom = (): never => {
      throw new Error('boom')
    }
    const onError = (error: unknown): void => {
      errors.push((error as Error).message)
      reported.open()
    }
    const leaving = full({ listen: { onUnfollow: boom }, onError })
    const listening = await serve(t, leaving)
    const { answer, next } = await listenTo(listening.url, { resourceSubscriptions: ['test://a', 'test://b'] })
    await next()
    answer.hangUp()
    await reported.opened
    t.equal(leaving.changes.subscriptions.size, 0)
    t.match(await heard(modern(listening.url, 'tools/list')), { status: 200 }, 'the server lives')

    const coming = full({ listen: { onFollow: boom }, onError })
    const { url } = await serve(t, coming)
    const refused = await heard(modern(url, 'subscriptions/listen', { notifications: { resourceSubscriptions: ['test://a'] } }))
    t.match(refused, { error: { code: -32603, message: 'Internal error' } })
    t.equal(coming.changes.subscriptions.size, 0, 'what was refused is not kept')
    t.match(errors, ['boom'])
  })
})

