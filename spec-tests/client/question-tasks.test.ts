/** Questions that a server asks as tasks, as the client runs them: 2025-11-25/basic/utilities/tasks. */
import t, { type Test } from 'tap'
import { ProtocolError, type Answerers, type ElicitAnswer } from '../../lib/client.js'
import { type Arrived, deferred, DONE, initialized, open, openModern, scripted, TestClock } from './scripted.js'

const RELATED = 'io.modelcontextprotocol/related-task'
const FORM = { message: 'who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } }
const SAMPLE = { messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }], maxTokens: 5 }
const SAMPLED = { role: 'assistant', content: { type: 'text', text: 'yo' }, model: 'm' } as const
const ACCEPTED: ElicitAnswer = { action: 'accept', content: { name: 'Ann' } }
const never = (_: unknown, { signal }: { readonly signal: AbortSignal }): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('withdrawn'))))

interface Answered {
  readonly result?: { readonly [name: string]: unknown }
  readonly error?: { readonly code: number; readonly message: string }
}
interface Shown {
  readonly taskId: string
  readonly status: string
  readonly createdAt: string
}

/** A call that stays open, on whose stream the server asks what the test has it ask. */
const conversation = async (t: Test, answers: Answerers, clock = new TestClock()) => {
  let call!: Arrived
  let began!: () => void
  const begun = new Promise<void>(resolve => (began = resolve))
  let sessions = 0
  /** Sessions that are no more. */
  const dead = new Set<unknown>()
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, `session-${++sessions}`, '2025-11-25'),
    'tools/call': arrived => {
      if (dead.has(arrived.headers['mcp-session-id'])) return void arrived.res.writeHead(404).end()
      call = arrived
      call.write(': open\n\n')
      began()
    },
  })
  const client = await open(t, server.url, clock, { answers, listen: false })
  const work = client.callTool('work')
  work.result.catch(() => {})
  await begun
  let id = 0
  /** Asks, without waiting for the answer. */
  const say = (method: string, params?: object): string => {
    call.event({ jsonrpc: '2.0', id: `q${++id}`, method, ...(params && { params }) })
    return `q${id}`
  }
  const answerTo = async (id: string): Promise<Answered> => (await server.until(({ message }) => message.method === undefined && message.id === id)).message as Answered
  const ask = (method: string, params?: object): Promise<Answered> => answerTo(say(method, params))
  const begin = async (method = 'elicitation/create', params: object = FORM, task: object = {}): Promise<Shown> => (await ask(method, { ...params, task })).result!.task as Shown
  const statuses = (): unknown[] => server.arrived.filter(({ message }) => message.method === 'notifications/tasks/status').map(({ message }) => message.params)
  return { server, dead, client, clock, work, say, answerTo, ask, begin, statuses, end: () => call.finish(DONE), declared: server.arrived.find(({ message }) => message.method === 'initialize')!.message.params!.capabilities }
}

t.test('2025-11-25 basic/utilities/tasks#client-capabilities  what may be asked as a task is declared where the application says so, and of what it answers alone', async t => {
  const elicit = (): ElicitAnswer => ACCEPTED
  const sample = (): typeof SAMPLED => SAMPLED
  const LISTED = { list: {}, cancel: {} }
  const cases: [Answerers, object | undefined][] = [
    [{ elicit, sample, asTasks: true }, { ...LISTED, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } }],
    [{ elicitUrl: elicit, asTasks: {} }, { ...LISTED, requests: { elicitation: { create: {} } } }],
    [{ sample, asTasks: true }, { ...LISTED, requests: { sampling: { createMessage: {} } } }],
    [{ roots: () => [], asTasks: true }, undefined],
    [{ elicit, sample, asTasks: false }, undefined],
    [{ elicit, sample }, undefined],
  ]
  for (const [answers, tasks] of cases) t.same(((await conversation(t, answers)).declared as { tasks?: object }).tasks, tasks)
  const { server } = await openModern(t, {}, { answers: { elicit, asTasks: true } })
  t.notOk(JSON.stringify(server.arrived[0]!.message).includes('"tasks":{"list"'), 'the stateless revision has no such direction')
  const older = await scripted(t, { initialize: arrived => initialized(arrived, 's', '2025-06-18') })
  await open(t, older.url, new TestClock(), { answers: { elicit, asTasks: true } }, ['2025-06-18'])
  t.same(older.arrived[0]!.message.params!.capabilities, { elicitation: { form: {} } })
})

t.test('2025-11-25 basic/utilities/tasks#result-retrieval  a question asked as a task is answered by one at once; its result is held back, then what a plain question had got', async t => {
  const given = deferred<ElicitAnswer>()
  const { ask, say, answerTo, begin, statuses, declared, server } = await conversation(t, { elicit: () => given.promise, asTasks: true })
  t.ok((declared as { tasks: object }).tasks)
  const task = await begin('elicitation/create', FORM, { ttl: 60_000 })
  t.same(task, { taskId: 'id-1', status: 'working', createdAt: '1970-01-01T00:00:01.000Z', lastUpdatedAt: '1970-01-01T00:00:01.000Z', ttl: 60_000, pollInterval: 1000 })
  t.same((await ask('tasks/get', { taskId: 'id-1' })).result, task)
  t.same((await ask('tasks/list')).result, { tasks: [task] })
  const held = say('tasks/result', { taskId: 'id-1' })
  await ask('ping')
  t.notOk(server.arrived.some(({ message }) => message.id === held), 'held back')
  given.resolve(ACCEPTED)
  t.same((await answerTo(held)).result, { ...ACCEPTED, _meta: { [RELATED]: { taskId: 'id-1' } } })
  t.match((await ask('tasks/get', { taskId: 'id-1' })).result, { status: 'completed', taskId: 'id-1' })
  t.same((await ask('tasks/result', { taskId: 'id-1' })).result, { ...ACCEPTED, _meta: { [RELATED]: { taskId: 'id-1' } } }, 'and again')
  await server.until(({ message }) => message.method === 'notifications/tasks/status')
  t.same(statuses(), [{ ...task, status: 'completed' }], 'the whole task is told')
})

t.test('2025-11-25 basic/utilities/tasks#task-execution-errors  an answer that failed fails the task, and its result is the error a plain question had got', async t => {
  const { ask, begin } = await conversation(t, {
    elicit: () => { throw new ProtocolError(-1, 'the person said no', { why: 'late' }) },
    sample: () => { throw new Error('a secret of this machine') },
    asTasks: true,
  })
  for (const [method, params, error] of [
    ['elicitation/create', FORM, { code: -1, message: 'the person said no', data: { why: 'late' } }],
    ['sampling/createMessage', SAMPLE, { code: -32603, message: 'sampling/createMessage failed in the client' }],
  ] as const) {
    t.same((await ask(method, params)).error, error, 'plainly')
    const { taskId } = await begin(method, params)
    t.same((await ask('tasks/result', { taskId })).error, error)
    t.match((await ask('tasks/get', { taskId })).result, { status: 'failed', statusMessage: error.message })
  }
})

t.test('2025-11-25 basic/utilities/tasks#task-cancellation  a task that works is cancelled for good, one that is over is not', async t => {
  const asked: AbortSignal[] = []
  const { ask, begin, say, answerTo } = await conversation(t, {
    elicit: (params, asker) => {
      asked.push(asker.signal)
      return never(params, asker)
    },
    sample: () => SAMPLED,
    asTasks: true,
  })
  const { taskId } = await begin()
  const held = say('tasks/result', { taskId })
  t.match((await ask('tasks/cancel', { taskId })).result, { taskId, status: 'cancelled' })
  t.ok(asked[0]!.aborted, 'the application is told')
  t.match((await answerTo(held)).error, { code: -32602, message: /was cancelled and has no result/ })
  t.match((await ask('tasks/get', { taskId })).result, { status: 'cancelled' })
  t.match((await ask('tasks/cancel', { taskId })).error, { code: -32602, message: /is cancelled already/ })
  const { taskId: done } = await begin('sampling/createMessage', SAMPLE)
  await ask('tasks/result', { taskId: done })
  t.match((await ask('tasks/cancel', { taskId: done })).error, { code: -32602, message: /is completed already/ })
  t.match((await ask('tasks/get', { taskId: done })).result, { status: 'completed' })
})

t.test('2025-11-25 basic/utilities/cancellation#behavior-requirements  a question that became a task is not cancelled by its request', async t => {
  const { ask, begin, say, server } = await conversation(t, { elicit: never, asTasks: true })
  const { taskId } = await begin()
  const id = server.arrived.find(({ message }) => message.result)!.message.id
  say('ping')
  const call = server.arrived.find(({ message }) => message.method === 'tools/call')!
  call.event({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })
  t.match((await ask('tasks/get', { taskId })).result, { status: 'working' })
})

t.test('2025-11-25 basic/utilities/tasks#protocol-errors  an unknown task or cursor is -32602; metadata does not name the task', async t => {
  const { ask, begin } = await conversation(t, { elicit: never, asTasks: true })
  const { taskId } = await begin()
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
    t.match((await ask(method, { taskId: 'nobody' })).error, { code: -32602, message: 'Task not found: nobody' }, method)
    t.match((await ask(method, { taskId: 'nobody', _meta: { [RELATED]: { taskId } } })).error, { code: -32602 }, `${method} with metadata`)
    t.match((await ask(method, {})).error, { code: -32602, message: /taskId is required/ }, `${method} without`)
  }
  t.match((await ask('tasks/list', { cursor: 'forged' })).error, { code: -32602, message: /cursor was not given out/ })
  const got = (await ask('tasks/get', { taskId, _meta: { [RELATED]: { taskId: 'nobody' } } })).result!
  t.match(got, { taskId, status: 'working' })
  t.notOk('_meta' in got)
})

t.test('2025-11-25 basic/utilities/tasks#task-support-and-handling  a plain question is answered plainly; so is one as a task where that was not declared', async t => {
  const { ask } = await conversation(t, { elicit: () => ACCEPTED, asTasks: true })
  t.same((await ask('elicitation/create', FORM)).result, ACCEPTED)
  t.same((await ask('tasks/list')).result, { tasks: [] })
  const none = await conversation(t, { elicit: () => ACCEPTED, sample: () => SAMPLED })
  t.same((await none.ask('elicitation/create', { ...FORM, task: { ttl: 1 } })).result, ACCEPTED)
  t.same((await none.ask('sampling/createMessage', { ...SAMPLE, task: {} })).result, SAMPLED)
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/list']) t.match((await none.ask(method, { taskId: 'x' })).error, { code: -32601 }, method)
  const half = await conversation(t, { sample: () => SAMPLED, asTasks: true })
  t.match((await half.ask('elicitation/create', { ...FORM, task: {} })).error, { code: -32601 })
  t.match((await half.ask('sampling/createMessage', { ...SAMPLE, maxTokens: 'many', task: {} })).error, { code: -32602, message: /maxTokens/ }, 'what does not fit becomes no task')
  t.match((await half.ask('sampling/createMessage', { ...SAMPLE, task: { ttl: 'long' } })).error, { code: -32602, message: /task\.ttl/ })
  t.same((await half.ask('tasks/list')).result, { tasks: [] })
})

t.test('2025-11-25 basic/utilities/tasks#ttl-and-resource-management  a task is kept no longer than its time, which is bounded, and work that outlives it is stopped', async t => {
  const signals: AbortSignal[] = []
  const { ask, begin, say, answerTo, clock } = await conversation(t, {
    elicit: (params, asker) => {
      signals.push(asker.signal)
      return never(params, asker)
    },
    asTasks: { ttlMs: 20_000, maxTtlMs: 30_000, pollIntervalMs: 250 },
  })
  t.match(await begin(), { ttl: 20_000, pollInterval: 250 })
  const long = await begin('elicitation/create', FORM, { ttl: 999_999 })
  t.match(long, { ttl: 30_000 })
  t.match(await begin('elicitation/create', FORM, { ttl: -5 }), { ttl: 1000 })
  clock.advance(1000)
  t.same(signals.map(({ aborted }) => aborted), [false, false, true])
  const held = say('tasks/result', { taskId: long.taskId })
  await ask('ping')
  clock.advance(29_000)
  t.same(signals.map(({ aborted }) => aborted), [true, true, true])
  t.match((await answerTo(held)).error, { code: -32602 })
  t.same((await ask('tasks/list')).result, { tasks: [] })
  t.match((await ask('tasks/get', { taskId: long.taskId })).error, { code: -32602 })
})

t.test('2025-11-25 basic/utilities/tasks#resource-management  no more tasks are begun than may be kept; one that is over makes room', async t => {
  const given = deferred<ElicitAnswer>()
  const { ask, begin } = await conversation(t, { elicit: () => given.promise, asTasks: { maxTasks: 2 } })
  const first = await begin()
  await begin()
  t.match((await ask('elicitation/create', { ...FORM, task: {} })).error, { code: -32603, message: /2 tasks are under way/ })
  given.resolve(ACCEPTED)
  await ask('tasks/result', { taskId: first.taskId })
  await begin()
  t.match((await ask('tasks/get', { taskId: first.taskId })).error, { code: -32602 })
})

t.test('2025-11-25 basic/utilities/tasks#task-listing  tasks are listed a page at a time, each once', async t => {
  const { ask, begin } = await conversation(t, { sample: () => SAMPLED, asTasks: { maxTasks: 150 } })
  const ids: string[] = []
  for (let n = 0; n < 120; n++) ids.push((await begin('sampling/createMessage', SAMPLE)).taskId)
  const { tasks, nextCursor } = (await ask('tasks/list')).result as { tasks: Shown[]; nextCursor: string }
  t.equal(tasks.length, 100)
  const rest = (await ask('tasks/list', { cursor: nextCursor })).result as { tasks: Shown[]; nextCursor?: string }
  t.same([...tasks, ...rest.tasks].map(({ taskId }) => taskId), ids)
  t.equal(rest.nextCursor, undefined)
})

t.test('2025-11-25 basic/utilities/tasks#associating-task-related-messages  what a task of the server asks belongs to that one, what came of it to the client\'s own', async t => {
  const { ask } = await conversation(t, { elicit: () => ACCEPTED, asTasks: true })
  const _meta = { [RELATED]: { taskId: 'theirs' } }
  const { result } = await ask('elicitation/create', { ...FORM, _meta, task: {} })
  t.match(result, { task: { status: 'working' }, _meta })
  t.same((await ask('tasks/result', { taskId: (result!.task as Shown).taskId })).result!._meta, { [RELATED]: { taskId: 'id-1' } })
})

t.test('a task is cancelled with the call it was asked for, and ends with the client', async t => {
  const begun = async () => {
    const signals: AbortSignal[] = []
    const there = await conversation(t, {
      elicit: (params, asker) => {
        signals.push(asker.signal)
        return never(params, asker)
      },
      asTasks: true,
    })
    await there.begin()
    return { ...there, signal: signals[0]! }
  }
  const over = (signal: AbortSignal): Promise<void> => new Promise(resolve => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())))
  const done = await begun()
  done.end()
  await done.work.result
  t.notOk(done.signal.aborted, 'the server may still want the answer')
  const given = await begun()
  given.work.cancel()
  await over(given.signal)
  await given.server.until(({ message }) => message.method === 'notifications/tasks/status' && message.params!.status === 'cancelled')
  const closed = await begun()
  await closed.client.close()
  await over(closed.signal)
  t.same(closed.statuses(), [], 'nobody is told any more')
})

t.test('a session that takes over finds no task of the one before, and what that one had begun is stopped', async t => {
  const signals: AbortSignal[] = []
  const { ask, begin, client, server, dead } = await conversation(t, {
    elicit: (params, asker) => {
      signals.push(asker.signal)
      return never(params, asker)
    },
    asTasks: true,
  })
  const { taskId } = await begin()
  t.match((await ask('tasks/get', { taskId })).result, { taskId })
  dead.add('session-1')
  const again = client.callTool('work')
  again.result.catch(() => {})
  const anew = await server.until(({ message, headers }) => message.method === 'tools/call' && headers['mcp-session-id'] === 'session-2')
  t.ok(signals[0]!.aborted)
  anew.event({ jsonrpc: '2.0', id: 'late', method: 'tasks/get', params: { taskId } })
  t.match((await server.until(({ message }) => message.id === 'late' && message.method === undefined)).message.error, { code: -32602 })
  anew.event({ jsonrpc: '2.0', id: 'all', method: 'tasks/list' })
  t.same((await server.until(({ message }) => message.id === 'all' && message.method === undefined)).message.result, { tasks: [] })
})
