/** What a server asks of the client, on any stream: basic/utilities/ping, client/elicitation, client/sampling, client/roots. */
import t from 'tap'
import { acceptDefaults, ProtocolError } from '../../lib/client.js'
import { asking, question, SAMPLE } from './asking.js'
import { type Arrived, deferred, DONE, open, scripted, TestClock } from './scripted.js'

const FORM = { type: 'object', properties: { name: { type: 'string', default: 'John' }, age: { type: 'integer', default: 30 }, note: { type: 'string' } }, required: ['name'] }

t.test('2025-11-25 basic/utilities/ping  is answered with an empty result, in a POST of its own', async t => {
  const { answer, capabilities } = await asking(t, question('ping'), {})
  t.same(answer.message, { jsonrpc: '2.0', id: 'q:ping', result: {} })
  t.equal(answer.headers['mcp-protocol-version'], '2025-11-25')
  t.same(capabilities, {})
})

t.test('2025-11-25 client/elicitation  a form is answered by elicit; the defaults can be taken for it', async t => {
  const { answer, capabilities } = await asking(t, question('elicitation/create', { message: 'who?', requestedSchema: FORM }), {
    elicit: ({ requestedSchema }) => acceptDefaults(requestedSchema),
  })
  t.same(answer.message.result, { action: 'accept', content: { name: 'John', age: 30 } })
  t.same(capabilities, { elicitation: { form: {} } })
})

t.test('acceptDefaults declines a form whose required member has no default', async t => {
  t.same(acceptDefaults({ ...FORM, required: ['note'] }), { action: 'decline' })
  t.same(acceptDefaults({ type: 'object', properties: {} }), { action: 'accept', content: {} })
})

t.test('2025-11-25 client/elicitation#error-handling  a mode that was not declared is -32602', async t => {
  const params = { mode: 'url', message: 'go', url: 'https://example.com/', elicitationId: 'e' }
  const { answer } = await asking(t, question('elicitation/create', params), { elicit: () => ({ action: 'cancel' }) })
  t.match(answer.message.error, { code: -32602, message: /mode "url"/ })
  const { answer: visited, capabilities } = await asking(t, question('elicitation/create', params), { elicitUrl: ({ url }) => ({ action: url === params.url ? 'accept' : 'cancel' }) })
  t.same(visited.message.result, { action: 'accept' })
  t.same(capabilities, { elicitation: { url: {} } })
})

t.test('2025-11-25 client/sampling and client/roots  are answered by sample and roots', async t => {
  const sampled = { role: 'assistant', content: { type: 'text', text: 'yo' }, model: 'm' } as const
  const { answer, capabilities } = await asking(t, question('sampling/createMessage', SAMPLE), { sample: ({ maxTokens }) => ({ ...sampled, stopReason: String(maxTokens) }) })
  t.same(answer.message.result, { ...sampled, stopReason: '5' })
  t.same(capabilities, { sampling: {} })
  const roots = await asking(t, question('roots/list'), { roots: () => [{ uri: 'file:///a' }] })
  t.same(roots.answer.message.result, { roots: [{ uri: 'file:///a' }] })
  t.same(roots.capabilities, { roots: { listChanged: true } })
})

t.test('sampling with tools, which was not declared, is -32602', async t => {
  const { answer } = await asking(t, question('sampling/createMessage', { ...SAMPLE, tools: [] }), { sample: () => { throw new Error('never asked') } })
  t.match(answer.message.error, { code: -32602, message: /sampling\.tools/ })
})

const text = (said: string): object => ({ type: 'text', text: said })
const use = (id: string): object => ({ type: 'tool_use', id, name: 'weather', input: { city: id } })
const result = (toolUseId: string): object => ({ type: 'tool_result', toolUseId, content: [text('18')] })
const user = (...content: object[]): object => ({ role: 'user', content: content.length === 1 ? content[0] : content })
const assistant = (...content: object[]): object => ({ role: 'assistant', content: content.length === 1 ? content[0] : content })

t.test('2025-11-25 client/sampling#sampling-with-tools  is taken by a client that says so, and may be answered by several tool uses', async t => {
  const tools = [{ name: 'weather', inputSchema: { type: 'object' } }]
  const content = [{ type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Paris' } }, { type: 'tool_use', id: 'b', name: 'weather', input: { city: 'London' } }] as const
  let seen: unknown
  const { answer, capabilities } = await asking(t, question('sampling/createMessage', { ...SAMPLE, tools, toolChoice: { mode: 'required' } }), {
    sampleTools: true,
    sample: ({ tools, toolChoice }) => {
      seen = [tools, toolChoice]
      return { role: 'assistant', content, model: 'm', stopReason: 'toolUse' }
    },
  })
  t.same(capabilities, { sampling: { tools: {} } })
  t.same(seen, [tools, { mode: 'required' }])
  t.same(answer.message.result, { role: 'assistant', content, model: 'm', stopReason: 'toolUse' })
})

t.test('2025-11-25 client/sampling#message-content-constraints  each use of a tool is followed by its results, and by nothing else', async t => {
  const sampled = async (...messages: object[]): Promise<Arrived['message']> => (await asking(t, question('sampling/createMessage', { messages, maxTokens: 5 }), {
    sampleTools: true, sample: () => ({ role: 'assistant', content: { type: 'text', text: 'ok' }, model: 'm' }),
  })).answer.message
  const ask = user(text('?'))
  t.match(await sampled(ask, assistant(use('a'), use('b')), user(result('b'), result('a')), assistant(text('warm')), ask), { result: { model: 'm' } })
  t.match(await sampled(ask, assistant(text('let me see'), use('a')), user(result('a'))), { result: { model: 'm' } })
  const cases: [readonly object[], RegExp][] = [
    [[ask, assistant(use('a'), use('b')), user(result('a')), assistant(text('warm'))], /Tool result missing in request: params\.messages\[2\] has none for "b"/],
    [[ask, assistant(use('a')), user(text('and?'))], /Tool result missing in request: params\.messages\[2\] has none for "a"/],
    [[ask, assistant(use('a'))], /Tool result missing in request: nothing follows the use of "a"/],
    [[ask, assistant(use('a')), user(text('here:'), result('a'))], /messages\[2\] mixes tool results with other content/],
    [[ask, assistant(use('a')), assistant(result('a'))], /messages\[2\] has tool results and is of role "assistant"; expected "user"/],
    [[ask, user(result('a'))], /messages\[1\] has a tool result for "a", which the message before does not use/],
    [[ask, assistant(use('a')), user(result('a'), result('a'))], /a tool result for "a", which/],
    [[user(use('a')), user(result('a'))], /messages\[0\] has tool uses and is of role "user"/],
    [[assistant(use('a'), use('a')), user(result('a'))], /two tool uses of one id/],
  ]
  for (const [messages, message] of cases) t.match(await sampled(...messages), { error: { code: -32602, message } })
})

t.test('2025-11-25 client/elicitation#safe-url-handling  nobody is shown what is no page of the web', async t => {
  for (const [url, message] of [['javascript:alert(1)', /params\.url begins with "javascript:"; expected https: or http:/], ['file:///etc/passwd', /"file:"/], ['nowhere', /params\.url is no URL/]] as const) {
    const { answer } = await asking(t, question('elicitation/create', { mode: 'url', message: 'go', url, elicitationId: 'e' }), { elicitUrl: () => { throw new Error('never asked') } })
    t.match(answer.message.error, { code: -32602, message })
  }
})

t.test('extensions of the application are declared among its capabilities', async t => {
  const server = await scripted(t)
  await open(t, server.url, new TestClock(), { extensions: { 'com.example/maps': { tiles: true } }, listen: false })
  t.same(server.arrived[0]!.message.params!.capabilities, { extensions: { 'com.example/maps': { tiles: true } } })
})

t.test('what is not offered, or not known, is -32601', async t => {
  for (const method of ['sampling/createMessage', 'roots/list', 'elicitation/create', 'constructor', 'tasks/list']) {
    const { answer } = await asking(t, question(method, method === 'sampling/createMessage' ? SAMPLE : {}), {})
    t.match(answer.message, { id: `q:${method}`, error: { code: -32601 } })
  }
})

t.test('params that do not fit are -32602, and the answerer never sees them', async t => {
  const { answer } = await asking(t, question('sampling/createMessage', { messages: 'none' }), { sample: () => { throw new Error('never asked') } })
  t.match(answer.message.error, { code: -32602, message: /params/ })
})

t.test('an answerer that throws is -32603 without its text, unless it threw a ProtocolError', async t => {
  const errors: Error[] = []
  const secret = await asking(t, question('roots/list'), { roots: () => { throw new Error('secret') } }, { onError: error => errors.push(error) })
  t.match(secret.answer.message.error, { code: -32603, message: /^(?!.*secret)/ })
  t.match(errors, [{ message: 'secret' }])
  const meant = await asking(t, question('sampling/createMessage', SAMPLE), { sample: () => Promise.reject(new ProtocolError(-1, 'the user said no')) })
  t.same(meant.answer.message.error, { code: -1, message: 'the user said no' })
})

t.test('a question on the standalone stream is answered as well', async t => {
  const server = await scripted(t, { GET: arrived => arrived.event(question('ping')) })
  await open(t, server.url, new TestClock())
  const { message } = await server.until(({ message, verb }) => verb === 'POST' && message.method === undefined)
  t.same(message, { jsonrpc: '2.0', id: 'q:ping', result: {} })
})

t.test('2025-11-25 basic/utilities/cancellation  a question that the server withdraws is aborted and gets no answer', async t => {
  let call!: Arrived
  const server = await scripted(t, { 'tools/call': arrived => {
    call = arrived
    arrived.event(question('roots/list'))
  } })
  const asked = deferred<AbortSignal>()
  const client = await open(t, server.url, new TestClock(), { answers: { roots: ({ signal }) => {
    asked.resolve(signal)
    return new Promise(resolve => signal.addEventListener('abort', () => resolve([])))
  } } })
  const pending = client.callTool('ask')
  const signal = await asked.promise
  call.event({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'unknown' } })
  call.event({ jsonrpc: '2.0', method: 'notifications/cancelled', params: {} })
  call.event({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'q:roots/list' } })
  call.event(question('ping'))
  call.finish(DONE)
  await pending.result
  t.ok(signal.aborted)
  const pong = await server.until(({ message, verb }) => verb === 'POST' && message.method === undefined)
  t.equal(pong.message.id, 'q:ping')
})

t.test('two questions with one id, on two streams, are both answered, and neither is withdrawn by it', async t => {
  const calls: Arrived[] = []
  const server = await scripted(t, { 'tools/call': arrived => {
    calls.push(arrived)
    arrived.event(question('roots/list'))
  } })
  const signals: AbortSignal[] = []
  const both = deferred<void>()
  const answered = deferred<[]>()
  const client = await open(t, server.url, new TestClock(), { listen: false, answers: { roots: ({ signal }) => {
    if (signals.push(signal) === 2) both.resolve()
    return answered.promise
  } } })
  const pending = [client.callTool('one'), client.callTool('two')]
  await both.promise
  calls[0]!.event({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'q:roots/list' } })
  for (const call of calls) call.finish(DONE)
  await Promise.all(pending.map(call => call.result))
  answered.resolve([])
  await server.until(() => server.said.filter(said => said === 'response').length === 2)
  t.same(signals.map(({ aborted }) => aborted), [false, false])
})

t.test('questions beyond the bound are refused at once', async t => {
  const server = await scripted(t, { 'tools/call': arrived => {
    for (let i = 0; i <= 100; i++) arrived.event({ jsonrpc: '2.0', id: i, method: 'roots/list' })
  } })
  const client = await open(t, server.url, new TestClock(), { answers: { roots: () => new Promise(() => {}) } })
  client.callTool('ask')
  const { message } = await server.until(({ message, verb }) => verb === 'POST' && message.method === undefined)
  t.match(message, { id: 100, error: { code: -32603, message: /100 questions/ } })
})

t.test('a call that is cancelled withdraws what is being answered for it', async t => {
  const server = await scripted(t, { 'tools/call': arrived => arrived.event(question('roots/list')) })
  const asked = deferred<AbortSignal>()
  const client = await open(t, server.url, new TestClock(), { answers: { roots: ({ signal }) => {
    asked.resolve(signal)
    return new Promise(() => {})
  } } })
  const call = client.callTool('ask')
  const signal = await asked.promise
  call.cancel()
  t.ok(signal.aborted)
  await t.rejects(call.result, { name: 'Cancelled' })
})

t.test('while the client answers, the server is not late', async t => {
  let call!: Arrived
  const server = await scripted(t, { 'tools/call': arrived => {
    call = arrived
    arrived.event(question('roots/list'))
  } })
  const clock = new TestClock()
  const asked = deferred<void>()
  const answered = deferred<[]>()
  const client = await open(t, server.url, clock, { timeoutMs: 100, maxTotalMs: 10_000, answers: { roots: () => {
    asked.resolve()
    return answered.promise
  } } })
  const pending = client.callTool('ask')
  await asked.promise
  clock.advance(5000)
  answered.resolve([])
  await server.until(({ message, verb }) => verb === 'POST' && message.method === undefined)
  clock.advance(99)
  call.finish(DONE)
  t.same((await pending.result).content, DONE.content)
  const late = client.callTool('ask again')
  await server.until(({ message }) => message.params?.name === 'ask again')
  clock.advance(100)
  clock.advance(10_000)
  await t.rejects(late.result, { name: 'Timeout' })
})
