/** Questions that a server asks as tasks, of clients that are impolite, and calls that end before them: 2025-11-25/basic/utilities/tasks. */
import t from 'tap'
import { ACCEPTED, ASKED, conversation, FORM, made, type Said, task, TASKS, texts } from './asked-as-task.js'

t.test('what is no task, or not the one that was made, fails the question with what was seen and what was expected', async t => {
  const broken = async (...states: readonly unknown[]): Promise<Said> => {
    const { asked, answer, outcome, clock } = await conversation(t)
    answer(await asked('elicitation/create'), states[0])
    for (const [n, state] of states.slice(1).entries()) {
      await clock.armed(500)
      clock.advance(500)
      answer(await asked('tasks/get', n + 1), state)
    }
    return outcome
  }
  t.match(await broken(made('paused')), { error: { code: -32603, message: /the client's answer to elicitation\/create: the task has status "paused"; expected one of working/ } })
  t.match(await broken({ task: 5 }), { error: { code: -32603, message: /the client's answer to elicitation\/create: it is a task, which was not asked for/ } })
  t.match(await broken({ task: null }), { error: { code: -32603 } })
  t.match(await broken({}), { error: { code: -32603, message: /the client's answer to elicitation\/create: .*action is required/ } })
  t.match(await broken(made(), task('paused')), { error: { code: -32603, message: /status "paused"; expected one of working/ } })
  t.match(await broken(made(), task('working', { taskId: 't2' })), { error: { code: -32603, message: /the task is "t2"; expected "t1"/ } })
  t.match(await broken(made(), {}), { error: { code: -32603, message: /has taskId undefined; expected a string/ } })
})

t.test('a result that does not answer the question fails it, and a plain question is not answered by a task', async t => {
  const { asked, answer, outcome } = await conversation(t)
  answer(await asked('elicitation/create'), made('completed'))
  answer(await asked('tasks/result'), { action: 'accept', content: { name: 5 } })
  t.match(await outcome, { error: { code: -32603, message: /the client's answer to elicitation\/create: content\.name must be a string/ } })
  const nested = await conversation(t)
  nested.answer(await nested.asked('elicitation/create'), made('completed'))
  nested.answer(await nested.asked('tasks/result'), made())
  t.match(await nested.outcome, { error: { code: -32603, message: /it is a task, which was not asked for/ } })
  const plain = await conversation(t, { questions: { who: { method: 'elicitation/create', params: FORM } } })
  plain.answer(await plain.asked('elicitation/create'), made())
  t.match(await plain.outcome, { error: { code: -32603, message: /it is a task, which was not asked for/ } })
})

t.test('2025-11-25 basic/utilities/tasks#protocol-errors  a task that its client no longer knows fails the question', async t => {
  const { asked, answer, refuse, outcome, failed, clock } = await conversation(t)
  answer(await asked('elicitation/create'), made())
  await clock.armed(500)
  clock.advance(500)
  refuse(await asked('tasks/get'), -32602, 'Task has expired')
  await outcome
  t.match(failed, [{ name: 'RpcError', code: -32602, message: 'tasks/get: Task has expired (-32602)' }])
})

t.test('a task that never ends is cancelled when its time is over, and the question fails', async t => {
  const { asked, answer, outcome, failed, clock, count } = await conversation(t, { questions: { who: { ...ASKED, task: { ttlMs: 1200 } } } })
  answer(await asked('elicitation/create'), made('working', { ttl: null }))
  for (let n = 1; n <= 2; n++) {
    await clock.armed(500)
    clock.advance(500)
    answer(await asked('tasks/get', n), task('working', { ttl: null }))
  }
  await clock.armed(500)
  clock.advance(200)
  t.same((await asked('tasks/cancel')).params, { taskId: 't1' })
  t.match(await outcome, { result: { isError: true } })
  t.match(failed, [{ name: 'Timeout', message: 'elicitation/create: the task has not ended within 1200 ms (task.ttlMs)' }])
  clock.advance(60_000)
  t.equal(count('tasks/get'), 2, 'and is looked at no more')
})

t.test('a look that gets lost is repeated, and a client that says nothing at all is waited for no longer than its time', async t => {
  const { asked, answer, outcome, clock, said } = await conversation(t)
  answer(await asked('elicitation/create'), made())
  await clock.armed(500)
  clock.advance(500)
  const lost = await asked('tasks/get')
  await clock.armed(10_000)
  clock.advance(10_000)
  await clock.armed(500)
  t.match(said.find(({ method }) => method === 'notifications/cancelled'), { params: { requestId: lost.id } }, 'and withdrawn')
  clock.advance(500)
  answer(await asked('tasks/get', 2), task('completed'))
  answer(await asked('tasks/result'), ACCEPTED)
  t.same(JSON.parse(texts(await outcome)), { who: ACCEPTED })
  const silent = await conversation(t)
  await silent.asked('elicitation/create')
  silent.clock.advance(60_000)
  await silent.outcome
  t.match(silent.failed, [{ name: 'Timeout', afterMs: 60_000 }])
  t.equal(silent.count('notifications/cancelled'), 0, 'a task is not withdrawn by the request that begins it')
})

t.test('2025-11-25 basic/utilities/cancellation#behavior-requirements  when the call is cancelled, so is its task: by name, and never by the request', async t => {
  const { asked, answer, hear, clock, count, settle } = await conversation(t)
  const question = await asked('elicitation/create')
  answer(question, made())
  await clock.armed(500)
  hear({ method: 'notifications/cancelled', params: { requestId: 'call' } })
  t.same((await asked('tasks/cancel')).params, { taskId: 't1' })
  clock.advance(60_000)
  await settle()
  t.equal(count('tasks/get'), 0)
  t.equal(count('notifications/cancelled'), 0)
})

t.test('a call that is cancelled before its question became a task has the task cancelled once it has a name', async t => {
  const { asked, answer, hear, count, settle } = await conversation(t)
  const question = await asked('elicitation/create')
  hear({ method: 'notifications/cancelled', params: { requestId: 'call' } })
  await settle()
  t.equal(count('tasks/cancel'), 0)
  answer(question, made())
  t.same((await asked('tasks/cancel')).params, { taskId: 't1' })
  t.equal(count('notifications/cancelled'), 0)
})

t.test('a client that does not declare cancelling is not asked to', async t => {
  const { asked, answer, hear, clock, count, settle } = await conversation(t, { capabilities: { elicitation: {}, tasks: { requests: { elicitation: { create: {} } } } } })
  answer(await asked('elicitation/create'), made())
  await clock.armed(500)
  hear({ method: 'notifications/cancelled', params: { requestId: 'call' } })
  await settle()
  t.equal(count('tasks/cancel'), 0)
})

t.test('when one of several questions fails, the others are withdrawn: a task by its name, a plain one by its request', async t => {
  const { asked, answer, refuse, outcome, said } = await conversation(t, {
    capabilities: { elicitation: {}, roots: {}, sampling: {}, tasks: TASKS },
    questions: { who: ASKED, where: { method: 'roots/list' }, what: { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } } },
  })
  answer(await asked('elicitation/create'), made())
  const where = await asked('roots/list')
  const what = await asked('sampling/createMessage')
  await new Promise(resolve => setImmediate(resolve))
  refuse(what, -1, 'no')
  await asked('tasks/cancel')
  t.match(await outcome, { result: { isError: true } })
  t.same(said.filter(({ method }) => method === 'notifications/cancelled').map(({ params }) => params!.requestId), [where.id])
})

t.test('nothing is left of a question once its session is over', async t => {
  const { asked, answer, clock, pipe, said, settle } = await conversation(t)
  answer(await asked('elicitation/create'), made())
  await clock.armed(500)
  pipe.end('the client left')
  const before = said.length
  clock.advance(600_000)
  await settle()
  t.equal(said.length, before)
})

t.test('a result that is held back for longer than a client may take is asked for again', async t => {
  const { asked, answer, outcome, clock, said } = await conversation(t, { answerTimeoutMs: 2000 })
  answer(await asked('elicitation/create'), made('input_required'))
  const held = await asked('tasks/result')
  for (let n = 0; n < 4; n++) clock.advance(1000)
  answer(await asked('tasks/result', 2), ACCEPTED)
  t.same(JSON.parse(texts(await outcome)), { who: ACCEPTED })
  t.same(said.filter(({ method }) => method === 'notifications/cancelled').map(({ params }) => params!.requestId), [held.id])
})
