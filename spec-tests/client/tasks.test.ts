/** Tools that go on as tasks, as a client follows them: the experiment of 2025-11-25/basic/utilities/tasks. */
import t, { type Test } from 'tap'
import { type Answerers, type Task } from '../../lib/client.js'
import { type Arrived, deferred, DONE, initialized, open, type Script, scripted, TestClock } from './scripted.js'
import { AT, inTurn, nth, of, own, refuses, says } from './task-server.js'

const EXPERIMENT = { tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } }
const FORM = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }

/** A task as the experiment has it. */
const old = (status: string, more: object = {}): object => ({ taskId: 't1', status, ...AT, ttl: 60_000, pollInterval: 500, ...more })

const openOld = async (t: Test, scripts: Record<string, Script>, { answers, capabilities = EXPERIMENT, clock = new TestClock(), tasks = true, listed = ['optional'] as (string | undefined)[], version = '2025-11-25' }: { answers?: Answerers; capabilities?: object; clock?: TestClock; tasks?: boolean; listed?: (string | undefined)[]; version?: string } = {}) => {
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, 's', version, capabilities),
    'tools/list': arrived => arrived.result({ tools: listed.map((taskSupport, n) => ({ name: `work${n}`, inputSchema: { type: 'object' }, ...(taskSupport !== undefined && { execution: { taskSupport } }) })) }),
    ...scripts,
  })
  return { client: await open(t, server.url, clock, { tasks, ...(answers && { answers }) }), server, clock }
}

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
