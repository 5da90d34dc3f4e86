/** Methods and notifications that only the two sides know: typed by their schemas, and held against them, in both directions. */
import t, { type Test } from 'tap'
import { connect, notificationOf, type Client } from '../../lib/client.js'
import type { Server } from '../../lib/server.js'
import { make, serve } from '../http.js'

const SESSION = '2025-11-25'
const MODERN = '2026-07-28'
const PARAMS = { type: 'object', required: ['times'], properties: { times: { type: 'integer', minimum: 1 } } } as const
const RESULT = { type: 'object', required: ['words'], properties: { words: { type: 'array', items: { type: 'string' } } } } as const
const CHANGED = { type: 'object', required: ['at'], properties: { at: { type: 'number' } } } as const

const opened = async (t: Test, server: Server, revision: string): Promise<Client> => {
  const { url } = await serve(t, server)
  const client = await connect(url, { info: { name: 'test', version: '1' }, revision })
  t.teardown(() => client.close())
  return client
}

const echoing = (): Server =>
  make().method('com.example/echo', { params: PARAMS }, async ({ times }, ctx) => {
    // typed from the schema: `times` is a number
    const at: number = times
    await ctx.notify('com.example/changed', { at })
    return { words: Array.from({ length: times }, () => 'word') }
  })

t.test('a request of the application\'s own, with what is said on the way to its answer', async t => {
  const changed = await notificationOf('com.example/changed', CHANGED)
  for (const revision of [SESSION, MODERN]) {
    const client = await opened(t, echoing(), revision)
    const call = client.request('com.example/echo', { times: 2 }, { result: RESULT })
    const seen: (number | undefined)[] = []
    for await (const note of call) seen.push(changed(note)?.at)
    const { words } = await call.result
    const first: string | undefined = words?.[0]
    t.equal(first, 'word')
    t.same([seen, words], [[2], ['word', 'word']], revision)
  }
})

t.test('what does not fit is refused, on the side that sees it', async t => {
  const server = echoing().method('com.example/wrong', {}, () => ({ words: 7 }))
  for (const revision of [SESSION, MODERN]) {
    const client = await opened(t, server, revision)
    await t.rejects(client.request('com.example/echo', { times: 0 }).result, { name: 'RpcError', code: -32602, message: /params\.times must be >= 1, not 0/ }, revision)
    await t.rejects(client.request('com.example/echo').result, { code: -32602, message: /params\.times is required/ })
    await t.rejects(client.request('com.example/wrong', {}, { result: RESULT }).result, { name: 'InvalidMessage', message: /com\.example\/wrong: result\.words must be an array, not 7/ })
    t.match(await client.request('com.example/wrong').result, { words: 7 }, 'any object, unless something is said')
    t.throws(() => client.request('com.example/echo', {}, { result: { type: 'text' } as never }), { name: 'TypeError', message: /request com\.example\/echo: result\/type must be one or some of/ })
  }
  t.throws(() => server.method('com.example/bad', { params: { type: 'text' } as never }, () => ({})), { name: 'TypeError', message: /method com\.example\/bad: params\/type/ })
})

t.test('notifications of the application\'s own, from a client and to every session', async t => {
  const errors: unknown[] = []
  const heard: number[] = []
  const server = make({ onError: error => errors.push(error) })
  server.tool('none', {}, () => '')
  server.onNotification('com.example/moved', { params: CHANGED }, ({ at }) => heard.push(at))
  const clients = [await opened(t, server, SESSION), await opened(t, server, SESSION)]
  await clients[0]!.notify('com.example/moved', { at: 1 })
  await clients[0]!.notify('com.example/moved', { at: 'here' })
  await clients[0]!.notify('com.example/other', { at: 2 })
  await clients[0]!.notify('com.example/moved', { at: 3 })
  await clients[0]!.ping()
  t.same(heard, [1, 3])
  t.match(errors, [{ code: -32602, message: /params\.at must be a number, not "here"/ }], 'who hears is told of what it did not hear')

  t.equal(server.notify('com.example/changed', { at: 4 }), 2)
  for (const { notifications } of clients) t.match((await notifications[Symbol.asyncIterator]().next()).value, { method: 'com.example/changed', params: { at: 4 } })
  for (const method of ['notifications/message', 'notifications/cancelled', 'tools/call']) t.throws(() => server.notify(method), { name: 'TypeError', message: /the protocol's own/ }, method)
})
