/** Questions that a server asks as tasks, which its client runs: 2025-11-25/basic/utilities/tasks. */
import t from 'tap'
import { connect } from '../../lib/client.js'
import { listen, needs } from '../../lib/server.js'
import { ACCEPTED, ASKED, asker, conversation, FORM, made, task, TASKS, texts } from './asked-as-task.js'

const RELATED = 'io.modelcontextprotocol/related-task'

t.test('2025-11-25 basic/utilities/tasks#creating-tasks  a question is asked as a task, looked at as often as the client says, and its result fetched', async t => {
  const { asked, answer, clock, count, outcome, settle } = await conversation(t)
  const question = await asked('elicitation/create')
  t.same(question.params, { ...FORM, task: { ttl: 60_000 } })
  answer(question, made('working', { pollInterval: 2000 }))
  await clock.armed(2000)
  clock.advance(1999)
  await settle()
  t.equal(count('tasks/get'), 0)
  clock.advance(1)
  const look = await asked('tasks/get')
  t.same(look.params, { taskId: 't1' })
  answer(look, task('working'))
  await clock.armed(500)
  clock.advance(500)
  answer(await asked('tasks/get', 2), task('completed'))
  const fetched = await asked('tasks/result')
  t.same(fetched.params, { taskId: 't1' })
  answer(fetched, { ...ACCEPTED, _meta: { [RELATED]: { taskId: 't1' } } })
  t.same(JSON.parse(texts(await outcome)), { who: ACCEPTED }, 'as a plain question had been answered')
  t.equal(count('tasks/cancel'), 0)
})

t.test('2025-11-25 basic/utilities/tasks#capability-negotiation  a client that does not say that it takes that question as a task is asked plainly', async t => {
  const plain: [string, object][] = [
    ['2025-11-25', { elicitation: {} }],
    ['2025-11-25', { elicitation: {}, tasks: { list: {}, cancel: {} } }],
    ['2025-11-25', { elicitation: {}, tasks: { requests: { sampling: { createMessage: {} } } } }],
    ['2025-06-18', { elicitation: {}, tasks: TASKS }],
  ]
  for (const [revision, capabilities] of plain) {
    const { asked, answer, outcome } = await conversation(t, { revision, capabilities })
    const question = await asked('elicitation/create')
    t.same(question.params, FORM)
    answer(question, ACCEPTED)
    t.same(JSON.parse(texts(await outcome)), { who: ACCEPTED })
  }
  const { asked } = await conversation(t, { capabilities: { roots: {}, tasks: { requests: { roots: { list: {} } } } }, questions: { where: { method: 'roots/list', task: true } } })
  t.equal((await asked('roots/list')).params, undefined, 'a request that no revision has as a task is asked as none')
})

t.test('what a question says of tasks stays here where the question goes out in a result, or in a task of the server\'s', async t => {
  const { hear, said, settle } = await conversation(t)
  const extensions = { 'io.modelcontextprotocol/tasks': {} }
  const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, extensions } }
  const ask = async (id: string, method: string, params: object): Promise<{ readonly resultType?: string; readonly taskId?: string; readonly inputRequests?: unknown }> => {
    hear({ id, method, params: { ...params, _meta } })
    await settle()
    return said.find(one => one.id === id)!.result as object
  }
  const asked = { who: { method: 'elicitation/create', params: FORM } }
  const round = await ask('1', 'tools/call', { name: 'ask', arguments: {} })
  t.equal(round.resultType, 'input_required')
  t.same(round.inputRequests, asked)
  const { taskId } = await ask('2', 'tools/call', { name: 'long', arguments: {} })
  t.same((await ask('3', 'tasks/get', { taskId })).inputRequests, asked)
})

t.test('2025-11-25 basic/utilities/tasks#client-capabilities  a model is asked as a task as well', async t => {
  const params = { messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }], maxTokens: 5 }
  const { asked, answer, outcome } = await conversation(t, {
    capabilities: { sampling: {}, tasks: { requests: { sampling: { createMessage: {} } } } },
    questions: { what: { method: 'sampling/createMessage', params, task: true } },
  })
  const question = await asked('sampling/createMessage')
  t.same(question.params, { ...params, task: { ttl: 600_000 } })
  answer(question, made('completed'))
  const sampled = { role: 'assistant', content: { type: 'text', text: 'yo' }, model: 'm' }
  answer(await asked('tasks/result'), { ...sampled, _meta: { 'com.example/kept': 1, [RELATED]: { taskId: 't1' } } })
  t.same(JSON.parse(texts(await outcome)), { what: { ...sampled, _meta: { 'com.example/kept': 1 } } })
})

t.test('a client that declares tasks and answers at once all the same is taken at its word', async t => {
  const { asked, answer, outcome, count } = await conversation(t)
  answer(await asked('elicitation/create'), ACCEPTED)
  t.same(JSON.parse(texts(await outcome)), { who: ACCEPTED })
  t.equal(count('tasks/get') + count('tasks/result'), 0)
})

t.test('2025-11-25 basic/utilities/tasks#task-status-notification  what the client tells of a task brings the next look forward, and nothing else', async t => {
  const { asked, answer, hear, outcome, clock, count, settle } = await conversation(t)
  answer(await asked('elicitation/create'), made())
  await clock.armed(500)
  hear({ method: 'notifications/tasks/status', params: task('completed', { taskId: 'another' }) })
  hear({ method: 'notifications/tasks/status', params: { taskId: 't1' } })
  await settle()
  t.equal(count('tasks/get'), 0)
  hear({ method: 'notifications/tasks/status', params: task('completed') })
  answer(await asked('tasks/get'), task('working'))
  await clock.armed(500)
  t.equal(count('tasks/result'), 0, 'what is told is not believed')
  clock.advance(500)
  answer(await asked('tasks/get', 2), task('completed'))
  answer(await asked('tasks/result'), ACCEPTED)
  t.same(JSON.parse(texts(await outcome)), { who: ACCEPTED })
})

t.test('a poll interval is bounded, and has a default', async t => {
  for (const [pollInterval, ms] of [[0, 100], [-1, 1000], [undefined, 1000], [3_000_000, 60_000]] as const) {
    const { asked, answer, clock } = await conversation(t, { questions: { who: { ...ASKED, task: { ttlMs: 3_600_000 } } } })
    answer(await asked('elicitation/create'), made('working', { pollInterval }))
    await clock.armed(ms)
    t.pass(`${pollInterval} is ${ms}`)
  }
})

t.test('2025-11-25 basic/utilities/tasks#input-required-status  a task that needs something is waited for by its result', async t => {
  const { asked, answer, outcome } = await conversation(t)
  answer(await asked('elicitation/create'), made('input_required'))
  answer(await asked('tasks/result'), ACCEPTED)
  t.same(JSON.parse(texts(await outcome)), { who: ACCEPTED })
})

t.test('2025-11-25 basic/utilities/tasks#task-execution-errors  the error of a task is the question\'s', async t => {
  const { asked, answer, refuse, outcome, failed, count } = await conversation(t)
  answer(await asked('elicitation/create'), made('failed'))
  refuse(await asked('tasks/result'), -1, 'the person said no')
  t.match(await outcome, { result: { isError: true } })
  t.match(failed, [{ name: 'RpcError', code: -1, message: 'elicitation/create: the person said no (-1)' }])
  t.equal(count('tasks/cancel'), 0)
  const plain = await conversation(t, { capabilities: { elicitation: {} } })
  plain.refuse(await plain.asked('elicitation/create'), -1, 'the person said no')
  await plain.outcome
  t.equal(String(plain.failed[0]), String(failed[0]), 'as if it had been asked plainly')
})

t.test('2025-11-25 basic/utilities/tasks#task-cancellation  a task that its client cancelled is no answer', async t => {
  const { asked, answer, outcome, failed, count } = await conversation(t)
  answer(await asked('elicitation/create'), made('cancelled', { statusMessage: 'closed the window' }))
  await outcome
  t.match(failed, [{ name: 'Cancelled', message: 'elicitation/create: the client cancelled the task: closed the window' }])
  t.equal(count('tasks/result'), 0)
})

t.test('needs says at once what a ttlMs may be', t => {
  for (const ttlMs of [0, -1, 1.5, NaN, Infinity]) t.throws(() => needs({ who: { ...ASKED, task: { ttlMs } } }), { name: 'TypeError', message: /who\.task\.ttlMs is .*; expected a whole number of milliseconds above zero/ })
  t.end()
})

t.test('2025-11-25 basic/utilities/tasks  both ends ours: the answer is the same as a task, plainly, and for a call that is a task itself', async t => {
  const server = asker({ who: ASKED })
  const http = await listen(server, { port: 0 })
  t.teardown(() => http.close())
  for (const target of [server, http.url]) {
    for (const asTasks of [true, false]) {
      let given = 0
      const statuses: string[] = []
      const client = await connect(target, {
        info: { name: 'c', version: '1' }, revision: '2025-11-25',
        answers: {
          elicit: async () => {
            given++
            await new Promise(resolve => setImmediate(resolve))
            return { action: 'accept', content: { name: 'Ann' } }
          },
          asTasks,
        },
      })
      t.teardown(() => client.close())
      t.same(JSON.parse((await client.callTool('ask').result).content.map(block => (block as { text: string }).text).join('')), { who: ACCEPTED })
      t.match(await client.callTool('long', {}, { task: true, onTask: ({ status }) => void statuses.push(status) }).result, { content: [{ text: /"action":"accept".*"name":"Ann"/ }] })
      t.equal(given, 2)
      t.ok(statuses.includes('input_required'))
    }
  }
})
