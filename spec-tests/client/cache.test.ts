/** Results that may be kept for a while: client of 2026-07-28/server/utilities/caching. */
import t, { type Test } from 'tap'
import { type Client } from '../../lib/client.js'
import { type Arrived, DONE, EVERYTHING, initialized, log, MODERN, open, openModern, type Script, scripted, type Scripted, TestClock } from './scripted.js'

const EMPTY_SCHEMA = { type: 'object' }
const hints = (ttlMs: unknown, cacheScope = 'public'): object => ({ resultType: 'complete', ...(ttlMs !== undefined && { ttlMs }), cacheScope })
const tools = (ttlMs: unknown, ...names: string[]): object => ({ ...hints(ttlMs), tools: names.map(name => ({ name, inputSchema: EMPTY_SCHEMA })) })
const contents = (uri: unknown, ttlMs: unknown): object => ({ ...hints(ttlMs, 'private'), contents: [{ uri, text: 'x' }] })

const asking = (t: Test, scripts: Record<string, Script>, options = {}, clock = new TestClock()): ReturnType<typeof openModern> =>
  openModern(t, scripts, options, clock, { ...EVERYTHING, prompts: {}, resources: { subscribe: true, listChanged: true } })
/** How often the method was asked while `run` ran. */
const times = async (server: Scripted, method: string, run: () => Promise<unknown>): Promise<number> => {
  const before = server.said.filter(said => said === method).length
  await run()
  return server.said.filter(said => said === method).length - before
}

t.test('#freshness-calculation  a result is kept for as long as it says, and no longer', async t => {
  const { client, server, clock } = await asking(t, { 'tools/list': arrived => arrived.result(tools(1000, 'a')) })
  const list = (): Promise<number> => times(server, 'tools/list', () => client.listTools())
  t.equal(await list(), 1)
  clock.advance(999)
  t.equal(await list(), 0)
  t.same((await client.listTools()).map(({ name }) => name), ['a'])
  clock.advance(1)
  t.equal(await list(), 1)
})

t.test('#time-to-live-ttl-field  what says 0, less, nothing, or no number is not kept', async t => {
  for (const ttlMs of [0, -5, undefined]) {
    const { client, server } = await asking(t, { 'resources/read': arrived => arrived.result(contents('a:1', ttlMs)) })
    await client.readResource('a:1').result
    t.equal(await times(server, 'resources/read', () => client.readResource('a:1').result), 1, String(ttlMs))
  }
})

t.test('#cache-key  another method, other params: another result; what only accompanies the request does not count', async t => {
  const { client, server } = await asking(t, { 'resources/read': arrived => arrived.result(contents(arrived.message.params!.uri, 1000)) })
  const read = (uri: string, options = {}): Promise<number> => times(server, 'resources/read', () => client.readResource(uri, options).result)
  t.same([await read('a:1'), await read('a:2'), await read('a:1'), await read('a:2', { progress: true, meta: { x: 1 } })], [1, 1, 0, 0])
  t.equal(await read('a:1', { fresh: true }), 1, 'unless the caller wants it fresh')
})

t.test('each caller has a copy of its own', async t => {
  const { client } = await asking(t, { 'tools/list': arrived => arrived.result(tools(1000, 'a')) })
  const first = await client.listTools()
  ;(first[0] as { name: string }).name = 'changed'
  t.same((await client.listTools()).map(({ name }) => name), ['a'])
})

t.test('a call that is answered from what was kept ends at once and yields nothing', async t => {
  const { client } = await asking(t, { 'resources/read': arrived => {
    arrived.event(log('read'))
    arrived.finish(contents('a:1', 1000))
  } })
  await client.readResource('a:1').result
  const notes = []
  for await (const note of client.readResource('a:1')) notes.push(note)
  t.same(notes, [])
})

t.test('calls of tools are never kept, whatever they say', async t => {
  const { client, server } = await asking(t, { 'tools/call': arrived => arrived.result({ ...hints(1000), ...DONE }) })
  await client.callTool('a').result
  t.equal(await times(server, 'tools/call', () => client.callTool('a').result), 1)
})

t.test('#cache-key  the result of a retry is not kept, nor is a retry answered from what was kept', async t => {
  let reads = 0
  const { client, server } = await asking(t, { 'resources/read': arrived => (reads++ % 2 === 0
    ? arrived.result({ resultType: 'input_required', requestState: 's' })
    : arrived.result(contents('a:1', 1000))) })
  await client.readResource('a:1').result
  t.equal(await times(server, 'resources/read', () => client.readResource('a:1').result), 2)
  reads = 1
  const retry = (): Promise<unknown> => client.request('resources/read', { uri: 'a:1', requestState: 's' }).result
  await retry()
  reads = 1
  t.equal(await times(server, 'resources/read', retry), 1)
})

t.test('who the server is may be kept as well; a ping is a question whatever was kept', async t => {
  const { client, server } = await asking(t, { 'server/discover': arrived => arrived.result({ ...hints(1000), supportedVersions: [MODERN], capabilities: {} }) })
  const discover = (): Promise<unknown> => client.request('server/discover').result
  t.same([await times(server, 'server/discover', discover), await times(server, 'server/discover', discover)], [1, 0])
  t.equal(await times(server, 'server/discover', () => client.ping()), 1)
})

t.test('with cache: false nothing is kept', async t => {
  const { client, server } = await asking(t, { 'tools/list': arrived => arrived.result(tools(1000, 'a')) }, { cache: false })
  await client.listTools()
  t.equal(await times(server, 'tools/list', () => client.listTools()), 1)
})

t.test('in a session nothing is kept', async t => {
  const server = await scripted(t, { 'initialize': arrived => initialized(arrived), 'tools/list': arrived => arrived.result(tools(1000, 'a')) })
  const client = await open(t, server.url, new TestClock(), { listen: false })
  await client.listTools()
  t.equal(await times(server, 'tools/list', () => client.listTools()), 1)
})

const WRITTEN = { resourceSubscriptions: ['a:1'], toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true }

const listening = (scripts: Record<string, Script>) => async (t: Test): Promise<{ client: Client; server: Scripted; tell: (method: string, params?: object) => Promise<void> }> => {
  let stream!: Arrived
  const { client, server } = await asking(t, {
    'subscriptions/listen': arrived => {
      stream = arrived
      arrived.event({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { _meta: tag(arrived), notifications: arrived.message.params!.notifications } })
    },
    ...scripts,
  })
  await client.listen(WRITTEN).acknowledged
  const notes = client.notifications[Symbol.asyncIterator]()
  return { client, server, tell: async (method, params) => {
    stream.event({ jsonrpc: '2.0', method, params: { ...params, _meta: tag(stream) } })
    await notes.next()
  } }
}
const tag = ({ message: { id } }: Arrived): object => ({ 'io.modelcontextprotocol/subscriptionId': id })

t.test('#interaction-with-notifications  what is announced to have changed is asked for anew, and nothing else', async t => {
  const { client, server, tell } = await listening({
    'tools/list': arrived => arrived.result(tools(1000, 'a')),
    'prompts/list': arrived => arrived.result({ ...hints(1000), prompts: [] }),
    'resources/list': arrived => arrived.result({ ...hints(1000), resources: [] }),
    'resources/templates/list': arrived => arrived.result({ ...hints(1000), resourceTemplates: [] }),
    'resources/read': arrived => arrived.result(contents(arrived.message.params!.uri, 1000)),
  })(t)
  const all = async (): Promise<string[]> => {
    const before = server.said.length
    await client.listTools()
    await client.listPrompts()
    await client.listResources()
    await client.listResourceTemplates()
    await client.readResource('a:1').result
    await client.readResource('b:1').result
    return server.said.slice(before)
  }
  t.equal((await all()).length, 6)
  t.same(await all(), [])
  for (const [method, stale, params] of [
    ['notifications/tools/list_changed', ['tools/list']],
    ['notifications/prompts/list_changed', ['prompts/list']],
    ['notifications/resources/list_changed', ['resources/list', 'resources/templates/list']],
    ['notifications/resources/updated', ['resources/read'], { uri: 'a:1' }],
    ['notifications/resources/updated', ['resources/read'], { uri: 'a:1/part' }],
    ['notifications/resources/updated', [], { uri: 'c:1' }],
  ] as [string, string[], object?][]) {
    await tell(method, params)
    t.same(await all(), stale, method)
  }
})

t.test('a result that was on its way when a change was announced is not kept', async t => {
  let pending: Arrived | undefined
  const { client, server, tell } = await listening({ 'tools/list': arrived => {
    if (pending) arrived.result(tools(1000, 'new'))
    else pending = arrived
  } })(t)
  const listing = client.listTools()
  await server.until(({ message }) => message.method === 'tools/list')
  await tell('notifications/tools/list_changed')
  pending!.result(tools(1000, 'old'))
  t.same((await listing).map(({ name }) => name), ['old'])
  t.same((await client.listTools()).map(({ name }) => name), ['new'])
})

t.test('#interaction-with-pagination  each page is kept by itself; a cursor that has died begins the listing anew', async t => {
  let dead = ''
  const { client, server, clock } = await asking(t, { 'tools/list': arrived => {
    const cursor = arrived.message.params?.cursor
    if (cursor !== undefined && cursor === dead) return arrived.json({ jsonrpc: '2.0', id: arrived.message.id, error: { code: -32602, message: 'no such cursor' } }, 400)
    arrived.result(cursor === undefined ? { ...tools(5000, dead === '' ? 'a' : 'A'), nextCursor: dead === '' ? 'two' : 'zwei' } : tools(1000, dead === '' ? 'b' : 'B'))
  } })
  const names = async (): Promise<string[]> => (await client.listTools()).map(({ name }) => name)
  t.same(await names(), ['a', 'b'])
  clock.advance(1000)
  t.equal(await times(server, 'tools/list', names), 1, 'only the page that is stale')
  dead = 'two'
  clock.advance(1000)
  t.same(await names(), ['A', 'B'])
  await t.rejects(client.listToolsPage('two'), { name: 'RpcError', code: -32602 })
})

t.test('what is kept is bounded, and the oldest goes', async t => {
  const { client, server } = await asking(t, { 'resources/read': arrived => arrived.result(contents(arrived.message.params!.uri, 60_000)) })
  for (let n = 0; n <= 1000; n++) await client.readResource(`a:${n}`).result
  const read = (uri: string): Promise<number> => times(server, 'resources/read', () => client.readResource(uri).result)
  t.same([await read('a:1000'), await read('a:1'), await read('a:0')], [0, 0, 1])
})

t.test('params that are no JSON fail the call, as they do without a cache', async t => {
  const { client } = await asking(t, {})
  await t.rejects(client.request('tools/list', { cursor: 1n }).result, { name: 'TypeError' })
})
