/** Tools that go on as tasks, as a client follows them: the extension of SEP-2663. */
import t from 'tap'
import { ProtocolError, RpcError } from '../../lib/client.js'
import { type Arrived, deferred, DONE, openModern, type Script, TestClock } from './scripted.js'
import { AT, inTurn, nth, of, own, refuses, says } from './task-server.js'

const EXTENSION = 'io.modelcontextprotocol/tasks'
const EXTENDED = { tools: {}, extensions: { [EXTENSION]: {} } }
const COMPLETE = { resultType: 'complete', ...DONE }
const FORM = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
const form = (message: string): object => ({ method: 'elicitation/create', params: { message, requestedSchema: FORM } })

/** A task as the extension has it; made when no `more` says otherwise. */
const task = (status: string, more: object = {}): object => ({ resultType: 'complete', taskId: 't1', status, ...AT, ttlMs: 60_000, pollIntervalMs: 500, ...more })
const made = (more: object = {}): object => task('working', { resultType: 'task', ...more })
const declares = ({ message }: Arrived): boolean =>
  EXTENSION in ((message.params!['_meta'] as Record<string, { extensions?: object }>)['io.modelcontextprotocol/clientCapabilities']!.extensions ?? {})

t.test('2026-07-28 SEP-2663#task-polling  a task is looked at as often as it says, and its result is the tool\'s', async t => {
  const { client, server, clock } = await openModern(t, {
    'tools/call': says(made({ statusMessage: 'begun' })),
    'tasks/get': says(task('working', { pollIntervalMs: 2000 }), task('completed', { result: COMPLETE })),
  }, {}, new TestClock(), EXTENDED)
  const seen: string[] = []
  const call = client.callTool('work', { a: 1 }, { onTask: ({ status, statusMessage }) => seen.push(`${status} ${statusMessage}`) })
  t.equal(call.task, undefined)
  await clock.armed(500)
  t.strictSame(call.task, { taskId: 't1', status: 'working', statusMessage: 'begun', ...AT, ttlMs: 60_000, pollIntervalMs: 500 })
  clock.advance(499)
  t.equal(of(server, 'tasks/get').length, 0)
  clock.advance(1)
  await clock.armed(2000)
  clock.advance(2000)
  t.strictSame(await call.result, COMPLETE)
  t.equal(call.task!.status, 'completed')
  t.strictSame(seen, ['working begun', 'working undefined', 'completed undefined'])
  t.strictSame(own(of(server, 'tools/call')[0]!), { name: 'work', arguments: { a: 1 } }, 'the extension has no member that asks for a task')
  for (const { headers, message } of of(server, 'tasks/get')) {
    t.match(headers, { 'mcp-method': 'tasks/get', 'mcp-name': 't1' })
    t.match(message.params, { taskId: 't1' })
  }
  t.ok(server.arrived.slice(1).every(declares), 'each request declares the extension')
})

t.test('a poll interval is bounded below, and has a default', async t => {
  const { client, server, clock } = await openModern(t, {
    'tools/call': says(made({ pollIntervalMs: 0 })),
    'tasks/get': says(task('working', { pollIntervalMs: undefined }), task('completed', { result: COMPLETE })),
  }, {}, new TestClock(), EXTENDED)
  const call = client.callTool('work')
  await clock.armed(100)
  clock.advance(100)
  await clock.armed(1000)
  t.equal(of(server, 'tasks/get').length, 1)
  clock.advance(1000)
  await call.result
})

t.test('2026-07-28 SEP-2663#task-status  failed is the error of the request, cancelled is Cancelled, a tool\'s own failure is a result', async t => {
  const ends = async (state: object): Promise<{ content: unknown; isError?: boolean }> => {
    const { client } = await openModern(t, { 'tools/call': says(made({ status: 'input_required' })), 'tasks/get': says(state) }, {}, new TestClock(), EXTENDED)
    return client.callTool('work').result
  }
  await t.rejects(ends(task('failed', { error: { code: -32603, message: 'broke', data: 7 } })), new RpcError({ code: -32603, message: 'broke', data: 7 }, 'tools/call'))
  await t.rejects(ends(task('cancelled', { statusMessage: 'by the operator' })), { name: 'Cancelled', message: /the task was cancelled: by the operator/ })
  t.match(await ends(task('completed', { result: { ...COMPLETE, isError: true } })), { isError: true })
  await t.rejects(ends(task('completed')), { name: 'InvalidMessage', message: /completed and has no result/ })
  await t.rejects(ends(task('failed')), { name: 'InvalidMessage', message: /failed and has no error/ })
  await t.rejects(ends(task('completed', { result: { content: 5 } })), { name: 'InvalidMessage', message: /result\.content must be an array/ })
  await t.rejects(ends(task('completed', { result: made() })), { name: 'InvalidMessage' })
  await t.rejects(ends(task('paused')), { name: 'InvalidMessage', message: /status "paused"; expected one of working/ })
  await t.rejects(ends({ ...task('working'), taskId: 't2' }), { name: 'InvalidMessage', message: /"t2"; expected "t1"/ })
})

t.test('2026-07-28 SEP-2663#capability-negotiation  a task is taken only where it was declared, and only for a tool', async t => {
  const get = { 'tasks/get': says(task('completed', { result: COMPLETE })) }
  const { client, server } = await openModern(t, { ...get, 'tools/call': says(made({ status: 'completed' })), 'prompts/get': says(made()) }, { tasks: false }, new TestClock(), { ...EXTENDED, prompts: {} })
  await t.rejects(client.callTool('work').result, { name: 'InvalidMessage', message: /a task, which this request did not allow/ })
  await client.callTool('work', {}, { task: true }).result
  await t.rejects(client.getPrompt('p', {}, { task: true }).result, { name: 'InvalidMessage', message: /prompts\/get: the result is a task/ })
  t.strictSame(server.arrived.slice(1).map(declares), [false, true, true, true], 'looking at it declares it as well')
  const { client: willing, server: other } = await openModern(t, { ...get, 'tools/call': says(made()) }, {}, new TestClock(), EXTENDED)
  await t.rejects(willing.callTool('work', {}, { task: false }).result, { name: 'InvalidMessage' })
  t.notOk(declares(other.arrived[1]!))
})

t.test('2026-07-28 SEP-2663#task-update-requests  what a task asks is answered once, by tasks/update, while looking goes on', async t => {
  const asked: string[] = []
  const answered = deferred<void>()
  const name = (message: string): object => ({ action: 'accept', content: { name: message } })
  const { client, server, clock } = await openModern(t, {
    'tools/call': says(made()),
    'tasks/get': says(
      task('input_required', { inputRequests: { one: form('1') } }),
      task('input_required', { inputRequests: { one: form('1'), two: form('2') } }),
      task('working'),
      task('completed', { result: COMPLETE }),
    ),
    'tasks/update': says({ resultType: 'complete' }),
  }, { answers: { elicit: async ({ message }) => {
    asked.push(message)
    if (message === '1') await answered.promise
    return { action: 'accept', content: { name: message } }
  } } }, new TestClock(), EXTENDED)
  const call = client.callTool('work')
  for (let n = 1; n <= 2; n++) {
    await clock.armed(500)
    clock.advance(500)
    await nth(server, 'tasks/get', n)
  }
  await nth(server, 'tasks/update', 1)
  answered.resolve()
  await nth(server, 'tasks/update', 2)
  for (let n = 3; n <= 4; n++) {
    await clock.armed(500)
    clock.advance(500)
    await nth(server, 'tasks/get', n)
  }
  await call.result
  t.strictSame(asked, ['1', '2'])
  t.strictSame(of(server, 'tasks/update').map(own), [
    { taskId: 't1', inputResponses: { two: name('2') } },
    { taskId: 't1', inputResponses: { one: name('1') } },
  ])
  t.match(of(server, 'tasks/update')[0]!.headers, { 'mcp-name': 't1' })
})

t.test('an answer that fails fails the call, and cancels the task that waits for it', async t => {
  const failure = new Error('the window was closed')
  const { client, server } = await openModern(t, {
    'tools/call': says(made({ status: 'input_required' })),
    'tasks/get': says(task('input_required', { inputRequests: { who: form('?') } })),
    'tasks/cancel': says({ resultType: 'complete' }),
  }, { answers: { elicit: () => Promise.reject(failure) } }, new TestClock(), EXTENDED)
  await t.rejects(client.callTool('work').result, failure)
  t.strictSame(own(await nth(server, 'tasks/cancel', 1)), { taskId: 't1' })
  t.equal(of(server, 'tasks/update').length, 0)
})

t.test('what a task asks is aborted when the task ends without it', async t => {
  const asked = deferred<AbortSignal>()
  const { client, server, clock } = await openModern(t, {
    'tools/call': says(made({ status: 'input_required' })),
    'tasks/get': says(task('input_required', { inputRequests: { who: form('?') } }), task('completed', { result: COMPLETE })),
  }, { answers: { elicit: (_, { signal }) => {
    asked.resolve(signal)
    return new Promise(() => {})
  } } }, new TestClock(), EXTENDED)
  const call = client.callTool('work')
  const signal = await asked.promise
  await clock.armed(500)
  clock.advance(500)
  await call.result
  t.ok(signal.aborted)
  t.equal(of(server, 'tasks/update').length, 0)
})

t.test('a task that asks without end is given up', async t => {
  let n = 0
  const { client, clock, server } = await openModern(t, {
    'tools/call': says(made({ status: 'input_required' })),
    'tasks/get': arrived => arrived.result(task('input_required', { inputRequests: { [`q${n++}`]: form('?') } })),
    'tasks/update': says({ resultType: 'complete' }),
  }, { maxRounds: 2, answers: { elicit: () => ({ action: 'decline' }) } }, new TestClock(), EXTENDED)
  const call = client.callTool('work')
  for (let looked = 1; looked <= 2; looked++) {
    await nth(server, 'tasks/update', looked)
    await clock.armed(500)
    clock.advance(500)
  }
  await t.rejects(call.result, { name: 'InvalidMessage', message: /after 2 rounds/ })
})

t.test('2026-07-28 SEP-2663#task-cancellation  cancel() sends tasks/cancel, never notifications/cancelled; so does a time-out; closing does neither', async t => {
  const scripts = { 'tools/call': says(made()), 'tasks/get': says(task('working')), 'tasks/cancel': says({ resultType: 'complete' }) }
  const { client, server, clock } = await openModern(t, scripts, { maxTotalMs: 10_000 }, new TestClock(), EXTENDED)
  const call = client.callTool('work')
  await clock.armed(500)
  call.cancel('enough')
  await t.rejects(call.result, { name: 'Cancelled', message: /enough/ })
  await nth(server, 'tasks/cancel', 1)
  clock.advance(500)
  await new Promise(setImmediate)
  await client.ping()
  t.equal(of(server, 'tasks/get').length, 0, 'nobody looks any more')

  const late = client.callTool('work')
  await clock.armed(500)
  clock.advance(10_000)
  await t.rejects(late.result, { name: 'Timeout', limit: 'maxTotalMs' })
  await nth(server, 'tasks/cancel', 2)

  const left = client.callTool('work')
  await clock.armed(500)
  await client.close()
  await t.rejects(left.result, { name: 'Cancelled' })
  t.equal(of(server, 'tasks/cancel').length, 2)
  t.notOk(server.said.includes('notifications/cancelled'))
})

t.test('timeoutMs is for each look, not for the task', async t => {
  const { client, clock, server } = await openModern(t, { 'tools/call': says(made({ pollIntervalMs: 900, ttlMs: null })), 'tasks/get': says(task('working', { pollIntervalMs: 900, ttlMs: null })) }, { timeoutMs: 1000 }, new TestClock(), EXTENDED)
  const call = client.callTool('work')
  for (let n = 1; n <= 5; n++) {
    await clock.armed(900)
    clock.advance(900)
    await nth(server, 'tasks/get', n)
  }
  await clock.armed(900)
  t.equal(await Promise.race([call.result, Promise.resolve('waiting')]), 'waiting')
})

t.test('2026-07-28 SEP-2663#task-polling  the time to live is a backstop', async t => {
  const { client, clock, server } = await openModern(t, {
    'tools/call': says(made({ ttlMs: 2000 })),
    'tasks/get': says(task('working', { ttlMs: 3000 })),
  }, {}, new TestClock(), EXTENDED)
  const call = client.callTool('work')
  for (let n = 1; n <= 6; n++) {
    await clock.armed(500)
    clock.advance(500)
    await nth(server, 'tasks/get', n)
  }
  await clock.armed(500)
  t.equal(await Promise.race([call.result.catch(() => 'failed'), Promise.resolve('waiting')]), 'waiting', 'its time to live was prolonged')
  clock.advance(500)
  await t.rejects(call.result, { name: 'TaskExpired', taskId: 't1', ttlMs: 3000 })
})

t.test('a clock whose timers are too short for a long time to live does not end it early', async t => {
  const clock = new TestClock()
  const short = Object.assign(Object.create(clock) as TestClock, { after: (ms: number, run: () => void) => clock.after(Math.min(ms, 1000), run) })
  const { client } = await openModern(t, { 'tools/call': says(made({ ttlMs: 1e12, pollIntervalMs: 700 })), 'tasks/get': says(task('completed', { result: COMPLETE })) }, {}, short, EXTENDED)
  const call = client.callTool('work')
  await clock.armed(700)
  clock.advance(1500)
  t.strictSame(await call.result, COMPLETE)
})

t.test('a look that fails in passing is repeated; one that is refused is not, nor one that fails again and again', async t => {
  const fails: Script = arrived => arrived.json('busy', 503, { 'Content-Type': 'text/plain' })
  const { client, clock, server } = await openModern(t, {
    'tools/call': says(made()),
    'tasks/get': inTurn(fails, arrived => arrived.res.destroy(), says(task('completed', { result: COMPLETE }))),
  }, {}, new TestClock(), EXTENDED)
  const call = client.callTool('work')
  for (let n = 1; n <= 3; n++) {
    await clock.armed(500)
    clock.advance(500)
    await nth(server, 'tasks/get', n)
  }
  await call.result

  const { client: forgotten } = await openModern(t, { 'tools/call': says(made({ status: 'completed' })), 'tasks/get': refuses(-32602, 'Task not found') }, {}, new TestClock(), EXTENDED)
  await t.rejects(forgotten.callTool('work').result, { name: 'RpcError', code: -32602 })

  const down = await openModern(t, { 'tools/call': says(made()), 'tasks/get': fails }, {}, new TestClock(), EXTENDED)
  const lost = down.client.callTool('work')
  for (let n = 1; n <= 5; n++) {
    await down.clock.armed(500)
    down.clock.advance(500)
    await nth(down.server, 'tasks/get', n)
  }
  await t.rejects(lost.result, { name: 'HttpRefusal', status: 503 })
})

t.test('2026-07-28 SEP-2663#rationale  rounds come first, then the task, and its questions are its own', async t => {
  const { client, server } = await openModern(t, {
    'tools/call': inTurn(
      arrived => arrived.result({ resultType: 'input_required', inputRequests: { who: form('before') } }),
      says(made({ status: 'input_required' })),
    ),
    'tasks/get': inTurn(says(task('input_required', { inputRequests: { who: form('after') } })), says(task('completed', { result: COMPLETE }))),
    'tasks/update': says({ resultType: 'complete' }),
  }, { answers: { elicit: ({ message }) => ({ action: 'accept', content: { name: message } }) } }, new TestClock(), EXTENDED)
  client.callTool('work')
  t.match(own(await nth(server, 'tasks/update', 1)), { inputResponses: { who: { content: { name: 'after' } } } })
  t.match(own(of(server, 'tools/call')[1]!), { inputResponses: { who: { content: { name: 'before' } } } })
})

t.test('2026-07-28 SEP-2663#task-status-notifications  what a subscription tells of a task is looked into at once', async t => {
  let stream!: Arrived
  const { client, server } = await openModern(t, {
    'tools/call': says(made({ pollIntervalMs: 60_000, ttlMs: null })),
    'tasks/get': says(task('completed', { result: COMPLETE })),
    'subscriptions/listen': arrived => {
      stream = arrived
      arrived.event({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { notifications: { taskIds: ['t1'] }, _meta: { 'io.modelcontextprotocol/subscriptionId': arrived.message.id } } })
    },
  }, {}, new TestClock(), EXTENDED)
  const call = client.callTool('work', {}, { onTask: ({ taskId }) => heard.push(taskId) })
  const heard: string[] = []
  const { notifications } = await new Promise<{ notifications: unknown }>(resolve => {
    const subscription = client.listen({ taskIds: ['t1'] })
    void subscription.acknowledged.then(notifications => resolve({ notifications }))
  })
  t.strictSame(notifications, { taskIds: ['t1'] })
  t.match(own(of(server, 'subscriptions/listen')[0]!), { notifications: { taskIds: ['t1'] } })
  const { resultType: _, ...state } = task('completed', { result: COMPLETE }) as { resultType: string }
  stream.event({ jsonrpc: '2.0', method: 'notifications/tasks', params: { ...state, _meta: { 'io.modelcontextprotocol/subscriptionId': stream.message.id } } })
  t.strictSame(await call.result, COMPLETE)
  for await (const note of client.notifications) {
    t.match(note, { method: 'notifications/tasks', params: { taskId: 't1', status: 'completed' } })
    break
  }
})

t.test('2026-07-28 SEP-2663#task-polling  a task can be taken up again by another client, questions included', async t => {
  const { client, server } = await openModern(t, {
    'tasks/get': says(task('input_required', { inputRequests: { who: form('still there?') } }), task('completed', { result: COMPLETE })),
    'tasks/update': says({ resultType: 'complete' }),
    'tasks/cancel': says({ resultType: 'complete' }),
  }, { answers: { elicit: () => ({ action: 'decline' }) } }, new TestClock(), EXTENDED)
  const call = client.taskResult('t1')
  await nth(server, 'tasks/update', 1)
  call.cancel()
  await t.rejects(call.result, { name: 'Cancelled' })
  await nth(server, 'tasks/cancel', 1)
  t.strictSame(await client.taskResult('t1').result, COMPLETE)
  await t.rejects(client.listTasks(), { name: 'TypeError', message: /has no tasks\/list/ })
  const without = await openModern(t)
  await t.rejects(without.client.getTask('t1'), { name: 'TypeError', message: /needs the extension io\.modelcontextprotocol\/tasks/ })
})

t.test('what the application throws at a task\'s news is let go', async t => {
  const { client } = await openModern(t, { 'tools/call': says(made({ status: 'completed' })), 'tasks/get': says(task('completed', { result: COMPLETE })) }, {}, new TestClock(), EXTENDED)
  t.strictSame(await client.callTool('work', {}, { onTask: () => { throw new ProtocolError(-1, 'oops') } }).result, COMPLETE)
})

