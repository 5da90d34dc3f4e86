/** Tools where a fixture cannot show them: names that mean harm, what handlers do wrong, what an older client is spared. */
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import t from 'tap'
import { ProtocolError, ToolError, type JsonSchema } from '../../lib/server.js'
import { asker, callTool, heard, make, MODERN, modern, open, say, serve } from '../http.js'

const SESSIONS = ['2025-03-26', '2025-06-18', '2025-11-25']

t.test('a name is just a name', async t => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', '.', '-', '0', 'x'.repeat(128)]
  const server = make()
  for (const name of names) server.tool(name, { inputSchema: JSON.parse('{"type":"object","required":["__proto__"],"properties":{"__proto__":{"type":"string"}}}') as JsonSchema }, args => `${name} ${Object.entries(args as object)}`)
  const { url } = await serve(t, server)
  for (const version of [...SESSIONS, MODERN]) {
    const ask = await asker(url, version)
    t.strictSame(((await ask('tools/list')).result!.tools as { name: string }[]).map(({ name }) => name), names, `${version}: all are listed, in order`)
    for (const name of names) {
      const said = await ask('tools/call', { name, arguments: JSON.parse('{"__proto__":"own"}') as object })
      t.match(said, { result: { content: [{ text: `${name} __proto__,own` }] } }, `${version}: ${name}`)
    }
    for (const name of ['valueOf', '__defineGetter__', 'CONSTRUCTOR', '', 'no such tool']) {
      t.match(await ask('tools/call', { name }), { status: 200, error: { code: -32602, message: /^Unknown tool: / } }, `${version}: ${JSON.stringify(name)} is unknown`)
    }
    t.match(await ask('tools/call', { name: '__proto__', arguments: {} }), version === '2025-11-25' || version === MODERN ? { result: { isError: true } } : { error: { code: -32602 } }, `${version}: an argument is not inherited`)
  }
  t.equal(({} as { own?: unknown }).own, undefined)
  t.equal(server.removeTool('__proto__'), true)
  t.equal(server.removeTool('__proto__'), false)
  t.match(await heard(modern(url, 'tools/call', { name: '__proto__' })), { error: { code: -32602 } })
})

t.test('2025-11-25 server/tools#error-handling: bad arguments are told to the model, before to the client', async t => {
  let ran = 0
  const server = make().tool('strict', { inputSchema: { type: 'object', required: ['n'], additionalProperties: false, properties: { n: { type: 'integer', minimum: 1 } } } }, () => `${++ran}`)
  const { url } = await serve(t, server)
  for (const version of [...SESSIONS, MODERN]) {
    const ask = await asker(url, version)
    for (const [args, says] of [[{}, /arguments\.n is required/], [undefined, /arguments\.n is required/], [{ n: 0 }, /arguments\.n must be >= 1, not 0/], [{ n: 'x' }, /arguments\.n must be an integer, not "x"/], [{ n: 1, m: 2 }, /arguments must not have a member "m"/]] as const) {
      const said = await ask('tools/call', { name: 'strict', ...args && { arguments: args } })
      if (version === '2025-11-25' || version === MODERN) t.match(said, { status: 200, result: { isError: true, content: [{ type: 'text', text: says }] } }, `${version} ${JSON.stringify(args)}`)
      else t.match(said, { status: 200, error: { code: -32602, message: says } }, `${version} ${JSON.stringify(args)}`)
    }
    for (const args of [null, [], 'n', 1]) t.match(await ask('tools/call', { name: 'strict', arguments: args }), { error: { code: -32602, message: /arguments/ } }, `${version}: ${JSON.stringify(args)} are no arguments`)
  }
  t.equal(ran, 0)
})

t.test('2026-07-28 server/tools#output-schema: a result that does not fit is not sent', async t => {
  const errors: string[] = []
  const server = make({ onError: (error, { tool }) => errors.push(`${tool}: ${(error as Error).message}`) })
  const outputSchema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } as const
  const returns: { [name: string]: unknown } = {
    fits: { structuredContent: { n: 1 } },
    fitsWithText: { content: [{ type: 'text', text: 'one' }], structuredContent: { n: 1 } },
    wrong: { structuredContent: { n: 'a secret' } },
    missing: { content: [{ type: 'text', text: 'a secret' }] },
    text: 'a secret',
    failed: { isError: true, content: [{ type: 'text', text: 'sorry' }] },
  }
  for (const [name, value] of Object.entries(returns)) server.tool(name, { outputSchema }, () => value as never)
  const { url } = await serve(t, server)
  for (const version of ['2025-06-18', '2025-11-25', MODERN]) {
    const ask = await asker(url, version)
    t.match(await ask('tools/call', { name: 'fits' }), { result: { structuredContent: { n: 1 }, content: [{ type: 'text', text: '{"n":1}' }] } }, `${version}: the text repeats it`)
    t.match(await ask('tools/call', { name: 'fitsWithText' }), { result: { structuredContent: { n: 1 }, content: [{ type: 'text', text: 'one' }] } })
    t.match(await ask('tools/call', { name: 'failed' }), { result: { isError: true, content: [{ text: 'sorry' }] } }, 'a failure needs no structure')
    for (const name of ['wrong', 'missing', 'text']) {
      errors.length = 0
      const { result } = await ask('tools/call', { name })
      t.strictSame([result?.isError, result?.content, result?.structuredContent], [true, [{ type: 'text', text: `Tool ${name} failed` }], undefined], `${version}: ${name}`)
      t.match(errors, [/does not fit outputSchema: structuredContent/], 'the application learns why')
    }
  }
})

t.test('what a handler does wrong stays with the server', async t => {
  const errors: string[] = []
  const server = make({ onError: error => errors.push(error instanceof Error ? error.message : String(error)) })
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  const bad: { [name: string]: () => unknown } = {
    throws: () => { throw new Error('a secret') },
    rejects: async () => { throw new Error('a secret') },
    throwsText: () => { throw 'a secret' },
    throwsNull: () => { throw null },
    number: () => 42,
    wrongBlock: () => ({ type: 'video', data: 'a secret' }),
    wrongObject: () => ({ secret: 'a secret' }),
    wrongBlocks: () => [{ type: 'text', text: 'fine' }, 'a secret'],
  }
  for (const [name, handler] of Object.entries(bad)) server.tool(name, {}, handler as never)
  server.tool('cycle', {}, () => ({ structuredContent: cycle, content: [] }))
  server.tool('bigint', {}, () => ({ content: [], _meta: { n: 1n } }))
  server.tool('tells', {}, () => { throw new ToolError('the disk is full') })
  server.tool('protocol', {}, () => { throw new ProtocolError(-32001, 'of our own', { why: 1 }) })
  server.tool('nothing', {}, () => undefined)
  const { url } = await serve(t, server)
  for (const version of ['2025-03-26', '2025-11-25', MODERN]) {
    const ask = await asker(url, version)
    for (const name of Object.keys(bad)) {
      errors.length = 0
      const said = await ask('tools/call', { name })
      t.match(said, { status: 200, result: { isError: true, content: [{ type: 'text', text: `Tool ${name} failed` }] } }, `${version}: ${name}`)
      t.notMatch(JSON.stringify(said), /a secret/)
      t.equal(errors.length, 1, 'and the application is told')
    }
    for (const name of version === '2025-03-26' ? ['bigint'] : ['cycle', 'bigint']) t.match(await ask('tools/call', { name }), { status: 200, error: { code: -32603, message: 'Internal error' } }, `${version}: ${name}`)
    t.match(await ask('tools/call', { name: 'tells' }), { result: { isError: true, content: [{ text: 'the disk is full' }] } })
    t.match(await ask('tools/call', { name: 'protocol' }), { error: { code: -32001, message: 'of our own', data: { why: 1 } } })
    t.match(await ask('tools/call', { name: 'nothing' }), { result: { content: [] } })
  }
  t.test('what cannot be written does not spoil the reply that follows', async t => {
    server.tool('logs', {}, (_, ctx) => {
      t.throws(() => ctx.log.info({ n: 1n }), TypeError)
      t.throws(() => ctx.log.info(cycle), TypeError)
      t.throws(() => ctx.log.info(undefined), TypeError)
      return 'done'
    })
    const whole = async (answer: Awaited<ReturnType<typeof say>>): Promise<void> => {
      if (answer.headers['content-type'] === undefined) return void t.fail(`no Content-Type before ${await answer.text()}`)
      t.match(answer.headers['content-type'], /^(application\/json|text\/event-stream)/)
      t.match(await heard(answer), { status: 200, result: { content: [{ text: 'done' }] } })
    }
    t.test('a modern reply', async () => whole(await modern(url, 'tools/call', { name: 'logs' }, { meta: { 'io.modelcontextprotocol/logLevel': 'debug' } })))
    t.test('a reply in a session', async () => whole(await say(url, { headers: await open(url), body: callTool(1, 'logs') })))
    const answer = await modern(url, 'tools/call', { name: 'cycle' }, { headers: { accept: 'text/event-stream' } })
    t.equal(answer.headers['content-type'], 'text/event-stream')
    t.match(await answer.text(), /^data: \{"jsonrpc":"2\.0","id":1,"error":\{"code":-32603/)
  })
})

t.test('an older client is spared what it does not know', async t => {
  const server = make()
  const listed = {
    title: 'Title', description: 'Words', icons: [{ src: 'data:,' }], annotations: { readOnlyHint: true }, _meta: { 'example.com/x': 1 },
    inputSchema: { type: 'object' }, outputSchema: { type: 'object' },
  } as const
  server.tool('all', listed, () => ({
    structuredContent: { n: 1 },
    content: [
      { type: 'text', text: 'plain' },
      { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
      { type: 'resource_link', uri: 'test://a', name: 'a', title: 'The A' },
    ],
  }))
  server.tool('list', { outputSchema: { type: 'array' } }, () => ({ structuredContent: [1, 2] }))
  server.tool('null', { outputSchema: { type: 'null' } }, () => ({ structuredContent: null }))
  const { url } = await serve(t, server)
  const members: { [version: string]: string[] } = {
    '2025-03-26': ['name', 'description', 'inputSchema', 'annotations'],
    '2025-06-18': ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', '_meta'],
    '2025-11-25': ['name', 'title', 'description', 'icons', 'inputSchema', 'outputSchema', 'annotations', '_meta'],
    [MODERN]: ['name', 'title', 'description', 'icons', 'inputSchema', 'outputSchema', 'annotations', '_meta'],
  }
  for (const [version, expected] of Object.entries(members)) {
    const ask = await asker(url, version)
    const tools = (await ask('tools/list')).result!.tools as { name: string; outputSchema?: unknown }[]
    t.strictSame(Object.keys(tools[0]!).sort(), expected.toSorted(), version)
    const { result } = await ask('tools/call', { name: 'all' })
    const content = result!.content as { type: string; text: string }[]
    t.strictSame(content.map(({ type }) => type), ['text', 'audio', version === '2025-03-26' ? 'text' : 'resource_link'], version)
    if (version === '2025-03-26') t.equal(content[2]!.text, 'The A: test://a', 'a link becomes words')
    t.strictSame(result!.structuredContent, version === '2025-03-26' ? undefined : { n: 1 }, version)
    for (const [name, value] of [['list', [1, 2]], ['null', null]] as const) {
      const said = await ask('tools/call', { name })
      t.strictSame(said.result!.structuredContent, version === MODERN ? value : undefined, `${version}: ${name}`)
      t.match(said, { result: { content: [{ type: 'text', text: JSON.stringify(value) }] } }, 'the text says it to everybody')
      // a revision whose structure is an object can neither be told of another one nor hold a result against it
      const { outputSchema } = tools.find(tool => tool.name === name)!
      if (version === MODERN) t.ok(outputSchema, `${version}: ${name} is described`)
      else t.equal(outputSchema, undefined, `${version}: ${name} is not described by a schema that this revision does not allow`)
    }
  }
  t.test('the official v1 client can list and call them all', async t => {
    const client = new ClientV1({ name: 'test', version: '1' })
    t.teardown(() => client.close())
    // Its own type is not assignable under exactOptionalPropertyTypes.
    await client.connect(new TransportV1(new URL(url)) as Transport)
    t.strictSame((await client.listTools()).tools.map(({ name }) => name), ['all', 'list', 'null'])
    t.match(await client.callTool({ name: 'all' }), { structuredContent: { n: 1 } })
    t.match(await client.callTool({ name: 'list' }), { content: [{ text: '[1,2]' }] })
  })
})

t.test('a list that changes many times in one turn is announced once, to sessions that are ready', async t => {
  const server = make().tool('first', {}, () => '')
  const { url } = await serve(t, server)
  const headers = await open(url)
  const stream = await say(url, { method: 'GET', headers })
  for (let i = 0; i < 5; i++) server.tool(`t${i}`, {}, () => '')
  for (let i = 0; i < 5; i++) server.removeTool(`t${i}`)
  await null
  server.tool('another', {}, () => '')
  await null
  server.log.info('last')
  const methods: string[] = []
  for await (const { data } of stream.events()) {
    if (data === '') continue
    const { method } = JSON.parse(data) as { method: string }
    if (method === 'notifications/message') break
    methods.push(method)
  }
  stream.hangUp()
  t.strictSame(methods, ['notifications/tools/list_changed', 'notifications/tools/list_changed'])
})
