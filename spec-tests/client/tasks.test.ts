/** Tools that go on as tasks, as a client follows them: the extension of SEP-2663 and the experiment of 2025-11-25/basic/utilities/tasks. */
import t, { type Test } from 'tap'
import { ProtocolError, RpcError, type Answerers, type Task } from '../../lib/client.js'
import { type Arrived, deferred, DONE, initialized, open, openModern, type Script, scripted, type Scripted, TestClock } from './scripted.js'

const EXTENSION = 'io.modelcontextprotocol/tasks'
const EXTENDED = { tools: {}, extensions: { [EXTENSION]: {} } }
const EXPERIMENT = { tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } }
const COMPLETE = { resultType: 'complete', ...DONE }
const AT = { createdAt: '2026-01-01T00:00:00Z', lastUpdatedAt: '2026-01-01T00:00:01Z' }
const FORM = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
const form = (message: string): object => ({ method: 'elicitation/create', params: { message, requestedSchema: FORM } })

/** A task as the extension has it; made when no `more` says otherwise. */
const task = (status: string, more: object = {}): object => ({ resultType: 'complete', taskId: 't1', status, ...AT, ttlMs: 60_000, pollIntervalMs: 500, ...more })
const made = (more: object = {}): object => task('working', { resultType: 'task', ...more })
/** The same as the experiment has it. */
const old = (status: string, more: object = {}): object => ({ taskId: 't1', status, ...AT, ttl: 60_000, pollInterval: 500, ...more })

/** One script for each time it is asked; the last goes on. */
const inTurn = (...scripts: readonly Script[]): Script => {
  let turn = 0
  return arrived => scripts[Math.min(turn++, scripts.length - 1)]!(arrived)
}
const says = (...results: readonly object[]): Script => inTurn(...results.map((result): Script => arrived => arrived.result(result)))
const refuses = (code: number, message: string): Script => arrived => arrived.json({ jsonrpc: '2.0', id: arrived.message.id, error: { code, message } })
const own = ({ message: { params } }: Arrived): object => {
  const { _meta, ...rest } = params!
  return rest
}
const declares = ({ message }: Arrived): boolean =>
  EXTENSION in ((message.params!['_meta'] as Record<string, { extensions?: object }>)['io.modelcontextprotocol/clientCapabilities']!.extensions ?? {})
const of = (server: Scripted, method: string): Arrived[] => server.arrived.filter(({ message }) => message.method === method)
const nth = (server: Scripted, method: string, n: number): Promise<Arrived> => server.until(() => of(server, method).length >= n).then(() => of(server, method)[n - 1]!)

const openOld = async (t: Test, scripts: Record<string, Script>, { answers, capabilities = EXPERIMENT, clock = new TestClock(), tasks = true, listed = ['optional'] as (string | undefined)[], version = '2025-11-25' }: { answers?: Answerers; capabilities?: object; clock?: TestClock; tasks?: boolean; listed?: (string | undefined)[]; version?: string } = {}) => {
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, 's', version, capabilities),
    'tools/list': arrived => arrived.result({ tools: listed.map((taskSupport, n) => ({ name: `work${n}`, inputSchema: { type: 'object' }, ...(taskSupport !== undefined && { execution: { taskSupport } }) })) }),
    ...scripts,
  })
  return { client: await open(t, server.url, clock, { tasks, ...(answers && { answers }) }), server, clock }
}

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

t.test('2025-11-25 basic/utilities/tasks#creating-tasks  a task is asked for, and its result waited for on a stream that brings what it asks', async t => {
  const { client, server } = await openOld(t, {
    'tools/call': arrived => arrived.result({ task: old('working') }),
    'tasks/result': arrived => {
      const _meta = { 'io.modelcontextprotocol/related-task': { taskId: 't1' } }
      arrived.event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'asking' } })
      arrived.event({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: { message: 'who?', requestedSchema: FORM, _meta } })
      stream = arrived
    },
    response: arrived => {
      arrived.res.writeHead(202).end()
      stream.event({ jsonrpc: '2.0', method: 'notifications/tasks/status', params: old('completed') })
      stream.finish({ ...DONE, _meta: { 'io.modelcontextprotocol/related-task': { taskId: 't1' } } })
    },
  }, { answers: { elicit: ({ message }) => ({ action: 'accept', content: { name: message } }) } })
  let stream!: Arrived
  await client.listTools()
  const states: Task[] = []
  const call = client.callTool('work0', {}, { task: { ttlMs: 5000 }, progress: true, onTask: state => states.push(state) })
  const heard: unknown[] = []
  for await (const { method } of call) heard.push(method)
  t.match(await call.result, DONE)
  t.strictSame(heard, ['notifications/message', 'notifications/tasks/status'])
  t.strictSame(states.map(({ status, ttlMs, pollIntervalMs }) => [status, ttlMs, pollIntervalMs]), [['working', 60_000, 500], ['completed', 60_000, 500]])
  t.strictSame(own(of(server, 'tools/call')[0]!), { name: 'work0', arguments: {}, task: { ttl: 5000 } })
  t.strictSame(of(server, 'tasks/result')[0]!.message.params, { taskId: 't1' })
  const answer = server.arrived.find(({ verb, message }) => verb === 'POST' && message.method === undefined)!
  t.strictSame(answer.message.result, { action: 'accept', content: { name: 'who?' }, _meta: { 'io.modelcontextprotocol/related-task': { taskId: 't1' } } }, '#associating-task-related-messages')
  t.equal(of(server, 'tasks/get').length, 0)
})

t.test('2025-11-25 basic/utilities/tasks#progress  progress under the call\'s token, and what names its task, is the call\'s on any stream', async t => {
  let get!: Arrived
  let result!: Arrived
  const { client, server } = await openOld(t, {
    GET: arrived => {
      get = arrived
      arrived.write(': open\n\n')
    },
    'tools/call': arrived => arrived.result({ task: old('working') }),
    'tasks/result': arrived => {
      result = arrived
    },
  })
  await client.listTools()
  const call = client.callTool('work0', {}, { task: true, progress: true })
  await nth(server, 'tasks/result', 1)
  const { progressToken } = of(server, 'tools/call')[0]!.message.params!['_meta'] as { progressToken: unknown }
  get.event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } })
  get.event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'mine', _meta: { 'io.modelcontextprotocol/related-task': { taskId: 't1' } } } })
  get.event({ jsonrpc: '2.0', method: 'notifications/tasks/status', params: old('working', { statusMessage: 'half' }) })
  get.event({ jsonrpc: '2.0', method: 'notifications/tasks/status', params: old('working', { taskId: 't2' }) })
  const heard: string[] = []
  for await (const { method } of call) if (heard.push(method) === 3) break
  t.strictSame(heard, ['notifications/progress', 'notifications/message', 'notifications/tasks/status'])
  t.equal(call.task!.statusMessage, 'half')
  for await (const { params } of client.notifications) {
    t.match(params, { taskId: 't2' }, 'another task\'s is nobody\'s')
    break
  }
  get.event({ jsonrpc: '2.0', method: 'notifications/tasks/status', params: old('completed') })
  get.event({ jsonrpc: '2.0', method: 'notifications/tasks/status', params: old('working', { statusMessage: 'late' }) })
  const last = async (): Promise<string | undefined> => {
    for await (const { params } of call) if ((params as { statusMessage?: string }).statusMessage === 'late') return call.task!.status
    return undefined
  }
  t.equal(await last(), 'completed', 'what is over stays over')
  result.result(DONE)
  await call.result
  get.event({ jsonrpc: '2.0', method: 'notifications/tasks/status', params: old('completed', { statusMessage: 'after' }) })
  for await (const { params } of client.notifications) {
    t.match(params, { taskId: 't1', statusMessage: 'after' }, 'after the end it is nobody\'s')
    break
  }
})

t.test('2025-11-25 basic/utilities/tasks#input-required-status  a question that names its task is the call\'s, whichever stream brings it', async t => {
  let get!: Arrived
  const asked = deferred<AbortSignal>()
  const { client, server } = await openOld(t, {
    GET: arrived => {
      get = arrived
      arrived.write(': open\n\n')
    },
    'tools/call': says({ task: old('working') }),
    'tasks/result': () => {},
    'tasks/cancel': says(old('cancelled')),
  }, { answers: { elicit: (_, { signal }) => {
    asked.resolve(signal)
    return new Promise(() => {})
  } } })
  await client.listTools()
  const call = client.callTool('work0', {}, { task: true })
  await nth(server, 'tasks/result', 1)
  get.event({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: { message: '?', requestedSchema: FORM, _meta: { 'io.modelcontextprotocol/related-task': { taskId: 't1' } } } })
  const signal = await asked.promise
  call.cancel()
  t.ok(signal.aborted, 'and given up with it')
})

t.test('2025-11-25  the result is waited for as long as the task takes', async t => {
  const clock = new TestClock()
  const { client, server } = await openOld(t, { 'tools/call': says({ task: old('working', { ttl: null }) }), 'tasks/result': () => {} }, { clock })
  await client.listTools()
  const call = client.callTool('work0', {}, { task: true, timeoutMs: 1000 })
  const waiting = await nth(server, 'tasks/result', 1)
  clock.advance(1_000_000)
  waiting.result(DONE)
  t.match(await call.result, DONE)
})

t.test('2025-11-25 server/tools  a header annotation, which is of a later revision, makes no tool unusable', async t => {
  const inputSchema = { type: 'object', properties: { a: { type: 'object', 'x-mcp-header': 'not a name' } } }
  const { client } = await openOld(t, { 'tools/list': says({ tools: [{ name: 'odd', inputSchema }] }) })
  t.strictSame((await client.listTools()).map(({ name }) => name), ['odd'])
})

t.test('2025-11-25 basic/utilities/tasks#tool-level-negotiation  a tool is a task only if server and tool say so, and one that must be is', async t => {
  const call: Script = arrived => arrived.result(arrived.message.params!.task ? { task: old('working') } : DONE)
  const scripts = { 'tools/call': call, 'tasks/result': says(DONE) }
  const asked = async (client: Awaited<ReturnType<typeof openOld>>, name: string, options: object): Promise<boolean> => {
    const before = of(client.server, 'tools/call').length
    await client.client.callTool(name, {}, options).result
    return 'task' in own(of(client.server, 'tools/call')[before]!)
  }
  const listed = ['optional', 'required', 'forbidden', undefined]
  const whole = await openOld(t, scripts, { listed })
  t.equal(await asked(whole, 'work0', { task: true }), true)
  t.equal(of(whole.server, 'tools/list').length, 1, 'what is not known of the tool is asked first')
  t.equal(await asked(whole, 'work0', {}), false)
  t.equal(await asked(whole, 'work1', {}), true, 'a tool that is nothing else is one unasked')
  t.equal(await asked(whole, 'work1', { task: false }), false, 'unless that is ruled out')
  t.equal(await asked(whole, 'work2', { task: true }), false)
  t.equal(await asked(whole, 'work3', { task: true }), false)
  t.equal(of(whole.server, 'tools/list').length, 1)

  const never = await openOld(t, scripts, { listed, tasks: false })
  await never.client.listTools()
  t.equal(await asked(never, 'work1', {}), false)
  t.equal(await asked(never, 'work1', { task: true }), true)

  for (const capabilities of [{ tools: {} }, { tools: {}, tasks: { list: {} } }, { tools: {}, tasks: { requests: { tools: {} } } }]) {
    const without = await openOld(t, scripts, { listed, capabilities })
    await without.client.listTools()
    t.equal(await asked(without, 'work0', { task: true }), false)
    t.equal(await asked(without, 'work1', { task: true }), false)
  }
  const older = await openOld(t, scripts, { listed, version: '2025-06-18' })
  await older.client.listTools()
  t.equal(await asked(older, 'work0', { task: true }), false)
})

t.test('2025-11-25  a tool that was not listed and must be a task is found out by its refusal', async t => {
  const { client, server } = await openOld(t, {
    'tools/call': inTurn(refuses(-32601, 'only as a task'), says({ task: old('working') })),
    'tasks/result': says(DONE),
  }, { listed: ['required'] })
  await client.callTool('work0').result
  t.strictSame(of(server, 'tools/call').map(own), [{ name: 'work0' }, { name: 'work0', task: {} }])
  const plain = await openOld(t, { 'tools/call': refuses(-32601, 'no such method') }, { listed: [undefined] })
  await t.rejects(plain.client.callTool('work0').result, { name: 'RpcError', code: -32601, message: /no such method/ })
  t.equal(of(plain.server, 'tools/call').length, 1)
})

t.test('2025-11-25  a task nobody asked for is no result; a plain result where one was asked for is', async t => {
  const { client } = await openOld(t, { 'tools/call': arrived => arrived.result(arrived.message.params!.task ? DONE : { task: old('working') }) })
  await client.listTools()
  await t.rejects(client.callTool('work0').result, { name: 'InvalidMessage', message: /a task, which this request did not allow/ })
  const call = client.callTool('work0', {}, { task: true })
  t.match(await call.result, DONE)
  t.equal(call.task, undefined)
})

t.test('2025-11-25 basic/utilities/tasks#getting-tasks  when the result cannot be waited for, the task is looked at until it can be fetched', async t => {
  const { client, server, clock } = await openOld(t, {
    'tools/call': says({ task: old('working') }),
    'tasks/result': inTurn(refuses(-32602, 'not yet'), arrived => arrived.json('gone', 502, { 'Content-Type': 'text/plain' }), says(DONE)),
    'tasks/get': says(old('working'), old('working'), old('input_required'), old('completed'), old('completed')),
  })
  await client.listTools()
  const call = client.callTool('work0', {}, { task: true })
  for (let n = 1; n <= 2; n++) {
    await nth(server, 'tasks/get', n)
    await clock.armed(500)
    clock.advance(500)
  }
  await nth(server, 'tasks/result', 2)
  await nth(server, 'tasks/get', 4)
  await clock.armed(500)
  clock.advance(500)
  t.match(await call.result, DONE)
  t.equal(of(server, 'tasks/result').length, 3)
})

t.test('2025-11-25 basic/utilities/tasks#result-retrieval  an error is the request\'s own; cancelled is Cancelled', async t => {
  const outcome = async (error: Script, state: object): Promise<unknown> => {
    const { client } = await openOld(t, { 'tools/call': says({ task: old('working') }), 'tasks/result': error, 'tasks/get': says(state) })
    await client.listTools()
    return client.callTool('work0', {}, { task: true }).result
  }
  await t.rejects(outcome(refuses(-32000, 'broke'), old('failed')), { name: 'RpcError', code: -32000, message: /broke/ })
  await t.rejects(outcome(refuses(-32602, 'no result'), old('cancelled', { statusMessage: 'stopped' })), { name: 'Cancelled', message: /stopped/ })
  t.match(await outcome(says({ ...DONE, isError: true }), old('failed')), { isError: true })
  await t.rejects(outcome(says({ content: 5 }), old('completed')), { name: 'InvalidMessage' })
})

t.test('2025-11-25 basic/utilities/cancellation  a request that became a task is cancelled as one, even before it is known to have', async t => {
  const answered = deferred<Arrived>()
  const { client, server } = await openOld(t, {
    'tools/call': inTurn(says({ task: old('working') }), arrived => answered.resolve(arrived)),
    'tasks/result': () => {},
    'tasks/cancel': says(old('cancelled')),
  })
  await client.listTools()
  const call = client.callTool('work0', {}, { task: true })
  await nth(server, 'tasks/result', 1)
  call.cancel()
  await t.rejects(call.result, { name: 'Cancelled' })
  t.strictSame((await nth(server, 'tasks/cancel', 1)).message.params, { taskId: 't1' })
  const notes = (): unknown[] => of(server, 'notifications/cancelled').map(({ message }) => message.params!.requestId)
  await nth(server, 'notifications/cancelled', 1)
  t.strictSame(notes(), [of(server, 'tasks/result')[0]!.message.id], 'only the wait for the result is a request to be cancelled')

  const early = client.callTool('work0', {}, { task: true })
  const arrived = await answered.promise
  early.cancel()
  await t.rejects(early.result, { name: 'Cancelled' })
  arrived.result({ task: old('working', { taskId: 't9' }) })
  t.strictSame((await nth(server, 'tasks/cancel', 2)).message.params, { taskId: 't9' })
  t.equal(notes().length, 1)
})

t.test('2025-11-25  a server that offers no cancelling is sent none', async t => {
  const { client, server } = await openOld(t, { 'tools/call': says({ task: old('working') }), 'tasks/result': () => {} }, { capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } } } } })
  await client.listTools()
  const call = client.callTool('work0', {}, { task: true })
  await nth(server, 'tasks/result', 1)
  call.cancel()
  await nth(server, 'notifications/cancelled', 1)
  await client.ping()
  t.equal(of(server, 'tasks/cancel').length, 0)
})

t.test('2025-11-25 basic/utilities/tasks#task-support-and-handling  a server that wants a task of us is answered at once, as if it had not', async t => {
  let call!: Arrived
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, 's', '2025-11-25', EXPERIMENT),
    'tools/call': arrived => {
      call = arrived
      arrived.event({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: { message: 'who?', requestedSchema: FORM, task: { ttl: 5 } } })
    },
    response: arrived => {
      arrived.res.writeHead(202).end()
      call.finish(DONE)
    },
  })
  const client = await open(t, server.url, new TestClock(), { answers: { elicit: () => ({ action: 'decline' }) } })
  await client.callTool('ask').result
  t.equal((server.arrived[0]!.message.params!.capabilities as { tasks?: unknown }).tasks, undefined)
  t.strictSame(server.arrived.find(({ verb, message }) => verb === 'POST' && message.method === undefined)!.message.result, { action: 'decline' })
})

t.test('2025-11-25 basic/utilities/tasks#listing-tasks  tasks are listed, looked at, cancelled and waited for by their ids', async t => {
  const { client, server } = await openOld(t, {
    'tasks/list': arrived => arrived.result(arrived.message.params?.cursor === undefined ? { tasks: [old('working')], nextCursor: 'c' } : { tasks: [old('completed', { taskId: 't2' })] }),
    'tasks/get': says(old('working')),
    'tasks/cancel': says(old('cancelled')),
    'tasks/result': says(DONE),
  })
  t.strictSame((await client.listTasks()).map(({ taskId, ttlMs }) => [taskId, ttlMs]), [['t1', 60_000], ['t2', 60_000]])
  t.strictSame(await client.getTask('t1'), { taskId: 't1', status: 'working', ...AT, ttlMs: 60_000, pollIntervalMs: 500 })
  await client.cancelTask('t1')
  t.match(await client.taskResult('t2').result, DONE)
  t.strictSame(of(server, 'tasks/cancel')[0]!.message.params, { taskId: 't1' })
  const without = await openOld(t, {}, { capabilities: { tools: {} } })
  t.throws(() => without.client.taskResult('t1'), { name: 'TypeError', message: /capability tasks, which the server did not declare/ })
  await t.rejects(without.client.getTask('t1'), { name: 'TypeError' })
  const older = await openOld(t, {}, { version: '2025-06-18' })
  await t.rejects(older.client.cancelTask('t1'), { name: 'TypeError', message: /not part of revision 2025-06-18/ })
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

