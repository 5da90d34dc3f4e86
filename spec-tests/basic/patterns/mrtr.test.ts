/** Multi round-trip requests where a fixture cannot show them: answers that are missing or wrong, limits, one handler for both eras. */
import t from 'tap'
import { MAX_ROUNDS, needs, type Context, type Question } from '../../../lib/server.js'
import { callTool, heard, make, MODERN, modern, open, say, serve, type Said } from '../../http.js'

const FORM: Question = { method: 'elicitation/create', params: { message: 'Which?', requestedSchema: { type: 'object', properties: { which: { type: 'string' } } } } }
const LINK: Question = { method: 'elicitation/create', params: { mode: 'url', message: 'Pay', url: 'https://pay.example/1' } }
const SAMPLE: Question = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } }
const ROOTS: Question = { method: 'roots/list' }
const CAPABLE = { capabilities: { elicitation: {}, sampling: {}, roots: {} } }
const accept = (which: string): object => ({ action: 'accept', content: { which } })
const whichOf = (answer: unknown): unknown => (answer as { content: { which: unknown } }).content.which

const stateOf = ({ result }: Said): string => result!.requestState as string
const textOf = ({ result }: Said): string | undefined => (result?.content as { text: string }[] | undefined)?.[0]?.text
const call = (url: string, params: object, how: object = CAPABLE): Promise<Said> => heard(modern(url, 'tools/call', params, how))

t.test('2026-07-28 basic/patterns/mrtr#error-handling: what comes back is taken as far as it goes', async t => {
  const server = make()
  server.tool('two', {}, (_, { answers }) => (answers.a && answers.b ? `${whichOf(answers.a)} ${whichOf(answers.b)} ${Object.keys(answers)}` : needs({ a: FORM, b: FORM })))
  server.tool('kinds', {}, (_, { answers }) => (answers.s ? `${Object.keys(answers).sort()}` : needs({ e: FORM, s: SAMPLE, r: ROOTS })))
  const { url } = await serve(t, server)
  const state = stateOf(await call(url, { name: 'two' }))
  const retry = (inputResponses: object, requestState = state): Promise<Said> => call(url, { name: 'two', inputResponses, requestState })

  t.test('what is missing is asked for again, and what was there is kept', async t => {
    const partial = await retry({ b: accept('B') })
    t.match(partial, { status: 200, result: { resultType: 'input_required', inputRequests: { a: FORM } } })
    t.strictSame(Object.keys(partial.result!.inputRequests as object), ['a'])
    t.equal(textOf(await retry({ a: accept('A') }, stateOf(partial))), 'A B a,b')
    t.match(await retry({ a: accept('A') }), { result: { inputRequests: { b: FORM } } }, 'the earlier state has not changed')
  })
  t.test('nothing at all asks for everything again', async t => {
    for (const none of [{}, undefined]) {
      const again = await call(url, { name: 'two', requestState: state, inputResponses: none })
      t.strictSame(Object.keys(again.result!.inputRequests as object), ['a', 'b'])
    }
  })
  t.test('surplus is ignored, and never reaches the handler', async t => {
    t.equal(textOf(await retry({ a: accept('A'), b: accept('B'), c: accept('C'), __proto__x: accept('D') })), 'A B a,b')
  })
  t.test('a later answer replaces an earlier one of an open round', async t => {
    const partial = await retry({ a: accept('old') })
    t.equal(textOf(await retry({ a: accept('new'), b: accept('B') }, stateOf(partial))), 'new B a,b')
  })
  t.test('a wrong one is refused with its name', async t => {
    t.match(await retry({ a: { action: 'maybe' }, b: accept('B') }), { status: 400, error: { code: -32602, message: /inputResponses/ } })
    t.match(await retry({ a: 'tea', b: accept('B') }), { status: 400, error: { code: -32602, message: /inputResponses\.a/ } })
    t.match(await retry({ a: { roots: [] }, b: accept('B') }), { error: { code: -32602, message: /inputResponses\.a/ } }, 'an answer to another question')
    t.match(await call(url, { name: 'two', inputResponses: [], requestState: state }), { status: 400, error: { code: -32602 } })
    t.match(await call(url, { name: 'two', inputResponses: {}, requestState: 1 }), { status: 400, error: { code: -32602 } })
  })
  t.test('each kind of question is answered in its kind', async t => {
    const first = await call(url, { name: 'kinds' })
    t.strictSame(first.result!.inputRequests, { e: FORM, s: SAMPLE, r: ROOTS })
    const inputResponses = { e: { action: 'decline' }, s: { role: 'assistant', content: { type: 'text', text: 'hi' }, model: 'm' }, r: { roots: [] } }
    t.equal(textOf(await call(url, { name: 'kinds', requestState: stateOf(first), inputResponses })), 'e,r,s')
  })
  t.test('answers without a state are answers to what would be asked', async t => {
    t.equal(textOf(await call(url, { name: 'two', inputResponses: { a: accept('A'), b: accept('B') } })), 'A B a,b')
  })
  t.test('a tool that asks nothing is not disturbed by answers', async t => {
    server.tool('plain', {}, () => 'plain')
    t.equal(textOf(await call(url, { name: 'plain', inputResponses: { a: accept('A') } })), 'plain')
    t.match(await call(url, { name: 'plain', requestState: 'nonsense' }), { error: { code: -32602 } }, 'but by a state that is none')
  })
})

t.test('2026-07-28 basic/patterns/mrtr#inputrequiredresult', async t => {
  const server = make({ cache: { 'resources/read': { ttlMs: 60_000, cacheScope: 'public' } } })
  const ask = (_: unknown, { answers }: Context) => (answers.which ? `chose ${whichOf(answers.which)}` : needs({ which: FORM }))
  server.tool('choose', {}, ask)
  server.prompt('choose', {}, ask)
  server.resource('test://choose', {}, ask)
  const { url } = await serve(t, server)
  const methods = [['tools/call', { name: 'choose' }], ['prompts/get', { name: 'choose' }], ['resources/read', { uri: 'test://choose' }]] as const
  for (const [method, params] of methods) {
    t.test(method, async t => {
      const first = await heard(modern(url, method, params, { ...CAPABLE, id: 'one' }))
      t.strictSame(Object.keys(first.result!).sort(), ['_meta', 'inputRequests', 'requestState', 'resultType'], 'and nothing that could be kept')
      t.match(first, { status: 200, id: 'one', result: { resultType: 'input_required', inputRequests: { which: FORM } } })
      const done = await heard(modern(url, method, { ...params, inputResponses: { which: accept('tea') }, requestState: stateOf(first) }, { ...CAPABLE, id: 'two' }))
      t.match(done, { status: 200, id: 'two', result: { resultType: 'complete' } })
      t.match(JSON.stringify(done.result), /chose tea/)
      if (method === 'resources/read') t.match(done.result, { ttlMs: 0, cacheScope: 'private' }, 'what hangs on answers is not to be kept')
    })
  }
  t.test('methods that cannot ask take no notice of a state', async t => {
    t.match(await heard(modern(url, 'tools/list', { requestState: 'nonsense', inputResponses: {} })), { status: 200, result: { tools: [{ name: 'choose' }] } })
  })
})

t.test('rounds are capped, whichever way they are asked', async t => {
  const server = make()
  let runs = 0
  server.tool('endless', {}, (_, { answers }) => {
    runs++
    return needs({ [`n${Object.keys(answers).length}`]: FORM })
  })
  const { url } = await serve(t, server)
  let said = await call(url, { name: 'endless' })
  let rounds = 0
  while (said.result?.inputRequests && rounds < 50) {
    rounds++
    const [name] = Object.keys(said.result.inputRequests)
    said = await call(url, { name: 'endless', requestState: stateOf(said), inputResponses: { [name!]: accept('x') } })
  }
  t.match(said, { error: { message: /rounds|times/ } })
  t.equal(rounds, MAX_ROUNDS, 'nobody is asked for an answer that will be refused')
  runs = 0

  const headers = await open(url, '2025-11-25', CAPABLE.capabilities)
  const answer = await say(url, { headers, body: callTool(1, 'endless') })
  let asked = 0
  let last = ''
  for await (const { data } of answer.events()) {
    if (data === '') continue
    last = data
    const { id, method } = JSON.parse(data) as { id: number; method?: string }
    if (method !== 'elicitation/create') continue
    asked++
    await (await say(url, { headers, body: { jsonrpc: '2.0', id, result: accept('x') } })).text()
  }
  t.equal(asked, MAX_ROUNDS)
  t.match(JSON.parse(last), { id: 1, error: { message: /times/ } })
})

t.test('2026-07-28 basic/index#capability-negotiation: what the client did not declare is not asked', async t => {
  const server = make()
  let ran = 0
  const once = (question: Question) => () => {
    ran++
    return needs({ it: question })
  }
  server.tool('form', {}, once(FORM)).tool('link', {}, once(LINK)).tool('sample', {}, once(SAMPLE)).tool('roots', {}, once(ROOTS))
  server.tool('tools', {}, once({ ...SAMPLE, params: { ...SAMPLE.params, tools: [] } }))
  server.tool('nothing', {}, once({ method: 'ping' }))
  server.tool('needy', { requires: { sampling: {} } }, () => `${++ran}`)
  server.tool('particular', { requires: { elicitation: { url: {} } } }, () => `${++ran}`)
  const { url } = await serve(t, server)
  const cases: [name: string, declared: object, required: object | undefined][] = [
    ['form', {}, { elicitation: {} }],
    ['form', { elicitation: {} }, undefined],
    ['form', { elicitation: { form: {} } }, undefined],
    ['form', { elicitation: { url: {} } }, { elicitation: { form: {} } }],
    ['link', {}, { elicitation: { url: {} } }],
    ['link', { elicitation: {} }, { elicitation: { url: {} } }],
    ['link', { elicitation: { url: {} } }, undefined],
    ['sample', {}, { sampling: {} }],
    ['sample', { elicitation: {} }, { sampling: {} }],
    ['tools', { sampling: {} }, { sampling: { tools: {} } }],
    ['tools', { sampling: { tools: {} } }, undefined],
    ['roots', {}, { roots: {} }],
    ['roots', { roots: {} }, undefined],
    ['needy', {}, { sampling: {} }],
    ['needy', { sampling: {} }, undefined],
    ['particular', { elicitation: {} }, { elicitation: { url: {} } }],
    ['particular', { elicitation: { url: {} } }, undefined],
  ]
  for (const [name, capabilities, requiredCapabilities] of cases) {
    const answer = await modern(url, 'tools/call', { name }, { capabilities })
    const type = answer.headers['content-type']
    const said = await heard(answer)
    const title = `${name} of a client with ${JSON.stringify(capabilities)}`
    if (requiredCapabilities) {
      t.match(said, { status: 400, error: { code: -32021 } }, title)
      t.strictSame(said.error?.data?.requiredCapabilities, requiredCapabilities, `${title}: what it lacks`)
      t.equal(type, 'application/json', 'and no stream was opened')
    } else t.match(said, { status: 200, result: {} }, title)
  }
  ran = 0
  await call(url, { name: 'needy' }, {})
  t.equal(ran, 0, 'a tool that says beforehand what it requires is not run')

  t.test('and nothing but the three questions there are', async t => {
    t.match(await call(url, { name: 'nothing' }), { error: { code: -32603 } })
  })
})

t.test('one handler for two ways of asking', async t => {
  const server = make()
  let runs: string[] = []
  server.tool('order', {}, async (_, { answers, revision }) => {
    runs.push(Object.keys(answers).join())
    if (!answers.drink) return needs({ drink: FORM })
    if (!answers.size) return needs({ size: FORM })
    return `${whichOf(answers.size)} ${whichOf(answers.drink)}`
  })
  const { url } = await serve(t, server)
  const says = [accept('tea'), accept('large')]

  const inResults = async (): Promise<unknown> => {
    let said = await call(url, { name: 'order' })
    for (const one of says) {
      const [name] = Object.keys(said.result!.inputRequests as object)
      said = await call(url, { name: 'order', requestState: stateOf(said), inputResponses: { [name!]: one } })
    }
    return said.result!.content
  }
  const byRequest = async (version: string): Promise<unknown> => {
    const headers = await open(url, version, CAPABLE.capabilities)
    const answer = await say(url, { headers, body: callTool(1, 'order') })
    const left = [...says]
    for await (const { data } of answer.events()) {
      if (data === '') continue
      const message = JSON.parse(data) as { id: number; method?: string; result?: { content: unknown } }
      if (message.result) return message.result.content
      await (await say(url, { headers, body: { jsonrpc: '2.0', id: message.id, result: left.shift() } })).text()
    }
    return undefined
  }

  const expected = [{ type: 'text', text: 'large tea' }]
  for (const [title, run] of [[MODERN, inResults], ['2025-06-18', () => byRequest('2025-06-18')], ['2025-11-25', () => byRequest('2025-11-25')]] as const) {
    runs = []
    t.strictSame(await run(), expected, title)
    t.strictSame(runs, ['', 'drink', 'drink,size'], `${title}: what stands before needs runs once for each round`)
  }
})
