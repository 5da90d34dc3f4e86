/** How calls and clients end: time-outs pushed by progress, cancellation, closing. Client of basic/utilities and basic/lifecycle#timeouts. */
import t from 'tap'
import { connect } from '../../lib/client.js'
import type { Notification } from '../../lib/client.js'
import { type Arrived, DONE, INFO, initialized, log, open, scripted, SESSIONS, TestClock } from './scripted.js'

t.test('2025-11-25 basic/utilities/progress  a token is made when asked for, and progress pushes the time-out up to a maximum', async t => {
  const server = await scripted(t, { 'tools/call': arrived => arrived.write(': at work\n\n') })
  const clock = new TestClock()
  const client = await open(t, server.url, clock)
  const call = client.callTool('work', {}, { progress: true, timeoutMs: 100, maxTotalMs: 250, meta: { 'example.com/x': 1 } })
  const { message, event } = await server.until(({ message }) => message.method === 'tools/call')
  const { progressToken } = message.params!['_meta'] as { progressToken: number }
  t.same(message.params!['_meta'], { 'example.com/x': 1, progressToken })
  t.ok(Number.isSafeInteger(progressToken))
  const notes = call[Symbol.asyncIterator]()
  for (const progress of [1, 2]) {
    clock.advance(90)
    event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress } })
    const { value } = await notes.next() as { value: Notification }
    t.match(value, { method: 'notifications/progress', params: { progress } })
  }
  clock.advance(69)
  t.equal(await Promise.race([call.result, Promise.resolve('waiting')]), 'waiting')
  clock.advance(1)
  await t.rejects(call.result, { name: 'Timeout', limit: 'maxTotalMs', afterMs: 250 })
  t.same(await notes.next(), { value: undefined, done: true })
})

t.test('progress that comes on the standalone stream belongs to the call whose token it bears; unasked or unknown, to nobody', async t => {
  let get!: Arrived
  const progress = (progressToken: unknown, done: number): object => ({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: done } })
  const server = await scripted(t, {
    GET: arrived => {
      get = arrived
      arrived.write(': open\n\n')
    },
    'tools/call': arrived => {
      const id = arrived.message.id as number
      if (arrived.message.params!.name === 'unasked') {
        arrived.event(progress(id, 1))
        return arrived.finish(DONE)
      }
      get.event(progress('unknown', 1))
      get.event(progress(id, 2))
    },
  })
  const client = await open(t, server.url, new TestClock())
  const unasked = client.callTool('unasked')
  for await (const _ of unasked) t.fail('nobody asked for progress')
  const asked = client.callTool('asked', {}, { progress: true })
  for await (const note of asked) {
    t.match(note, { method: 'notifications/progress', params: { progress: 2 } })
    break
  }
})

t.test('2025-11-25 basic/lifecycle#timeouts  a request that runs out of time is cancelled, and its late answer is dropped', async t => {
  const server = await scripted(t, { 'tools/call': () => {} })
  const clock = new TestClock()
  const errors: Error[] = []
  const client = await open(t, server.url, clock, { timeoutMs: 500, listen: false, events: { onError: error => errors.push(error) } })
  const call = client.callTool('slow')
  const asked = await server.until(({ message }) => message.method === 'tools/call')
  const { message } = asked
  clock.advance(499)
  t.equal(await Promise.race([call.result, Promise.resolve('waiting')]), 'waiting')
  clock.advance(1)
  await t.rejects(call.result, { name: 'Timeout', limit: 'timeoutMs', afterMs: 500, message: /tools\/call .* 500 ms/ })
  const cancelled = await server.until(({ message }) => message.method === 'notifications/cancelled')
  t.equal(cancelled.message.params!.requestId, message.id)
  t.equal(cancelled.headers['mcp-protocol-version'], '2025-11-25')
  asked.result(DONE)
  await client.ping()
  t.same(errors, [])
})

t.test('a notification that the server never takes runs out of time, in the opening too', async t => {
  const server = await scripted(t, { 'notifications/roots/list_changed': () => {} })
  const clock = new TestClock()
  const client = await open(t, server.url, clock, { timeoutMs: 800 })
  const told = client.notify('notifications/roots/list_changed')
  await clock.armed(800)
  clock.advance(800)
  await t.rejects(told, { name: 'Timeout', message: /list_changed/ })
  const deaf = await scripted(t, { 'notifications/initialized': () => {} })
  const opening = open(t, deaf.url, clock, { timeoutMs: 900 })
  await deaf.until(({ message }) => message.method === 'notifications/initialized')
  clock.advance(900)
  await t.rejects(opening, { name: 'Timeout', message: /initialized/ })
})

t.test('2025-11-25 basic/utilities/cancellation  cancel() and a signal tell the server once, with the reason', async t => {
  const server = await scripted(t, { 'tools/call': arrived => arrived.event(log('started')) })
  const client = await open(t, server.url, new TestClock())
  const one = client.callTool('one')
  for await (const _ of one) break
  const dropped = new Promise<void>(resolve => server.arrived.at(-1)!.res.on('close', resolve))
  one.cancel('no longer wanted')
  await dropped
  one.cancel('again')
  await t.rejects(one.result, { name: 'Cancelled', message: /no longer wanted/ })
  const controller = new AbortController()
  const two = client.callTool('two', {}, { signal: controller.signal })
  for await (const _ of two) controller.abort(new Error('user left'))
  await t.rejects(two.result, { name: 'Cancelled', message: /user left/ })
  await server.until(({ message }) => message.params?.reason === 'user left')
  const told = server.arrived.filter(({ message }) => message.method === 'notifications/cancelled').map(({ message }) => message.params)
  const ids = server.arrived.filter(({ message }) => message.method === 'tools/call').map(({ message }) => message.id)
  t.same(told, [{ requestId: ids[0], reason: 'no longer wanted' }, { requestId: ids[1], reason: 'user left' }])
  const never = client.callTool('three', {}, { signal: controller.signal })
  await t.rejects(never.result, { name: 'Cancelled' })
  t.equal(server.said.filter(method => method === 'tools/call').length, 2, 'what was aborted before is not sent')
})

t.test('2025-11-25 basic/utilities/cancellation#behavior-requirements  initialize is never cancelled', async t => {
  const server = await scripted(t, { initialize: () => {} })
  const clock = new TestClock()
  const opening = open(t, server.url, clock, { timeoutMs: 700 })
  await server.until(({ message }) => message.method === 'initialize')
  clock.advance(700)
  await t.rejects(opening, { name: 'Timeout', limit: 'timeoutMs', afterMs: 700, message: /initialize/ })
  const controller = new AbortController()
  const connecting = connect(server.url, { info: INFO, revisions: SESSIONS, signal: controller.signal })
  await server.until(({ message }) => message.method === 'initialize' && server.arrived.length > 1)
  controller.abort()
  await t.rejects(connecting, { name: 'Cancelled' })
  t.same(server.said, ['initialize', 'initialize'])
})

t.test('close() rejects what is pending, ends the loops, and holds nothing open', async t => {
  const server = await scripted(t, { 'tools/call': arrived => arrived.event(log('started')), GET: arrived => arrived.write(': open\n\n') })
  const client = await connect(server.url, { info: INFO, revisions: SESSIONS })
  const call = client.callTool('work')
  for await (const _ of call) break
  const stray = client.notifications[Symbol.asyncIterator]().next()
  await client.close()
  await t.rejects(call.result, { name: 'Cancelled', message: /closed/ })
  t.same(await stray, { value: undefined, done: true })
  await t.rejects(client.callTool('late').result, { name: 'Cancelled' })
  await t.rejects(client.notify('notifications/roots/list_changed'), { name: 'Cancelled' })
  await client.close()
})

t.test('a closing client does not wait for a server that never answers DELETE', async t => {
  const server = await scripted(t, { initialize: arrived => initialized(arrived, 's'), DELETE: () => {} })
  const clock = new TestClock()
  const client = await open(t, server.url, clock, { leaveTimeoutMs: 300 })
  const closing = client.close()
  await server.until(({ verb }) => verb === 'DELETE')
  await clock.armed(300)
  clock.advance(300)
  await t.resolves(closing)
})
