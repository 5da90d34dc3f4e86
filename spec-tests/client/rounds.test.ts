/** Results that ask: client of 2026-07-28/basic/patterns/mrtr. */
import t from 'tap'
import { type Answerers } from '../../lib/client.js'
import { type Arrived, deferred, DONE, log, openModern, type Script, TestClock } from './scripted.js'

const COMPLETE = { resultType: 'complete', ...DONE }
const FORM = { type: 'object', properties: { name: { type: 'string' } } }
const form = (message = 'who?'): object => ({ method: 'elicitation/create', params: { message, requestedSchema: FORM } })
const asks = (inputRequests: object | undefined, requestState?: string): object => ({ resultType: 'input_required', ...(inputRequests && { inputRequests }), ...(requestState !== undefined && { requestState }) })
const ANSWERS: Answerers = {
  elicit: ({ message }) => ({ action: 'accept', content: { name: message } }),
  sample: ({ maxTokens }) => ({ role: 'assistant', content: { type: 'text', text: String(maxTokens) }, model: 'm' }),
  roots: () => [{ uri: 'file:///a' }],
}
/** One script for each round of a call. */
const rounds = (...scripts: readonly Script[]): Script => {
  let round = 0
  return arrived => scripts[round++]!(arrived)
}
const own = ({ message: { params } }: Arrived): object => {
  const { _meta, ...rest } = params!
  return rest
}

t.test('#client-requirements-basic-workflow  the answers go back under their names, with the exact state, under another id', async t => {
  const state = ' {"sealed": "\\u0000é=="}\n'
  const { client, server } = await openModern(t, { 'tools/call': rounds(
    arrived => arrived.result(asks({ who: form(), model: { method: 'sampling/createMessage', params: { messages: [], maxTokens: 7 } }, where: { method: 'roots/list' } }, state)),
    arrived => arrived.result(COMPLETE),
  ) }, { answers: ANSWERS })
  t.same((await client.callTool('work', { a: 1 }).result).content, DONE.content)
  const [first, second] = server.arrived.slice(1) as [Arrived, Arrived]
  t.strictSame(own(first), { name: 'work', arguments: { a: 1 } })
  t.strictSame(own(second), {
    name: 'work',
    arguments: { a: 1 },
    inputResponses: { who: { action: 'accept', content: { name: 'who?' } }, model: { role: 'assistant', content: { type: 'text', text: '7' }, model: 'm' }, where: { roots: [{ uri: 'file:///a' }] } },
    requestState: state,
  })
  t.not(first.message.id, second.message.id)
  t.same((second.message.params!['_meta'] as object)['io.modelcontextprotocol/clientCapabilities' as never], { elicitation: { form: {} }, sampling: {}, roots: {}, extensions: { 'io.modelcontextprotocol/tasks': {} } })
})

t.test('only the last round\'s answers and state are sent, and none where none was given', async t => {
  const { client, server } = await openModern(t, { 'tools/call': rounds(
    arrived => arrived.result(asks({ one: form('1') }, 's1')),
    arrived => arrived.result(asks({ two: form('2') })),
    arrived => arrived.result(asks(undefined, 's3')),
    arrived => arrived.result(COMPLETE),
  ) }, { answers: ANSWERS })
  await client.callTool('work').result
  t.strictSame(server.arrived.slice(2).map(own), [
    { name: 'work', inputResponses: { one: { action: 'accept', content: { name: '1' } } }, requestState: 's1' },
    { name: 'work', inputResponses: { two: { action: 'accept', content: { name: '2' } } } },
    { name: 'work', requestState: 's3' },
  ])
})

t.test('nothing of a retry is seen by any other call', async t => {
  const answered = deferred<void>()
  const { client, server } = await openModern(t, { 'tools/call': arrived => {
    const { name, requestState } = arrived.message.params!
    arrived.result(name === 'asks' && requestState === undefined ? asks({ who: form() }, 'mine') : COMPLETE)
  } }, { answers: { elicit: async () => {
    await answered.promise
    return { action: 'decline' }
  } } })
  const asking = client.callTool('asks')
  await server.until(({ message }) => message.params?.name === 'asks')
  await client.callTool('other').result
  answered.resolve()
  await asking.result
  t.strictSame(server.arrived.slice(1).map(own), [{ name: 'asks' }, { name: 'other' }, { name: 'asks', inputResponses: { who: { action: 'decline' } }, requestState: 'mine' }])
})

t.test('prompts and resources may ask as well; nothing else may', async t => {
  const twice = (result: object): Script => rounds(arrived => arrived.result(asks({ who: form() })), arrived => arrived.result(result))
  const { client } = await openModern(t, {
    'prompts/get': twice({ messages: [], description: 'done' }),
    'resources/read': twice({ contents: [{ uri: 'a:1', text: 'done' }], ttlMs: 60_000, cacheScope: 'public' }),
    'tools/list': arrived => arrived.result({ ...asks({ who: form() }), tools: [] }),
  }, { answers: ANSWERS })
  t.equal((await client.getPrompt('p').result).description, 'done')
  t.match((await client.readResource('a:1').result).contents, [{ text: 'done' }])
  await t.rejects(client.listTools(), { name: 'InvalidMessage', message: /tools\/list: the result asks for input, which only tools\/call, prompts\/get, resources\/read may/ })
})

t.test('the call\'s notifications go on through its rounds, each with a token of its own', async t => {
  const progress = (arrived: Arrived, n: number): void => arrived.event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: (arrived.message.params!['_meta'] as { progressToken: unknown }).progressToken, progress: n } })
  const { client, server } = await openModern(t, { 'tools/call': rounds(
    arrived => {
      arrived.event(log('first round'))
      progress(arrived, 1)
      arrived.finish(asks({ who: form() }))
    },
    arrived => {
      progress(arrived, 2)
      arrived.event(log('second round'))
      arrived.finish(COMPLETE)
    },
  ) }, { answers: ANSWERS, logLevel: 'info' })
  const heard: unknown[] = []
  for await (const { params } of client.callTool('work', {}, { progress: true })) heard.push(params!['data' as never] ?? params!['progress' as never])
  t.same(heard, ['first round', 1, 2, 'second round'])
  const metas = server.arrived.slice(1).map(({ message }) => message.params!['_meta'] as Record<string, unknown>)
  t.same(metas.map(meta => meta['io.modelcontextprotocol/logLevel']), ['info', 'info'])
  t.not(metas[0]!.progressToken, metas[1]!.progressToken)
})

t.test('rounds are bounded', async t => {
  const { client, server } = await openModern(t, { 'tools/call': arrived => arrived.result(asks(undefined, 'again')) }, { maxRounds: 3 })
  await t.rejects(client.callTool('work').result, { name: 'InvalidMessage', message: /after 3 rounds \(maxRounds\)/ })
  t.equal(server.said.filter(said => said === 'tools/call').length, 4)
  const { client: byDefault, server: patient } = await openModern(t, { 'tools/call': arrived => arrived.result(asks(undefined, 'again')) })
  await t.rejects(byDefault.callTool('work').result, { name: 'InvalidMessage', message: /10 rounds/ })
  t.equal(patient.said.filter(said => said === 'tools/call').length, 11)
})

t.test('a question that was not declared, or that does not fit, fails the call before anybody is asked', async t => {
  let asked = 0
  const answers: Answerers = { elicit: () => {
    asked++
    return { action: 'accept' }
  } }
  const cases: [object, RegExp][] = [
    [{ a: form(), b: { method: 'roots/list' } }, /inputRequests\.b: roots\/list is not answered by this client/],
    [{ a: form(), b: { method: 'elicitation/create', params: { mode: 'url', message: 'go', url: 'https://example.com/' } } }, /inputRequests\.b: .*mode "url"/],
    [{ a: { method: 'tools/call', params: {} } }, /tools\/call: result/],
    [{ a: { method: 'elicitation/create', params: { message: 5 } } }, /tools\/call: result/],
    [{ a: { method: 'ping' } }, /tools\/call: result/],
    [Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`q${n}`, form()])), /101 questions.*at most 100/],
  ]
  for (const [questions, message] of cases) {
    const { client, server } = await openModern(t, { 'tools/call': arrived => arrived.result(asks(questions)) }, { answers })
    await t.rejects(client.callTool('work').result, { name: 'InvalidMessage', message })
    t.equal(server.said.filter(said => said === 'tools/call').length, 1)
  }
  const { client } = await openModern(t, { 'tools/call': arrived => arrived.result({ resultType: 'input_required' }) }, { answers })
  await t.rejects(client.callTool('work').result, { name: 'InvalidMessage', message: /neither inputRequests nor requestState/ })
  t.equal(asked, 0)
})

t.test('an answer that fails fails the call with its own error, and the other questions are aborted', async t => {
  const aborted = deferred<boolean>()
  const failure = new Error('the window was closed')
  const { client, server } = await openModern(t, { 'tools/call': arrived => arrived.result(asks({ who: form(), where: { method: 'roots/list' } })) }, { answers: {
    elicit: () => Promise.reject(failure),
    roots: ({ signal }) => new Promise(resolve => signal.addEventListener('abort', () => {
      aborted.resolve(true)
      resolve([])
    })),
  } })
  await t.rejects(client.callTool('work').result, failure)
  t.equal(await aborted.promise, true)
  t.equal(server.said.filter(said => said === 'tools/call').length, 1)
})

t.test('2026-07-28 client/elicitation#form-mode-security  an answer that does not fit its form fails the call in words', async t => {
  const { client, server } = await openModern(t, { 'tools/call': arrived => arrived.result(asks({ who: form() })) }, { answers: { elicit: () => ({ action: 'accept', content: { name: 7 } }) } })
  await t.rejects(client.callTool('work').result, { name: 'TypeError', message: /the answer's content\.name must be a string, not 7/ })
  t.equal(server.said.filter(said => said === 'tools/call').length, 1)
})

t.test('a call that is cancelled while it is being answered is not sent again', async t => {
  const asked = deferred<AbortSignal>()
  const answered = deferred<void>()
  const { client, server } = await openModern(t, { 'tools/call': arrived => arrived.result(asks({ who: form() })) }, { answers: { elicit: async (_, { signal }) => {
    asked.resolve(signal)
    await answered.promise
    return { action: 'accept' }
  } } })
  const call = client.callTool('work')
  const signal = await asked.promise
  call.cancel()
  t.ok(signal.aborted)
  await t.rejects(call.result, { name: 'Cancelled' })
  answered.resolve()
  await client.ping()
  t.equal(server.said.filter(said => said === 'tools/call').length, 1)
})

t.test('while the client answers only the maximum runs, and each round has its time', async t => {
  const clock = new TestClock()
  let asked = deferred<void>()
  let answered = deferred<void>()
  const { client, server } = await openModern(t, { 'tools/call': arrived => {
    if (arrived.message.params!.inputResponses === undefined) arrived.result(asks({ who: form() }))
  } }, { timeoutMs: 100, maxTotalMs: 10_000, answers: { elicit: async () => {
    asked.resolve()
    await answered.promise
    return { action: 'accept' }
  } } }, clock)
  const call = client.callTool('work')
  await asked.promise
  clock.advance(5000)
  answered.resolve()
  await server.until(({ message }) => message.params?.inputResponses !== undefined)
  clock.advance(99)
  t.equal(await Promise.race([call.result, Promise.resolve('waiting')]), 'waiting')
  clock.advance(1)
  await t.rejects(call.result, { name: 'Timeout', limit: 'timeoutMs' })
  asked = deferred()
  answered = deferred()
  const long = client.callTool('work')
  await asked.promise
  clock.advance(10_000)
  await t.rejects(long.result, { name: 'Timeout', limit: 'maxTotalMs' })
})

t.test('a round without questions has its time as well', async t => {
  const first = deferred<Arrived>()
  const second = deferred<Arrived>()
  const { client, clock } = await openModern(t, { 'tools/call': rounds(arrived => first.resolve(arrived), arrived => second.resolve(arrived)) }, { timeoutMs: 100 })
  const call = client.callTool('work')
  const asked = await first.promise
  clock.advance(90)
  asked.result(asks(undefined, 's'))
  const again = await second.promise
  clock.advance(90)
  again.result(COMPLETE)
  t.same((await call.result).content, DONE.content)
})

t.test('a retry whose stream breaks is not repeated, even of a tool that only reads: the state may be good for one time', async t => {
  const { client, server } = await openModern(t, {
    'tools/list': arrived => arrived.result({ resultType: 'complete', tools: [{ name: 'look', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }], ttlMs: 0, cacheScope: 'public' }),
    'tools/call': rounds(arrived => arrived.result(asks(undefined, 'once')), arrived => {
      arrived.write(': at work\n\n')
      arrived.res.end()
    }),
  })
  await client.listTools()
  await t.rejects(client.callTool('look').result, { name: 'BrokenStream' })
  t.equal(server.said.filter(said => said === 'tools/call').length, 2)
})

t.test('names that objects have of themselves are names like any other', async t => {
  const { client, server } = await openModern(t, { 'tools/call': rounds(
    arrived => arrived.json(`{"jsonrpc":"2.0","id":${JSON.stringify(arrived.message.id)},"result":{"resultType":"input_required","inputRequests":{"__proto__":{"method":"roots/list"},"constructor":{"method":"roots/list"}}}}`),
    arrived => arrived.result(COMPLETE),
  ) }, { answers: ANSWERS })
  await client.callTool('work').result
  const { inputResponses } = server.arrived.at(-1)!.message.params!
  t.strictSame(Object.keys(inputResponses as object), ['__proto__', 'constructor'])
})
