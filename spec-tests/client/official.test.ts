/** Our client with servers of the official SDKs, where they do what is hard: ask, hang up and be polled, speak unasked, end a session. */
import t from 'tap'
import { acceptDefaults, connect, type ConnectOptions, type Notification } from '../../lib/client.js'
import { INFO, makeV1, makeV2, serve } from './official-servers.js'

const OPTIONS: ConnectOptions = { info: INFO, answers: { elicit: ({ requestedSchema }) => acceptDefaults(requestedSchema) } }

for (const [name, make] of [['SDK 1.32.2', makeV1], ['server 2.4.0', makeV2]] as const) {
  t.test(`official ${name}: a question is answered, a lost session is replaced, DELETE ends it`, async t => {
    const { url, sessions } = await serve(t, make)
    const replaced: string[] = []
    const client = await connect(url, { ...OPTIONS, events: { onSessionReplaced: why => replaced.push(why) } })
    const ask = async (): Promise<unknown> => (await client.callTool('ask').result).content
    t.same(await ask(), [{ type: 'text', text: '{"name":"John"}' }])
    t.equal(sessions.size, 1)
    const [first] = sessions.keys()
    sessions.clear()
    t.same(await ask(), [{ type: 'text', text: '{"name":"John"}' }])
    t.equal(replaced.length, 1)
    const [second] = sessions.keys()
    t.not(first, second)
    await client.close()
    const after = await fetch(url, { headers: { accept: 'text/event-stream', 'mcp-session-id': second! } })
    await after.body?.cancel()
    t.not(after.status, 200, 'the session is over')
  })
}

t.test('official SDK 1.32.2: a call whose stream is closed by the server is polled, and nothing is lost', async t => {
  const { url } = await serve(t, makeV1)
  const client = await connect(url, OPTIONS)
  t.teardown(() => client.close())
  const call = client.callTool('leave')
  const heard: unknown[] = []
  for await (const note of call) heard.push(dataOf(note))
  t.same(heard, ['after hanging up'])
  t.same((await call.result).content, [{ type: 'text', text: 'left' }])
  const { value } = await client.notifications[Symbol.asyncIterator]().next()
  t.equal(dataOf(value), 'while nobody listened', 'the SDK sends what has no request to the standalone stream')
})

const dataOf = (note: Notification): unknown => (note.method === 'notifications/message' ? note.params.data : note.method)
