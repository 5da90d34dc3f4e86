/** What peers can make a server keep: events for those who may come back, streams, listeners, tasks. */
import t from 'tap'
import { callTool, gate, heard, listenTo, make, open, say, serve } from '../http.js'
import { MIB, Subject } from './subject-process.js'

/** What a server may hold of a stream nobody reads, beside what its options say. */
const ALLOWED = 16 * MIB

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
  const BUDGET = 12_000
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
    await fill(1000, ask, wait)
    const before = await subject.weigh()
    await fill(3000, ask, wait)
    const grown = (await subject.weigh()).used - before.used
    t.ok(grown < 80 * BUDGET, `3000 ${name}: ${(grown / 1000).toFixed(0)} kB are held, of a budget of ${BUDGET / 1000} kB`)
  }
})

t.test('class event store growth  what one client makes the server keep does not push out what another may come back for', async t => {
  const server = make()
  const cut = gate()
  server.tool('little', {}, async (_, ctx) => {
    ctx.log.info('one')
    await cut.opened
    ctx.log.info('two')
    return 'done'
  })
  server.tool('much', {}, (_, ctx) => {
    for (let i = 0; i < 200; i++) ctx.log.info('x'.repeat(1000))
    return 'done'
  })
  const { url } = await serve(t, server, { maxReplayTotalBytes: 100_000 })
  const [modest, greedy] = [await open(url), await open(url)]
  const call = await say(url, { headers: modest, body: callTool(1, 'little') })
  const events = call.events()
  const { id } = ((await events.next()), await events.next()).value!
  call.hangUp()
  cut.open()
  await (await say(url, { headers: modest, body: { jsonrpc: '2.0', id: 2, method: 'ping' } })).text()
  await (await say(url, { headers: greedy, body: callTool(1, 'much') })).text()
  const resumed = await say(url, { method: 'GET', headers: { ...modest, 'last-event-id': id } })
  t.equal(resumed.status, 200, 'the modest client finds the two events it missed')
  resumed.hangUp()
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
