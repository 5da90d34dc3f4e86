/** What a modern request says twice, in headers and in its body, and what happens where the two differ; and which of two faults is named. */
import { connect } from 'node:net'
import t from 'tap'
import type { JsonSchema, Server } from '../../../lib/server.js'
import { heard, make, MODERN, modern, open, callTool, say, serve, type Headers, type Said } from '../../http.js'

const base64 = (text: string | Uint8Array): string => `=?base64?${Buffer.from(text).toString('base64')}?=`

/** Written as JSON, so that `__proto__` is a member like any other. */
const SCHEMA = JSON.parse(`{ "type": "object", "properties": {
  "s": { "type": "string", "x-mcp-header": "S" },
  "n": { "type": "integer", "x-mcp-header": "Num" },
  "b": { "type": "boolean", "x-mcp-header": "Flag" },
  "deep": { "type": "object", "properties": { "er": { "type": "object", "properties": { "still": { "type": "string", "x-mcp-header": "Deep.Still" } } } } },
  "__proto__": { "type": "string", "x-mcp-header": "Proto" },
  "constructor": { "type": "object", "properties": { "name": { "type": "string", "x-mcp-header": "Ctor" } } }
} }`) as JsonSchema

const mirrored = (): Server =>
  make().tool('m', { inputSchema: SCHEMA }, args => JSON.stringify(args)).prompt('prömpt, or so', {}, () => 'said').resource('test://ü/a, b', {}, () => 'read')

/** A POST written byte by byte, for what no HTTP client would send. Gives the whole answer as it came. */
const raw = (url: string, headers: readonly string[], body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port, pathname } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1').on('data', text => (answer += text)).on('end', () => resolve(answer)).on('error', reject)
    const head = [`POST ${pathname} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Content-Type: application/json', 'Accept: application/json, text/event-stream', 'Connection: close', ...headers, `Content-Length: ${Buffer.byteLength(body)}`]
    socket.write(Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'))
    socket.write(body)
  })

/** A refusal is a sentence of ours: short, and without a character that a terminal or a log would obey. */
const isSober = ({ error }: Said): boolean => /^[\x20-\x7e…]{1,400}$/.test(error?.message ?? '')

const meta = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} }

t.test('2026-07-28 basic/transports/streamable-http#server-behavior-for-custom-headers', async t => {
  const { url } = await serve(t, mirrored())
  /** `args` as JSON text, so that numbers arrive as they are written. */
  const call = async (args: string | undefined, headers: Headers): Promise<Said> =>
    heard(say(url, {
      headers: { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'm', ...headers },
      body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"m",${args === undefined ? '' : `"arguments":${args},`}"_meta":${JSON.stringify(meta)}}}`,
    }))
  type Row = readonly [title: string, args: string | undefined, headers: Headers]
  const S = (value: string | readonly string[]): Headers => ({ 'mcp-param-s': value })
  const N = (value: string): Headers => ({ 'mcp-param-num': value })
  const F = (value: string): Headers => ({ 'mcp-param-flag': value })

  const fine: Row[] = [
    ['nothing to repeat', '{}', {}],
    ['no arguments at all', undefined, {}],
    ['null is not repeated', '{"s":null,"deep":null}', {}],
    ['as it is', '{"s":"us-west1"}', S('us-west1')],
    ['a header name in any case', '{"s":"a"}', { 'MCP-PARAM-S': 'a' }],
    ['an inner space, a comma, a quote', '{"s":"a b, \\"c\\""}', S('a b, "c"')],
    ['the empty string is an empty header', '{"s":""}', S('')],
    ['the empty string in a sentinel', '{"s":""}', S('=?base64??=')],
    ['outer whitespace of a header is none of the value', '{"s":"a"}', S('  a\t')],
    ['outer whitespace of a value in a sentinel', '{"s":" padded "}', S('=?base64?IHBhZGRlZCA=?=')],
    ['non-ASCII in a sentinel', '{"s":"Hello, 世界"}', S('=?base64?SGVsbG8sIOS4lueVjA==?=')],
    ['a line break in a sentinel', '{"s":"line1\\nline2"}', S('=?base64?bGluZTEKbGluZTI=?=')],
    ['a plain value in a sentinel all the same', '{"s":"us-west1"}', S(base64('us-west1'))],
    ['what looks like a sentinel, in one', '{"s":"=?base64?literal?="}', S('=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=')],
    ['a beginning without an end is plain', '{"s":"=?base64?YWJj"}', S('=?base64?YWJj')],
    ['an end without a beginning is plain', '{"s":"YWJj?="}', S('YWJj?=')],
    ['markers in another case are plain', '{"s":"=?BASE64?YWJj?="}', S('=?BASE64?YWJj?=')],
    ['NUL and an astral character', '{"s":"\\u0000\\ud83d\\ude00"}', S(base64('\0😀'))],
    ['a byte order mark is kept', '{"s":"\\ufeffa"}', S(base64('\ufeffa'))],
    ['12 000 characters', `{"s":"${'x'.repeat(12_000)}"}`, S('x'.repeat(12_000))],
    ['an integer', '{"n":42}', N('42')],
    ['a negative one', '{"n":-7}', N('-7')],
    ['a fraction of zero in the header', '{"n":42}', N('42.0')],
    ['a fraction of zero in the body', '{"n":42.0}', N('42')],
    ['an exponent in the body', '{"n":1e2}', N('100')],
    ['leading zeros', '{"n":42}', N('042')],
    ['zero below nothing', '{"n":-0}', N('0')],
    ['the greatest safe integer', '{"n":9007199254740991}', N('9007199254740991')],
    ['the least', '{"n":-9007199254740991}', N('-9007199254740991.0')],
    ['an integer in a sentinel', '{"n":42}', N(base64('42'))],
    ['true', '{"b":true}', F('true')],
    ['false', '{"b":false}', F('false')],
    ['all at once', '{"s":"a","n":1,"b":true}', { ...S('a'), ...N('1'), ...F('true') }],
    ['a nested one', '{"deep":{"er":{"still":"x"}}}', { 'mcp-param-deep.still': 'x' }],
    ['half of a path', '{"deep":{"er":{}}}', {}],
    ['__proto__ of its own', '{"__proto__":"x"}', { 'mcp-param-proto': 'x' }],
    ['constructor.name, of its own', '{"constructor":{"name":"x"}}', { 'mcp-param-ctor': 'x' }],
    ['constructor without a name of its own', '{"constructor":{}}', {}],
    ['a header of nobody', '{}', { 'mcp-param-unknown': 'x' }],
  ]
  for (const [title, args, headers] of fine) t.match(await call(args, headers), { status: 200, result: { content: [{ type: 'text' }] } }, `let in: ${title}`)

  const wrong: Row[] = [
    ['missing', '{"s":"a"}', {}],
    ['missing, of an empty string', '{"s":""}', {}],
    ['given for an absent argument', '{}', S('a')],
    ['given without arguments', undefined, S('a')],
    ['given for null', '{"s":null}', S('null')],
    ['empty for null', '{"s":null}', S('')],
    ['different', '{"s":"a"}', S('b')],
    ['in another case', '{"s":"a"}', S('A')],
    ['longer', '{"s":"a"}', S('ab')],
    ['different at the end of 12 000 characters', `{"s":"${'x'.repeat(12_000)}"}`, S(`${'x'.repeat(11_999)}y`)],
    ['twice the same', '{"s":"a"}', S(['a', 'a'])],
    ['twice, first right', '{"s":"a"}', S(['a', 'b'])],
    ['twice, last right', '{"s":"b"}', S(['a', 'b'])],
    ['twice, together what the body says', '{"s":"a, b"}', S(['a', 'b'])],
    ['twice in sentinels', '{"s":"a"}', S([base64('a'), base64('a')])],
    ['above 0x7E, unencoded', '{"s":"ü"}', S('ü')],
    ['UTF-8 as Latin-1', '{"s":"ü"}', S(Buffer.from('ü').toString('latin1'))],
    ['above 0x7E where the body is plain', '{"s":"a"}', S('\x80')],
    ['a sentinel without padding', '{"s":"a"}', S('=?base64?YQ?=')],
    ['a sentinel with half its padding', '{"s":"a"}', S('=?base64?YQ=?=')],
    ['a sentinel with too much', '{"s":"abc"}', S('=?base64?YWJj====?=')],
    ['another alphabet', '{"s":"\\u03ff?"}', S('=?base64?z78_?=')],
    ['a character of no alphabet', '{"s":"abc"}', S('=?base64?YW!j?=')],
    ['a space inside', '{"s":"abc"}', S('=?base64?YW Jj?=')],
    ['bits that say nothing', '{"s":"a"}', S('=?base64?YR==?=')],
    ['bytes that are not UTF-8', '{"s":"\\ufffd"}', S(base64(Uint8Array.of(0xff)))],
    ['a surrogate in UTF-8', '{"s":"\\ud800"}', S(base64(Uint8Array.of(0xed, 0xa0, 0x80)))],
    ['an unencoded value of sentinel form', '{"s":"=?base64?YWJj?="}', S('=?base64?YWJj?=')],
    ['markers that overlap', '{"s":""}', S('=?base64?=')],
    ['another integer', '{"n":42}', N('43')],
    ['an exponent', '{"n":100}', N('1e2')],
    ['hexadecimal', '{"n":42}', N('0x2a')],
    ['a plus', '{"n":42}', N('+42')],
    ['a fraction', '{"n":42}', N('42.5')],
    ['a fraction that rounds away', '{"n":42}', N('42.00000000000000001')],
    ['an integer that is none', '{"n":42}', N('')],
    ['what only rounds to it', '{"n":9007199254740992}', N('9007199254740993')],
    ['a number where the body has a text', '{"s":"42"}', S('42.0')],
    ['True', '{"b":true}', F('True')],
    ['1 for true', '{"b":true}', F('1')],
    ['another boolean', '{"b":true}', F('false')],
    ['one of several', '{"s":"a","n":1,"b":true}', { ...S('a'), ...N('1'), ...F('false') }],
    ['a nested one, missing', '{"deep":{"er":{"still":"x"}}}', {}],
    ['a nested one from beside its path', '{"still":"x"}', { 'mcp-param-deep.still': 'x' }],
    ['__proto__, missing', '{"__proto__":"x"}', {}],
    ['__proto__, inherited', '{}', { 'mcp-param-proto': '[object Object]' }],
    ['constructor.name, inherited', '{}', { 'mcp-param-ctor': 'Object' }],
    ['constructor.name, missing', '{"constructor":{"name":"x"}}', {}],
  ]
  for (const [title, args, headers] of wrong) {
    const said = await call(args, headers)
    t.match(said, { status: 400, id: 1, error: { code: -32020, message: /Mcp-Param-/ } }, `refused: ${title}`)
    if (said.error && !isSober(said)) t.fail(`${title}: the refusal repeats what it refused: ${said.error.message.slice(0, 500)}`)
  }

  t.test('a session has no mirrors', async t => {
    const headers = await open(url)
    t.match(await heard(say(url, { headers: { ...headers, 'mcp-name': 'other', 'mcp-param-s': 'x' }, body: callTool(1, 'm', { s: 'a' }) })), { status: 200, result: { content: [] } })
  })
})

t.test('2026-07-28 basic/transports/streamable-http#standard-request-headers', async t => {
  const { url } = await serve(t, mirrored())
  const PROMPT = { name: 'prömpt, or so' }
  const RESOURCE = { uri: 'test://ü/a, b' }
  t.match(await heard(modern(url, 'prompts/get', PROMPT, { headers: { 'mcp-name': base64(PROMPT.name) } })), { status: 200, result: { messages: [{}] } })
  t.match(await heard(modern(url, 'resources/read', RESOURCE, { headers: { 'mcp-name': base64(RESOURCE.uri) } })), { status: 200, result: { contents: [{ text: 'read' }] } })
  t.match(await heard(modern(url, 'tools/call', { name: 'm' }, { headers: { 'mcp-name': base64('m') } })), { status: 200, result: {} })
  t.match(await heard(modern(url, 'tools/list', {}, { headers: { 'mcp-name': 'of nothing', 'MCP-METHOD': 'tools/list', 'mcp-method': undefined } })), { status: 200, result: {} })

  const refusals: [title: string, method: string, params: object, headers: Headers, names: RegExp][] = [
    ['no Mcp-Method', 'tools/list', {}, { 'mcp-method': undefined }, /^Mcp-Method is missing/],
    ['an empty one', 'tools/list', {}, { 'mcp-method': '' }, /^Mcp-Method/],
    ['another', 'tools/list', {}, { 'mcp-method': 'prompts/list' }, /^Mcp-Method/],
    ['another case', 'tools/list', {}, { 'mcp-method': 'Tools/List' }, /^Mcp-Method/],
    ['twice', 'tools/list', {}, { 'mcp-method': ['tools/list', 'tools/list'] }, /^Mcp-Method/],
    ['in a sentinel, which it never is', 'tools/list', {}, { 'mcp-method': base64('tools/list') }, /^Mcp-Method/],
    ['no Mcp-Name for a tool', 'tools/call', { name: 'm' }, { 'mcp-name': undefined }, /^Mcp-Name is missing/],
    ['no Mcp-Name for a prompt', 'prompts/get', PROMPT, { 'mcp-name': undefined }, /^Mcp-Name is missing/],
    ['no Mcp-Name for a resource', 'resources/read', RESOURCE, { 'mcp-name': undefined }, /^Mcp-Name is missing/],
    ['another name', 'tools/call', { name: 'm' }, { 'mcp-name': 'n' }, /^Mcp-Name/],
    ['another case of it', 'tools/call', { name: 'm' }, { 'mcp-name': 'M' }, /^Mcp-Name/],
    ['twice the same name', 'tools/call', { name: 'm' }, { 'mcp-name': ['m', 'm'] }, /^Mcp-Name/],
    ['a name in two parts', 'resources/read', { uri: 'test://a, b' }, { 'mcp-name': ['test://a', 'b'] }, /^Mcp-Name/],
    ['above 0x7E', 'prompts/get', PROMPT, { 'mcp-name': PROMPT.name }, /^Mcp-Name is malformed/],
    ['broken base64', 'tools/call', { name: 'm' }, { 'mcp-name': '=?base64?bQ?=' }, /^Mcp-Name is malformed/],
    ['no MCP-Protocol-Version', 'tools/list', {}, { 'mcp-protocol-version': undefined }, /^MCP-Protocol-Version is missing/],
    ['an empty one', 'tools/list', {}, { 'mcp-protocol-version': '' }, /^MCP-Protocol-Version/],
    ['another one that is served', 'tools/list', {}, { 'mcp-protocol-version': '2025-11-25' }, /^MCP-Protocol-Version/],
    ['twice the same one', 'tools/list', {}, { 'mcp-protocol-version': [MODERN, MODERN] }, /^MCP-Protocol-Version/],
    ['one above 0x7E', 'tools/list', {}, { 'mcp-protocol-version': '\x9b31m\xff' }, /^MCP-Protocol-Version/],
    ['one of 10 000 characters', 'tools/list', {}, { 'mcp-protocol-version': 'x'.repeat(10_000) }, /^MCP-Protocol-Version/],
  ]
  for (const [title, method, params, headers, names] of refusals) {
    const said = await heard(modern(url, method, params, { headers }))
    t.match(said, { status: 400, id: 1, error: { code: -32020, message: names } }, title)
    if (said.error && !isSober(said)) t.fail(`${title}: the refusal repeats what it refused: ${said.error.message.slice(0, 500)}`)
  }

  t.test('no header is repeated at length, or raw, in what refuses it', async t => {
    const session = await open(url)
    for (const name of ['accept', 'content-type', 'content-encoding', 'host', 'origin', 'mcp-protocol-version', 'mcp-session-id', 'last-event-id']) {
      for (const value of ['x'.repeat(10_000), '\x9b31m\x80\xff']) {
        const said = await heard(say(url, { method: name === 'last-event-id' ? 'GET' : 'POST', headers: { ...session, [name]: value }, ...(name !== 'last-event-id' && { body: callTool(1, 'm') }) }))
        if (said.status < 400 || !isSober(said)) t.fail(`${name}: ${said.status} ${said.error?.message.slice(0, 500)}`)
      }
    }
    t.pass('eight headers')
  })

  t.test('a header value of 64 kB is refused in words', async t => {
    const text = await raw(url, [`MCP-Protocol-Version: ${MODERN}`, 'Mcp-Method: tools/call', `Mcp-Name: ${'m'.repeat(65_536)}`], '')
    t.match(text, /^HTTP\/1\.1 431 /)
    t.match(text, /\r\n\r\n\{"jsonrpc":"2\.0","error":\{"code":-32600/)
    t.notMatch(text, /mmmm/)
  })

  t.test('a control character in a header value is refused, whichever it is', async t => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'm', arguments: { s: 'ab' }, _meta: meta } })
    const send = (value: string): Promise<string> => raw(url, [`MCP-Protocol-Version: ${MODERN}`, 'Mcp-Method: tools/call', 'Mcp-Name: m', `Mcp-Param-S: ${value}`], body)
    t.match(await send('ab'), /^HTTP\/1\.1 200 /)
    for (let code = 0; code < 0x20; code++) {
      // tab is no control character here; CR LF ends the line
      if (code === 9 || code === 10 || code === 13) continue
      const text = await send(`a${String.fromCharCode(code)}b`)
      t.match(text, /^HTTP\/1\.1 400 [^]*"code":-32(600|020)/, `0x${code.toString(16)}`)
    }
    for (const value of ['a\x7fb', 'a\tb', 'a\nb', 'a\rb', 'a\r\n b', 'a\x85b']) t.match(await send(value), /^HTTP\/1\.1 400 [^]*"code":-32(600|020)/, JSON.stringify(value))
  })
})

t.test('of two faults the first in line is named', async t => {
  const server = make().tool('m', { inputSchema: { type: 'object', properties: { s: { type: 'string', 'x-mcp-header': 'S' } } } as JsonSchema, requires: { sampling: {} } }, () => 'ran')
  const { url } = await serve(t, server, { maxBodyBytes: 4096 })

  interface Draft {
    url: string
    verb: string
    headers: { [name: string]: string | undefined }
    body: { jsonrpc: string; id: number; method: string; params: { name: string; arguments: object; _meta: { [key: string]: unknown } } }
    write: (body: object) => string
  }
  const draft = (): Draft => ({
    url,
    verb: 'POST',
    headers: { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'm', 'mcp-param-s': 'a' },
    body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'm', arguments: { s: 'a' }, _meta: { ...meta, 'io.modelcontextprotocol/clientCapabilities': { sampling: {} } } } },
    write: JSON.stringify,
  })
  interface Fault {
    readonly name: string
    readonly into: (draft: Draft) => void
    readonly status: number
    readonly code: number
    readonly says: RegExp
    /** Faults that cannot be in one request with this one. */
    readonly without?: readonly string[]
  }
  const VERSION = 'io.modelcontextprotocol/protocolVersion'
  const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities'
  const ladder: Fault[] = [
    { name: 'path', status: 404, code: -32600, says: /is not served here; the MCP endpoint is/, into: d => (d.url = url.replace('/mcp', '/elsewhere')) },
    { name: 'verb', status: 405, code: -32600, says: /^PUT is not offered/, into: d => (d.verb = 'PUT') },
    { name: 'host', status: 403, code: -32600, says: /^Host /, into: d => (d.headers.host = 'evil.example') },
    { name: 'origin', status: 403, code: -32600, says: /^Origin /, into: d => (d.headers.origin = 'https://evil.example') },
    { name: 'type', status: 415, code: -32600, says: /^Content-Type /, into: d => (d.headers['content-type'] = 'text/plain') },
    { name: 'coding', status: 415, code: -32600, says: /^Content-Encoding /, into: d => (d.headers['content-encoding'] = 'gzip') },
    { name: 'accept', status: 406, code: -32600, says: /^Accept /, into: d => (d.headers.accept = 'text/html') },
    { name: 'size', status: 413, code: -32600, says: /longer than 4096 bytes/, into: d => { const { write } = d; d.write = body => write(body) + ' '.repeat(5000) } },
    { name: 'JSON', status: 400, code: -32700, says: /JSON/, into: d => { const { write } = d; d.write = body => `${write(body)}}` } },
    { name: 'shape', status: 400, code: -32600, says: /jsonrpc/, into: d => (d.body.jsonrpc = '1.0') },
    { name: 'Mcp-Method', status: 400, code: -32020, says: /^Mcp-Method is/, into: d => (d.headers['mcp-method'] = 'tools/list') },
    { name: 'Mcp-Name', status: 400, code: -32020, says: /^Mcp-Name is/, into: d => (d.headers['mcp-name'] = 'n'), without: ['unknown method'] },
    { name: 'no version in _meta', status: 400, code: -32602, says: /protocolVersion"\] is missing/, into: d => delete d.body.params._meta[VERSION] },
    { name: 'capabilities that are none', status: 400, code: -32602, says: /clientCapabilities"\] is an array/, into: d => (d.body.params._meta[CAPABILITIES] = []), without: ['undeclared capability'] },
    { name: 'version header', status: 400, code: -32020, says: /^MCP-Protocol-Version is/, into: d => (d.headers['mcp-protocol-version'] = '2025-06-18') },
    { name: 'unsupported version', status: 400, code: -32022, says: /is not served/, into: d => (d.headers['mcp-protocol-version'] = '1999-01-01', d.body.params._meta[VERSION] = '1999-01-01') },
    { name: 'unknown method', status: 404, code: -32601, says: /tools\/none/, into: d => (d.headers['mcp-method'] = d.body.method = 'tools/none'), without: ['Mcp-Param', 'undeclared capability'] },
    { name: 'Mcp-Param', status: 400, code: -32020, says: /^Mcp-Param-S is/, into: d => (d.headers['mcp-param-s'] = 'b') },
    { name: 'log level', status: 400, code: -32602, says: /logLevel/, into: d => (d.body.params._meta['io.modelcontextprotocol/logLevel'] = 'loud') },
    { name: 'undeclared capability', status: 400, code: -32021, says: /capabilities/, into: d => (d.body.params._meta[CAPABILITIES] = {}) },
  ]
  const send = ({ url, verb, headers, body, write }: Draft): Promise<Said> => heard(say(url, { method: verb, headers, body: write(body) }))
  t.match(await send(draft()), { status: 200, result: { content: [{ text: 'ran' }] } }, 'without a fault it is let in')
  let pairs = 0
  for (const [i, { name, into, status, code, says, without = [] }] of ladder.entries()) {
    const alone = draft()
    into(alone)
    t.match(await send(alone), { status, error: { code, message: says } }, `${name}, alone`)
    for (const later of ladder.slice(i + 1)) {
      if (without.includes(later.name)) continue
      const both = draft()
      later.into(both)
      into(both)
      const said = await send(both)
      pairs++
      if (said.status !== status || said.error?.code !== code || !says.test(said.error.message)) t.fail(`${name} before ${later.name}: ${JSON.stringify(said)}`)
    }
  }
  t.ok(pairs > 180, `${pairs} pairs`)
})
