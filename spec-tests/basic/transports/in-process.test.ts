/** A client straight to a server in the same process (basic/transports#custom-transports): no port, and still text both ways. */
import t, { type Test } from 'tap'
import { needs, type Server } from '../../../lib/server.js'
import type { RpcMessage } from '../../../lib/wire/json-rpc.js'
import { openClient, type Client } from '../../../lib/client/client.js'
import type { ClientOptions } from '../../../lib/client/options.js'
import { clock } from '../../../lib/io/clock.js'
import { DirectCarrier } from '../../../lib/io/direct.js'
import { find, REVISIONS } from '../../../lib/revisions/index.js'
import { INFO } from '../../client/scripted.js'
import { gate, make } from '../../http.js'
import { modern } from '../../lines.js'

const SESSIONS = REVISIONS.filter(({ sessions, http }) => sessions || http === 'http+sse')

const open = async (t: Test, server: Server, options: Partial<ClientOptions> = {}, offered = SESSIONS): Promise<Client> => {
  const client = await openClient(new DirectCarrier(server), clock, offered, { info: INFO, ...options })
  t.teardown(() => client.close())
  return client
}

t.test('every session revision is spoken, and what is sent arrives as text would: without what JSON has no word for', async t => {
  for (const revision of SESSIONS) {
    const server = make().tool('keys', {}, args => Object.keys(args as object).join())
    const client = await open(t, server, {}, [revision])
    t.equal(client.revision, revision)
    const shared = { a: 1, lost: undefined, date: new Date(0) }
    t.match(await client.callTool('keys', shared).result, { content: [{ text: 'a,date' }] })
  }
})

t.test('notifications arrive as they are said, questions are answered, and changes are told', async t => {
  const go = gate()
  const server = make().tool('work', {}, async (_, ctx) => {
    void ctx.log.info('first')
    await go.opened
    void ctx.progress(1)
    return ctx.answers.it ? JSON.stringify(ctx.answers.it) : needs({ it: { method: 'roots/list' } })
  })
  const client = await open(t, server, { answers: { roots: () => [{ uri: 'file:///a' }] } })
  const call = client.callTool('work', {}, { progress: true })
  const notes = call[Symbol.asyncIterator]()
  t.match((await notes.next()).value, { method: 'notifications/message', params: { data: 'first' } })
  go.open()
  t.match((await notes.next()).value, { method: 'notifications/progress' })
  t.match(await call.result, { content: [{ text: '{"roots":[{"uri":"file:///a"}]}' }] })
  server.tool('more', {}, () => '')
  t.match((await client.notifications[Symbol.asyncIterator]().next()).value, { method: 'notifications/tools/list_changed' })
})

t.test('2026-07-28 basic/transports/stdio#cancellation  giving up a request cancels it, as over any pipe', async t => {
  const started = gate()
  const stopped = gate()
  const server = make().tool('wait', {}, (_, ctx) => new Promise(() => {
    ctx.signal.addEventListener('abort', () => stopped.open())
    started.open()
  }))
  const carrier = new DirectCarrier(server)
  const line = carrier.send(modern(1, 'tools/call', { name: 'wait' }) as RpcMessage, { revision: find('2026-07-28')! }, { hear: () => t.fail(), end: () => t.fail(), fault: () => t.fail() })
  await started.opened
  line.stop()
  await stopped.opened
  await carrier.close()
})

t.test('closing cancels what runs, and the server forgets the client', async t => {
  const started = gate()
  let aborted = false
  const server = make().tool('wait', {}, (_, ctx) => new Promise(() => {
    ctx.signal.addEventListener('abort', () => (aborted = true))
    started.open()
  }))
  const client = await open(t, server)
  const call = client.callTool('wait')
  await started.opened
  await client.close()
  await t.rejects(call.result, { name: 'Cancelled' })
  t.ok(aborted)
  t.equal(server.changes.audiences.size, 0)
  await t.rejects(client.ping(), { name: 'Cancelled' })
})
