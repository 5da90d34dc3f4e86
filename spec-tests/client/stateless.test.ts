/** Calls without a session as the wire shows them: client of 2026-07-28/basic/index, basic/transports/streamable-http, basic/patterns/cancellation. */
import t from 'tap'
import { type Arrived, DONE, discovered, INFO, log, MODERN, openModern, SERVER_INFO } from './scripted.js'

const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } }, 'io.modelcontextprotocol/clientInfo': INFO,
}
const isCall = ({ message }: Arrived): boolean => message.method === 'tools/call'
const COMPLETE = { resultType: 'complete', ...DONE }
const rpcError = (arrived: Arrived, code: number, message = 'no'): object => ({ jsonrpc: '2.0', id: arrived.message.id, error: { code, message } })
const LEVEL = 'io.modelcontextprotocol/logLevel'

t.test('2026-07-28 basic/index#meta, #standard-request-headers  each request says everything, and the fields repeat it', async t => {
  const { client, server } = await openModern(t, {
    'tools/call': arrived => arrived.result(COMPLETE),
    'prompts/get': arrived => arrived.result({ resultType: 'complete', messages: [] }),
    'resources/read': arrived => arrived.result({ resultType: 'complete', contents: [], ttlMs: 0, cacheScope: 'private' }),
    'resources/list': arrived => arrived.result({ resultType: 'complete', resources: [], ttlMs: 0, cacheScope: 'private' }),
  })
  await client.callTool('wörk', { a: 1 }).result
  await client.getPrompt('greet', { who: 'you' }).result
  await client.readResource('file:///a b%20c').result
  await client.listResources()
  const [, call, prompt, read, list] = server.arrived as [Arrived, Arrived, Arrived, Arrived, Arrived]
  t.same(call.message.params, { name: 'wörk', arguments: { a: 1 }, _meta: META })
  const fields = [call, prompt, read, list].map(({ headers }) => [headers['mcp-protocol-version'], headers['mcp-method'], headers['mcp-name'], headers['mcp-session-id']])
  t.strictSame(fields, [
    [MODERN, 'tools/call', '=?base64?d8O2cms=?=', undefined],
    [MODERN, 'prompts/get', 'greet', undefined],
    [MODERN, 'resources/read', 'file:///a b%20c', undefined],
    [MODERN, 'resources/list', undefined, undefined],
  ])
  t.strictSame(new Set(server.arrived.map(({ verb }) => verb)), new Set(['POST']))
})

t.test('what the application adds to _meta goes along, and cannot say otherwise who asks', async t => {
  const { client, server } = await openModern(t, { 'tools/call': arrived => arrived.result(COMPLETE) })
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' }
  await client.callTool('work', {}, { trace, progress: true, meta: { 'example.com/x': 1, 'io.modelcontextprotocol/protocolVersion': 'mine' } }).result
  const { id, params } = server.arrived[1]!.message
  t.same(params!['_meta'], { 'example.com/x': 1, ...trace, progressToken: id, ...META })
})

t.test('2026-07-28 server/utilities/logging#per-request-log-level  the level is said with each request: the call\'s, else the client\'s', async t => {
  const { client, server } = await openModern(t, { 'tools/call': arrived => {
    arrived.event(log('below', 'info'))
    arrived.event(log('asked for', 'error'))
    arrived.finish(COMPLETE)
  } }, { logLevel: 'warning' })
  const asked = (): unknown => (server.arrived.at(-1)!.message.params!['_meta'] as Record<string, unknown>)[LEVEL]
  t.equal((server.arrived[0]!.message.params!['_meta'] as object)[LEVEL as never], undefined, 'nothing is known of the server yet')
  await client.callTool('work').result
  t.equal(asked(), 'warning')
  const heard: unknown[] = []
  for await (const note of client.callTool('work', {}, { logLevel: 'error' })) heard.push(note.params!['data' as never])
  t.same([asked(), heard], ['error', ['asked for']])
  await client.setLogLevel('debug')
  await client.callTool('work').result
  t.equal(asked(), 'debug')
  t.notOk(server.said.includes('logging/setLevel'))
  await t.rejects(client.setLogLevel('loud' as never), { name: 'TypeError' })
})

t.test('a server that declares no logging is not asked for it, unless the call asks', async t => {
  const { client, server } = await openModern(t, { 'tools/call': arrived => arrived.result(COMPLETE) }, { logLevel: 'info' }, undefined, { tools: {} })
  await client.callTool('a').result
  await client.callTool('b', {}, { logLevel: 'info' }).result
  t.strictSame(server.arrived.slice(1).map(({ message }) => (message.params!['_meta'] as Record<string, unknown>)[LEVEL]), [undefined, 'info'])
  await t.rejects(client.setLogLevel('info'), { name: 'TypeError', message: /logging/ })
})

t.test('ping asks who the server is, since there is no ping', async t => {
  const { client, server } = await openModern(t)
  await client.ping()
  t.same(server.said, ['server/discover', 'server/discover'])
})

t.test('what only sessions have is refused at the call', async t => {
  const { client, server } = await openModern(t, {}, {}, undefined, { resources: { subscribe: true } })
  await t.rejects(client.subscribe('file:///a'), { name: 'TypeError', message: /not part of revision 2026-07-28/ })
  t.same(server.said, ['server/discover'])
})

t.test('a server that does not say who it is has no name', async t => {
  const { client } = await openModern(t, { 'server/discover': arrived => arrived.result({ supportedVersions: [MODERN], capabilities: {} }) })
  t.same([client.server, client.instructions], [undefined, undefined])
  const { client: named } = await openModern(t)
  t.same(named.server, SERVER_INFO)
})

for (const stream of [true, false]) {
  t.test(`2026-07-28 basic/patterns/cancellation  ${stream ? 'a stream' : 'a JSON reply still to come'} is cancelled by hanging up, and by nothing else`, async t => {
    const { client, server, clock } = await openModern(t, { 'tools/call': arrived => {
      if (stream) arrived.event(log('at work'))
    } })
    const hungUp = async (end: () => void): Promise<Arrived> => {
      const arrived = await server.until(one => isCall(one) && !one.res.closed)
      const closed = new Promise<void>(resolve => arrived.res.on('close', resolve))
      end()
      await closed
      return arrived
    }
    const one = client.callTool('one')
    await hungUp(() => one.cancel('enough'))
    await t.rejects(one.result, { name: 'Cancelled', message: /enough/ })
    const two = client.callTool('two', {}, { timeoutMs: 100 })
    await hungUp(() => clock.advance(100))
    await t.rejects(two.result, { name: 'Timeout' })
    t.same(server.said, ['server/discover', 'tools/call', 'tools/call'])
  })
}

t.test('2026-07-28 #receiving-messages  a request of the server\'s is told, and never answered', async t => {
  const told: Error[] = []
  const { client, server } = await openModern(t, { 'tools/call': arrived => {
    arrived.event({ jsonrpc: '2.0', id: 'q', method: 'roots/list' })
    arrived.finish(COMPLETE)
  } }, { answers: { roots: () => { throw new Error('never asked') } }, events: { onError: error => told.push(error) } })
  await client.callTool('work').result
  t.match(told, [{ name: 'InvalidMessage', message: /roots\/list.*only ask in results/ }])
  t.same(server.said, ['server/discover', 'tools/call'])
})

t.test('design: a stream that breaks is not resumed; a read is asked for once more, under another id', async t => {
  const broken = (arrived: Arrived): void => {
    arrived.event({ ...log('half'), ...{} }, 'an-id')
    arrived.res.end()
  }
  let lists = 0
  const { client, server } = await openModern(t, {
    'tools/list': arrived => (lists++ === 0 ? broken(arrived) : arrived.result({
      resultType: 'complete', ttlMs: 0, cacheScope: 'public',
      tools: [['look', { readOnlyHint: true }], ['set', { idempotentHint: true }], ['add', { readOnlyHint: false }]]
        .map(([name, annotations]) => ({ name, annotations, inputSchema: { type: 'object' } })),
    })),
    'resources/read': broken,
    'tools/call': broken,
  })
  t.same((await client.listTools()).map(({ name }) => name), ['look', 'set', 'add'])
  const [first, second] = server.arrived.filter(({ message }) => message.method === 'tools/list')
  t.not(first!.message.id, second!.message.id)
  await t.rejects(client.readResource('file:///a').result, { name: 'BrokenStream' })
  t.equal(server.said.filter(said => said === 'resources/read').length, 2, 'once more, and no more')
  for (const [name, times] of [['look', 2], ['set', 2], ['add', 1], ['unknown', 1]] as const) {
    const before = server.said.filter(said => said === 'tools/call').length
    await t.rejects(client.callTool(name).result, { name: 'BrokenStream', message: /cannot resume/ })
    t.equal(server.said.filter(said => said === 'tools/call').length - before, times, name)
  }
  t.notOk(server.said.includes('GET'))
})

t.test('2026-07-28 basic/index#resulttype  a result that does not say is complete, one of an unknown type is an error', async t => {
  const { client } = await openModern(t, { 'tools/call': arrived => arrived.result(arrived.message.params!.name === 'old' ? DONE : { resultType: 'surprise' }) })
  t.same((await client.callTool('old').result).content, DONE.content)
  await t.rejects(client.callTool('new').result, { name: 'InvalidMessage', message: /resultType is "surprise"; expected "complete" or "input_required"/ })
})

const region = (annotation: unknown, name = 'region', type: unknown = 'string'): object => ({ type: 'object', properties: { [name]: { type, 'x-mcp-header': annotation } } })
const listed = (tools: readonly object[]): object => ({ resultType: 'complete', tools, ttlMs: 60_000, cacheScope: 'public' })

t.test('2026-07-28 #schema-extension  a tool whose annotation breaks a rule is left out and told, the others stay', async t => {
  const schemas: [string, object][] = [
    ['good', region('Region')], ['empty', region('')], ['spaced', region('My Region')], ['number', region('Region', 'region', 'number')],
    ['twice', { type: 'object', properties: { a: { type: 'string', 'x-mcp-header': 'A' }, b: { type: 'string', 'x-mcp-header': 'a' } } }],
    ['many', { type: 'object', properties: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`p${n}`, { type: 'string', 'x-mcp-header': `P${n}` }])) }],
    ['plain', { type: 'object' }],
  ]
  const rejected: string[] = []
  const { client } = await openModern(t, { 'tools/list': arrived => arrived.result(listed(schemas.map(([name, inputSchema]) => ({ name, inputSchema })))) }, {
    events: { onToolRejected: (name, reason) => rejected.push(`${name}: ${reason}`) },
  })
  t.same((await client.listTools()).map(({ name }) => name), ['good', 'plain'])
  t.match(rejected, [/^empty: /, /^spaced: /, /^number: .*"number"/, /^twice: .*given twice/, /^many: 65 /])
})

t.test('2026-07-28 #client-behavior  marked arguments are repeated in header fields, as the value encoding has it', async t => {
  const inputSchema = { type: 'object', properties: {
    text: { type: 'string', 'x-mcp-header': 'Text' }, n: { type: 'integer', 'x-mcp-header': 'N' }, deep: { type: 'object', properties: { flag: { type: 'boolean', 'x-mcp-header': 'Flag' } } },
    silent: { type: 'string' },
  } }
  const { client, server } = await openModern(t, {
    'tools/list': arrived => arrived.result(listed([{ name: 'work', inputSchema }])),
    'tools/call': arrived => arrived.result(COMPLETE),
  })
  const sent = async (args: object): Promise<unknown> => {
    await client.callTool('work', { ...args }).result
    return Object.fromEntries(Object.entries(server.arrived.at(-1)!.headers).filter(([name]) => name.startsWith('mcp-param-')))
  }
  t.same(await sent({ text: 'a' }), {}, 'a tool that was not listed is not known')
  await client.listTools()
  t.same(await sent({ text: 'us-west1', n: 42, deep: { flag: false }, silent: 'x' }), { 'mcp-param-text': 'us-west1', 'mcp-param-n': '42', 'mcp-param-flag': 'false' })
  t.same(await sent({ text: '', n: null, deep: 'none' }), { 'mcp-param-text': '' }, 'an empty value is sent, an absent one is not')
  t.same(await sent({ text: 'a\r\nb: c' }), { 'mcp-param-text': '=?base64?YQ0KYjogYw==?=' })
  t.same(await sent({ text: '=?base64?x?=' }), { 'mcp-param-text': '=?base64?PT9iYXNlNjQ/eD89?=' })
  await t.rejects(client.callTool('work', { text: '\ud800' }).result, { name: 'TypeError', message: /surrogate/ })
})

t.test('2026-07-28 #client-behavior  after -32020 the tools are listed anew, and the call is made once more', async t => {
  let needed = 'Region'
  const { client, server } = await openModern(t, {
    'tools/list': arrived => arrived.result(listed([{ name: 'work', inputSchema: region(needed) }])),
    'tools/call': arrived => (arrived.headers[`mcp-param-${needed.toLowerCase()}`] === undefined ? arrived.json(rpcError(arrived, -32020), 400) : arrived.result(COMPLETE)),
  })
  const said = async (): Promise<readonly string[]> => {
    const before = server.said.length
    await client.callTool('work', { region: 'eu' }).result
    return server.said.slice(before)
  }
  t.same(await said(), ['tools/call', 'tools/list', 'tools/call'], 'nothing was known')
  const calls = server.arrived.filter(isCall)
  t.not(calls[0]!.message.id, calls[1]!.message.id)
  t.same(await said(), ['tools/call'])
  needed = 'Zone'
  t.same(await said(), ['tools/call', 'tools/list', 'tools/call'], 'the definition has changed, and what was kept of it is not asked')
  needed = 'bad name'
  await t.rejects(client.callTool('work', { region: 'eu' }).result, { name: 'RpcError', code: -32020 })
  t.equal(server.said.slice(-3).join(), 'tools/call,tools/list,tools/call', 'once more, and no more')
})

t.test('when the tools cannot be listed anew, the call fails with what was said of it', async t => {
  const { client } = await openModern(t, {
    'tools/list': arrived => arrived.json(rpcError(arrived, -32603, 'no list'), 200),
    'tools/call': arrived => arrived.json(rpcError(arrived, -32020, 'Mcp-Param-X is missing'), 400),
  })
  await t.rejects(client.callTool('work').result, { name: 'RpcError', code: -32020, message: /Mcp-Param-X/ })
})

t.test('fields that repeat a request cannot be the application\'s', async t => {
  for (const name of ['Mcp-Method', 'mcp-name', 'Mcp-Param-Region']) {
    await t.rejects(openModern(t, {}, { headers: { [name]: 'x' } }), { name: 'TypeError', message: /written by the protocol/ })
  }
})

t.test('all of a listing, whatever is listed; completion; and what the server did not declare is not asked', async t => {
  const page = (name: string, items: Record<string, object[]>) => (arrived: Arrived): void => {
    const cursor = String(arrived.message.params?.cursor ?? '')
    arrived.result({ resultType: 'complete', [name]: items[cursor], ...(cursor === '' && { nextCursor: 'two' }), ttlMs: 0, cacheScope: 'public' })
  }
  const { client, server } = await openModern(t, {
    'prompts/list': page('prompts', { '': [{ name: 'a' }], two: [{ name: 'b' }] }),
    'resources/list': page('resources', { '': [{ uri: 'a:1', name: 'a' }], two: [{ uri: 'a:2', name: 'b' }] }),
    'resources/templates/list': page('resourceTemplates', { '': [{ uriTemplate: 'a:{x}', name: 'a' }], two: [{ uriTemplate: 'b:{x}', name: 'b' }] }),
    'completion/complete': arrived => arrived.result({ resultType: 'complete', completion: { values: ['paris'], hasMore: false } }),
    'server/discover': arrived => discovered(arrived, { prompts: {}, resources: {}, completions: {} }),
  })
  t.same((await client.listPrompts()).map(({ name }) => name), ['a', 'b'])
  t.same((await client.listResources()).map(({ uri }) => uri), ['a:1', 'a:2'])
  t.same((await client.listResourceTemplates()).map(({ uriTemplate }) => uriTemplate), ['a:{x}', 'b:{x}'])
  t.same(await client.complete({ type: 'ref/prompt', name: 'a' }, { name: 'city', value: 'p' }, { country: 'fr' }), { values: ['paris'], hasMore: false })
  t.match(server.arrived.at(-1)!.message.params, { ref: { type: 'ref/prompt', name: 'a' }, argument: { name: 'city', value: 'p' }, context: { arguments: { country: 'fr' } } })
  t.throws(() => client.callTool('x'), { name: 'TypeError', message: /capability tools/ })
})
