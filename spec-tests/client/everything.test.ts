/** Our client and our everything server in one process, in each revision: the same calls, whichever way the server asks or goes on as a task. */
import t, { type Test } from 'tap'
import { acceptDefaults, type Answerers, type Call, type CallToolResult, type Client } from '../../lib/client.js'
import { openClient } from '../../lib/client/client.js'
import { everything } from '../../lib/examples/everything.js'
import { DirectCarrier } from '../../lib/io/direct.js'
import { REVISIONS } from '../../lib/revisions/index.js'
import { MODERN, TestClock } from './scripted.js'

const SESSION = '2025-11-25'
const ANSWERS: Answerers = {
  elicit: ({ requestedSchema }) => {
    const own = Object.keys(requestedSchema.properties as object).map(name => [name, name === 'confirm' ? true : name])
    return { action: 'accept', content: { ...Object.fromEntries(own), ...acceptDefaults(requestedSchema).content } }
  },
  sample: ({ messages }) => ({ role: 'assistant', content: { type: 'text', text: `${messages.length} heard` }, model: 'm' }),
  roots: () => [{ uri: 'file:///srv', name: 'srv' }],
}

const opened = async (t: Test, revision: string): Promise<{ client: Client; clock: TestClock }> => {
  const clock = new TestClock()
  const client = await openClient(new DirectCarrier(everything()), clock, REVISIONS.filter(({ id }) => id === revision), { info: { name: 'c', version: '1' }, answers: ANSWERS })
  t.teardown(() => client.close())
  return { client, clock }
}
const said = ({ content }: CallToolResult): string => content.map(block => (block.type === 'text' ? block.text : block.type)).join(' ')

/** The text of a call that has to be looked at: time moves whenever it is waited for. */
const looked = async (call: Call<CallToolResult>, clock: TestClock): Promise<string> => {
  let over = false
  const result = call.result.finally(() => {
    over = true
  })
  result.catch(() => {})
  while (!over) {
    await Promise.race([clock.armed(250), result.catch(() => {})])
    clock.advance(250)
  }
  return said(await result)
}

for (const revision of ['2025-06-18', SESSION, MODERN]) {
  t.test(`${revision} client/elicitation, client/sampling, client/roots  what the server asks is answered by the same functions`, async t => {
    const { client } = await opened(t, revision)
    t.equal(client.revision.id, revision)
    t.match(said(await client.callTool('test_elicitation_sep1034_defaults').result), /"action":"accept".*"name":"John Doe".*"verified":true/)
    t.match(said(await client.callTool('test_sampling', { prompt: 'hi' }).result), /1 heard/)
    t.match(said(await client.callTool('ask_roots').result), /file:\/\/\/srv/)
  })
}

t.test(`${SESSION} basic/utilities/tasks  the same tools as tasks: plain, asking, failing, cancelled`, async t => {
  const { client } = await opened(t, SESSION)
  await client.listTools()
  const plain = client.callTool('slow_compute', { seconds: 0, label: 'x' })
  t.match(said(await plain.result), /^x: done/)
  t.equal(plain.task, undefined)
  const task = client.callTool('slow_compute', { seconds: 0, label: 'y' }, { task: { ttlMs: 5000 } })
  t.match(said(await task.result), /^y: done/)
  t.match(task.task, { ttlMs: 5000 })
  t.match(said(await client.callTool('confirm_delete', { filename: 'a' }, { task: true }).result), /a was deleted/)
  t.match(said(await client.callTool('multi_input', {}, { task: true }).result), /\{"name":"name"\} \{"colour":"colour"\}/)
  t.match(said(await client.callTool('greet', { name: 'N' }, { task: true }).result), /Hello, N!/, 'a tool that is no task is called as ever')
  const slow = client.callTool('slow_compute', { seconds: 3600 }, { task: true })
  while (!slow.task) await new Promise(setImmediate)
  const { taskId } = slow.task
  t.match((await client.listTasks()).at(-1), { taskId, status: 'working' })
  await client.cancelTask(taskId)
  await t.rejects(slow.result, { name: 'Cancelled' })
  t.equal((await client.getTask(taskId)).status, 'cancelled')
})

t.test(`${MODERN} SEP-2663  the same tools as tasks, without a word from the caller`, async t => {
  const { client, clock } = await opened(t, MODERN)
  const slow = client.callTool('slow_compute', { seconds: 0, label: 'x' })
  t.match(await looked(slow, clock), /^x: done/)
  t.equal(slow.task!.status, 'completed')
  t.match(await looked(client.callTool('confirm_delete', { filename: 'a' }), clock), /a was deleted/)
  t.match(await looked(client.callTool('multi_input'), clock), /\{"name":"name"\} \{"colour":"colour"\}/)
  const sync = client.callTool('slow_compute', { seconds: 0, label: 'z' }, { task: false })
  t.match(said(await sync.result), /^z: done/)
  t.equal(sync.task, undefined)
  await t.rejects(client.callTool('failing_job', {}, { task: false }).result, { name: 'RpcError', code: -32021 })
  const long = client.callTool('slow_compute', { seconds: 3600 })
  while (!long.task) await new Promise(setImmediate)
  const other = client.taskResult(long.task.taskId)
  await client.cancelTask(long.task.taskId)
  await t.rejects(looked(long, clock), { name: 'Cancelled' })
  await t.rejects(looked(other, clock), { name: 'Cancelled' })
})
