/** Process safety: an application's callbacks that throw, reject, or say neither yes nor no. Run in this process: tap fails on what nobody caught. */
import t from 'tap'
import type { ServerOptions } from '../../lib/server.js'
import { heard, listenTo, make, modern, open, say, serve } from '../http.js'
import { INFO, initialized, log, scripted } from '../client/scripted.js'
import { connect } from '../../lib/client.js'

const boom = (): never => { throw new Error('hunter2') }
const boomLater = async (): Promise<never> => {
  await new Promise(resolve => setImmediate(resolve))
  return boom()
}
const turns = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
}

/** Runs while rejections that nobody handles are counted rather than fatal. */
const uncaughtIn = async (run: () => Promise<void>): Promise<string[]> => {
  const seen: string[] = []
  const before = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', error => seen.push(String(error)))
  try {
    await run()
    await turns()
    return seen
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of before) process.on('unhandledRejection', listener)
  }
}

t.test('class process-safety  onError that throws or rejects does no harm', async t => {
  for (const [name, onError] of [['throws', boom], ['rejects', boomLater]] as const) {
    const server = make({ onError: onError as NonNullable<ServerOptions['onError']> })
    server.tool('fails', {}, boom)
    const { url } = await serve(t, server)
    const uncaught = await uncaughtIn(async () => {
      t.match(await heard(modern(url, 'tools/call', { name: 'fails' })), { result: { isError: true } }, name)
      t.match(await heard(modern(url, 'tools/list')), { result: { tools: [{ name: 'fails' }] } }, 'and the server goes on')
    })
    t.strictSame(uncaught, [], name)
  }
})

t.test('class process-safety  onFollow and onUnfollow that throw or reject do no harm', async t => {
  for (const [name, bad] of [['throws', boom], ['rejects', boomLater]] as const) {
    for (const hook of ['onFollow', 'onUnfollow']) {
      const server = make({ listen: { [hook]: bad as () => void } })
      server.resource('test:///a', {}, () => 'a')
      const { url } = await serve(t, server)
      const uncaught = await uncaughtIn(async () => {
        const headers = await open(url)
        for (const method of ['resources/subscribe', 'resources/unsubscribe']) {
          const said = await heard(say(url, { headers, body: { jsonrpc: '2.0', id: 1, method, params: { uri: 'test:///a' } } }))
          t.ok(said.result ?? said.error, `${hook} ${name}: ${method} is answered`)
        }
        const listener = await listenTo(url, { resourceSubscriptions: ['test:///a'] })
        listener.answer.hangUp()
        t.match(await heard(modern(url, 'resources/read', { uri: 'test:///a' })), { result: {} }, 'and the server goes on')
      })
      t.strictSame(uncaught, [], `${hook} ${name}`)
    }
  }
})

t.test('class process-safety  principal that throws or rejects lets nobody in', async t => {
  for (const [name, principal] of [['throws', boom], ['rejects', boomLater]] as const) {
    const { url, stats } = await serve(t, make(), { principal: principal as never })
    const uncaught = await uncaughtIn(async () => {
      const answer = await say(url, { body: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: INFO } } })
      t.notMatch(await answer.text(), /hunter2/)
      t.equal(answer.status, 500, name)
      t.equal(stats().sessions, 0, 'no session was opened')
    })
    t.strictSame(uncaught, [], name)
  }
})

t.test('class DNS rebinding  a predicate allows by saying true, and by nothing else', async t => {
  // CVE-2026-33032 is the same mistake with an empty list: what was not decided was allowed
  const body = { jsonrpc: '2.0', id: 1, method: 'ping' }
  for (const [name, says] of [['a promise of false', async () => false], ['an object', () => ({})], ['a text', () => 'no'], ['throws', boom]] as const) {
    for (const option of ['hosts', 'origins']) {
      const { url } = await serve(t, make(), { [option]: says as never })
      const headers = option === 'hosts' ? { host: 'evil.example' } : { origin: 'http://evil.example' }
      const answer = await say(url, { headers, body })
      t.equal(answer.status, name === 'throws' ? 500 : 403, `${option}: ${name}`)
      t.notMatch(await answer.text(), /hunter2/)
    }
  }
})

t.test('class process-safety  a client\'s listeners and answers may throw and reject', async t => {
  for (const [name, bad] of [['throws', boom], ['rejects', boomLater]] as const) {
    const server = await scripted(t, {
      initialize: arrived => initialized(arrived, 's'),
      'tools/call': arrived => {
        for (let i = 0; i < 3; i++) arrived.event(log(i))
        arrived.event({ jsonrpc: '2.0', method: 'notifications/progress', params: { nonsense: true } })
        arrived.event({ jsonrpc: '2.0', id: 77, method: 'roots/list' })
        arrived.finish({ content: [] })
      },
    })
    const uncaught = await uncaughtIn(async () => {
      const events = { onError: bad, onDropped: bad, onSessionReplaced: bad, onToolRejected: bad } as never
      const client = await connect(server.url, { info: INFO, revision: '2025-11-25', maxQueuedNotifications: 1, events, answers: { roots: bad } as never })
      t.match(await client.callTool('x', {}).result, { content: [] }, name)
      t.match(await (await server.until(({ message }) => message.id === 77 && message.method === undefined)).message, { error: { code: -32603 } }, 'the server learns that there is no answer')
      t.notMatch(JSON.stringify(server.arrived.map(({ message }) => message)), /hunter2/, 'and not why')
      await client.close()
    })
    t.strictSame(uncaught, [], name)
  }
})
