/** Names that every object has of itself (`__proto__`, `constructor`, `toString` …) are names like any other: nothing is found by them, nothing is changed. */
import t from 'tap'
import { asker, heard, make, MODERN, modern, open, say, serve } from '../http.js'
import { initialized, INFO, scripted } from '../client/scripted.js'
import { connect } from '../../lib/client.js'

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'toJSON', 'then', '__defineGetter__', '__lookupGetter__', 'length', 'name', 'Symbol.iterator']
const POLLUTION = '{"polluted":true}'

/** Nothing inherited has changed. */
const isClean = (): boolean => !('polluted' in {}) && !('polluted' in []) && !('polluted' in (() => {})) && Object.getOwnPropertyNames(Object.prototype).length === BEFORE
const BEFORE = Object.getOwnPropertyNames(Object.prototype).length

t.test('class prototype pollution  a name that every object has is no tool, prompt, resource, method, capability or session', async t => {
  const server = make()
  server.tool('run', {}, args => JSON.stringify(args))
  server.prompt('say', { arguments: { a: {} } }, ({ a }) => `said ${a}`)
  server.resource('test:///a', {}, () => 'a')
  const { url, stats } = await serve(t, server)
  const sessions = stats().sessions
  for (const version of ['2025-03-26', '2025-11-25', MODERN]) {
    const ask = await asker(url, version)
    for (const name of NAMES) {
      t.match(await ask(name), { error: { code: -32601 } }, `${version} method ${name}`)
      t.match(await ask('tools/call', { name, arguments: {} }), { error: { code: -32602, message: /^Unknown tool/ } }, `tool ${name}`)
      t.match(await ask('prompts/get', { name }), { error: { code: -32602 } }, `prompt ${name}`)
      t.match(await ask('resources/read', { uri: name }), { error: { code: version === MODERN ? -32602 : -32002 } }, `resource ${name}`)
      const prompted = await ask('prompts/get', { name: 'say', arguments: JSON.parse(`{"${name}":"x"}`) as object })
      t.notMatch(JSON.stringify(prompted), /native code|object Object/, `argument ${name}`)
    }
  }
  for (const name of NAMES) {
    const said = await heard(say(url, { headers: { 'mcp-session-id': name }, body: { jsonrpc: '2.0', id: 1, method: 'ping' } }))
    t.match(said, { status: 404, error: { code: -32600 } }, `session ${name}`)
    for (const [field, status] of [['mcp-protocol-version', 400], ['last-event-id', 400]] as const) {
      const headers = await open(url)
      const answer = await say(url, { method: 'GET', headers: { ...headers, [field]: name } })
      t.equal(answer.status, status, `${field}: ${name}`)
      answer.hangUp()
    }
    const opened = await heard(say(url, { body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: name, capabilities: {}, clientInfo: INFO } } }))
    t.match(opened, { result: { protocolVersion: '2025-11-25' } }, `version ${name}`)
  }
  t.ok(stats().sessions > sessions)
  t.ok(isClean())
})

t.test('class prototype pollution  such a key is data wherever it stands, and goes no further', async t => {
  const server = make()
  server.tool('run', {}, (args, ctx) => {
    ctx.progress(1)
    return JSON.stringify([args, ctx.meta, ctx.client, ({} as { polluted?: unknown }).polluted])
  })
  const { url } = await serve(t, server)
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const members = `"${key}":${key === 'constructor' ? `{"prototype":${POLLUTION}}` : POLLUTION}`
    const opened = await say(url, { body: `{"jsonrpc":"2.0",${members},"id":1,"method":"initialize","params":{${members},"protocolVersion":"2025-11-25","capabilities":{${members}},"clientInfo":{"name":"x","version":"1",${members}}}}` })
    t.equal(opened.status, 200, key)
    await opened.text()
    const headers = { 'mcp-session-id': opened.headers['mcp-session-id'] as string }
    const answer = await say(url, { headers, body: `{"jsonrpc":"2.0",${members},"id":"${key}","method":"tools/call","params":{"name":"run",${members},"arguments":{${members},"deep":[{${members}}]},"_meta":{"progressToken":"${key}",${members}}}}` })
    const text = await answer.text()
    t.match(text, new RegExp(`"progressToken":"${key}"`), 'a progress token')
    t.match(text, /,null\]"/, 'nothing is inherited')
    t.match(text, new RegExp(`\\\\"${key}\\\\":\\{`), 'the key is there, as data')
    for (const body of [`{${members}}`, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"${key}",${members}}}`, `{"jsonrpc":"2.0","id":"${key}","result":{${members}}}`, `{"jsonrpc":"2.0","method":"${key}","params":{${members}}}`]) {
      await (await say(url, { headers, body })).text()
    }
  }
  t.ok(isClean())
})

t.test('class prototype pollution  nor do such names do a client any harm', async t => {
  const tools = NAMES.map(name => ({ name, inputSchema: JSON.parse(`{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}},"__proto__":${POLLUTION}}`) as object }))
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, '__proto__', undefined, JSON.parse(`{"tools":{},"__proto__":${POLLUTION},"constructor":${POLLUTION}}`) as object),
    'tools/list': arrived => arrived.result({ tools }),
    'tools/call': arrived => {
      for (const token of NAMES) arrived.event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: token, progress: 1 } }, token)
      for (const method of NAMES) arrived.event({ jsonrpc: '2.0', method, params: JSON.parse(`{"__proto__":${POLLUTION}}`) as object })
      arrived.event({ jsonrpc: '2.0', id: '__proto__', method: 'constructor' })
      arrived.finish({ content: [], structuredContent: JSON.parse(`{"__proto__":${POLLUTION}}`) as object, _meta: JSON.parse(`{"__proto__":${POLLUTION}}`) as object })
    },
  })
  const client = await connect(server.url, { info: INFO, revision: '2025-11-25' })
  t.strictSame((await client.listTools()).map(({ name }) => name), NAMES)
  for (const name of NAMES) await client.callTool(name, JSON.parse('{"__proto__":"x","constructor":"y"}') as never).result
  const last = server.arrived.filter(({ message }) => message.method === 'tools/call').at(-1)!
  t.equal(JSON.stringify(last.message.params!.arguments), '{"__proto__":"x","constructor":"y"}', 'arguments are sent as they are')
  await client.close()
  t.ok(isClean())
})

t.test('class header names  a header named like that reaches nothing', async t => {
  const server = make()
  server.tool('run', { inputSchema: { type: 'object', properties: { a: { type: 'string', 'x-mcp-header': 'constructor' } as never } } }, args => JSON.stringify(args))
  const { url } = await serve(t, server)
  t.match(await heard(modern(url, 'tools/call', { name: 'run', arguments: { a: 'x' } }, { headers: { 'mcp-param-constructor': 'x', constructor: 'x', __proto__: 'x', tostring: 'x' } })), { result: { content: [{ text: '{"a":"x"}' }] } })
  t.match(await heard(modern(url, 'tools/call', { name: 'run', arguments: { a: 'x' } })), { error: { code: -32020 } })
  t.ok(isClean())
})
