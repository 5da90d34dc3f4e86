/** Line breaks and control characters in what becomes a header field, an event, a log line: they end nothing and begin nothing. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { connect } from '../../lib/client.js'
import { HttpRefusal } from '../../lib/protocol/errors.js'
import { CallPrinter, harmless } from '../../lib/cli/print.js'
import { inWords } from '../../lib/cli/call.js'
import { asker, heard, make, MODERN, modern, open, say, serve } from '../http.js'
import { INFO, initialized, scripted } from '../client/scripted.js'
import { asText, raw } from './raw.js'

/** A mark as a test's name can hold it. */
const named = (mark: string): string => [...mark].map(char => `U+${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join(' ')
const BREAKS = ['\r', '\n', '\r\n', '\r\n\r\n', '\0', '\u2028', '\u2029', '\u0085', '\u000b', '\u000c']

t.test('class SSE injection  what a tool says, whatever breaks lines in it, is one event each', async t => {
  const server = make()
  server.tool('say', { inputSchema: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } } }, ({ text }, ctx) => {
    ctx.log.info(text, { logger: text })
    ctx.log.info({ [text]: text })
    ctx.progress(1, { message: text })
    return text
  })
  const { url } = await serve(t, server)
  for (const version of ['2025-03-26', '2025-11-25', MODERN]) {
    const headers = version === MODERN ? undefined : await open(url, version)
    for (const mark of BREAKS) {
      const text = `a${mark}data: {"jsonrpc":"2.0","id":1,"result":{"evil":true}}${mark}${mark}id: evil${mark}event: endpoint${mark}retry: 1${mark}: x`
      const meta = { progressToken: text, 'io.modelcontextprotocol/logLevel': 'debug' }
      const params = { name: 'say', arguments: { text } }
      const id = `id${mark}evil`
      const answer = headers
        ? await say(url, { headers, body: { jsonrpc: '2.0', id, method: 'tools/call', params: { ...params, _meta: meta } } })
        : await modern(url, 'tools/call', params, { id, meta })
      const events = []
      for await (const event of answer.events()) if (event.data !== '') events.push(event)
      t.strictSame(events.map(({ event, data, id: eventId }) => [event, Object.keys(JSON.parse(data) as object).includes('evil'), /evil/.test(eventId)]), Array(4).fill(['message', false, false]), `${version} ${named(mark)}`)
      t.match(JSON.parse(events.at(-1)!.data), { id, result: { content: [{ text }] } }, 'and comes back whole')
    }
  }
})

t.test('class header injection  what a peer sends never ends a header line of ours', async t => {
  const server = make()
  server.tool('x', { inputSchema: { type: 'object', properties: { a: { type: 'string', 'x-mcp-header': 'A' } as never } } }, () => 'x')
  const { url, port } = await serve(t, server, { sse: {} })
  const fields = Object.entries(await open(url))
  for (const mark of BREAKS) {
    const text = `a${mark}Set-Cookie: evil=1`
    for (const [name, bytes] of [
      ['a session id', asText('POST /mcp', [['Host', 'localhost'], ['Content-Type', 'application/json'], ['Mcp-Session-Id', text]], '{"jsonrpc":"2.0","id":1,"method":"ping"}')],
      ['a version', asText('POST /mcp', [['Host', 'localhost'], ['Content-Type', 'application/json'], ...fields.slice(0, 1), ['MCP-Protocol-Version', text]], '{"jsonrpc":"2.0","id":1,"method":"ping"}')],
      ['an event id', asText('GET /mcp', [['Host', 'localhost'], ['Accept', 'text/event-stream'], ...fields, ['Last-Event-ID', text]])],
      ['a path', asText(`POST /mcp/${text}`, [['Host', 'localhost']], '{}')], ['a session in the query', asText(`POST /messages?sessionId=${encodeURIComponent(text)}`, [['Host', 'localhost'], ['Content-Type', 'application/json']], '{}')],
    ] as const) {
      const answer = await raw(port, Buffer.from(bytes, 'utf8'))
      t.ok(answer.status >= 400, `${name} with ${named(mark)}: ${answer.status}`)
      t.notMatch(answer.head, /set-cookie/i)
    }
  }
  t.test('encoded in base64 it is compared as text, and refused where it differs', async t => {
    const a = 'x\r\nSet-Cookie: evil=1'
    const field = `=?base64?${Buffer.from(a).toString('base64')}?=`
    t.match(await heard(modern(url, 'tools/call', { name: 'x', arguments: { a } }, { headers: { 'mcp-param-a': field } })), { status: 200, result: {} })
    const other = await modern(url, 'tools/call', { name: 'x', arguments: { a: 'x' } }, { headers: { 'mcp-param-a': field } })
    t.equal(other.status, 400)
    t.notOk(other.headers['set-cookie'])
  })
})

t.test('class header injection  what a server sends never ends a header line of a client\'s, nor does what its application says', async t => {
  for (const id of ['a\u00e9', 'a b', 'a\tb', '\u00ff', 'x'.repeat(70_000)]) {
    const server = await scripted(t, { initialize: arrived => initialized(arrived, id) })
    await t.rejects(connect(server.url, { info: INFO, revision: '2025-11-25' }), { message: /Mcp-Session-Id|Headers Overflow/ }, `Mcp-Session-Id ${JSON.stringify(id.slice(0, 10))}`)
  }
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, 'fine'),
    // an id that no header can carry is not one to come back with
    'tools/call': arrived => arrived.res.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: a\u00e9\u0001b\r\ndata:\r\n\r\n'),
  })
  const client = await connect(server.url, { info: INFO, revision: '2025-11-25' })
  await t.rejects(client.callTool('a\r\nX-Evil: 1', { a: 'b\r\nX-Evil: 1' }).result)
  for (const { headers } of server.arrived) t.notMatch(JSON.stringify(headers), /evil/i)
  await client.close()
  for (const headers of [{ 'x-a': 'a\r\nX-Evil: 1' }, { 'x\r\nevil': '1' }, { 'x-a': 'a\0b' }, { 'x a': '1' }, { '': '1' }, { 'x-a': '\u20ac' }]) await t.rejects(connect(server.url, { info: INFO, headers }), TypeError, JSON.stringify(headers))
})

t.test('CVE-2026-33946, class SSE injection  an event id of a client\'s own making finds nothing', async t => {
  const { url } = await serve(t, make())
  const headers = await open(url)
  for (const id of ['1', '-', '--', '-0', 'x-0', '__proto__-0', '*', '../0', `${'9'.repeat(400)}-0`, '-'.repeat(5000), 'a'.repeat(8000)]) {
    const answer = await say(url, { method: 'GET', headers: { ...headers, 'last-event-id': id } })
    t.equal(answer.status, 400, id.slice(0, 20))
    answer.hangUp()
  }
})

/** Everything that could steer a terminal, or fool who reads it. */
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
const NASTY = '\u001b[2J\u001b]0;owned\u0007\r\nroot# rm -rf /\b\b\u009b31m\u202egnp.exe\u2066\u200f\u061cx\0\u0085'

t.test('class log injection  what a server sends steers no terminal', async t => {
  t.notMatch(harmless(NASTY), STEERING)
  let printed = ''
  const printer = new CallPrinter({ colour: false, bar: false, write: text => void (printed += text) }, 0, () => 1)
  printer.print({ method: NASTY, params: { [NASTY]: NASTY } })
  printer.print({ method: 'notifications/message', params: { level: NASTY, logger: NASTY, data: NASTY } })
  printer.print({ method: 'notifications/message', params: { level: 'info', data: { [NASTY]: [NASTY] } } })
  printer.print({ method: 'notifications/progress', params: { progress: NASTY, total: NASTY } })
  printer.end()
  t.notMatch(printed, STEERING)
  t.equal(printed.split('\n').length, 4, 'a line for each, and no more')
  t.notMatch(inWords({
    content: [{ type: 'text', text: NASTY }, { type: 'resource_link', uri: NASTY, name: 'x' }, { type: 'image', data: '', mimeType: NASTY }, { type: 'resource', resource: { uri: NASTY, text: NASTY } }],
    structuredContent: { [NASTY]: NASTY },
  }).replaceAll('\n', ''), STEERING)

  t.test('nor do the errors that `mcpwire call` prints', async t => {
    const refused = (): string => JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32000, message: NASTY } })
    const main = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url))
    await Promise.all(([['an error', refused(), 'application/json'], ['a body', NASTY, 'text/plain']] as const).map(async ([name, answer, type]) => {
      const server = await scripted(t, { 'server/discover': arrived => arrived.json(answer, 500, { 'Content-Type': type }), initialize: arrived => arrived.json(answer, 200, { 'Content-Type': type }) })
      const said = await new Promise<string>(resolve => execFile(process.execPath, [main, 'call', server.url, 'x'], (_error, stdout, stderr) => resolve(stdout + stderr)))
      t.ok(said.length > 10, name)
      t.notMatch(said.trimEnd(), STEERING, name)
    }))
  })
})

t.test('class log injection  what a peer sent is quoted in refusals: in ASCII, in short, on one line', async t => {
  const { url, port } = await serve(t, make())
  const ask = await asker(url, '2025-11-25')
  for (const said of [await ask(NASTY), await ask('tools/call', { name: NASTY }), await ask('x'.repeat(100_000)), await ask('prompts/get', { name: 'x'.repeat(100_000) }), await ask('resources/read', { uri: 'x'.repeat(100_000) })]) {
    t.ok(said.error!.message.length < 400, said.error!.message.slice(0, 40))
  }
  for (const [name, value] of [['Host', '\u001b[2Jx'], ['Origin', '\u009b31m\u00ffx'], ['Content-Type', '\u00e9'.repeat(5000)], ['Accept', `${'x'.repeat(9000)}`], ['MCP-Protocol-Version', '\u009b']] as const) {
    const { body } = await raw(port, asText('POST /mcp', [...name === 'Host' ? [] : [['Host', 'localhost'] as const], ...name === 'Content-Type' ? [] : [['Content-Type', 'application/json'] as const], [name, value]], '{"jsonrpc":"2.0","id":1,"method":"ping"}'))
    t.notMatch(body, /[^\x20-\x7e]/, name)
    t.ok(body.length < 1000, `${name}: ${body.length}`)
  }
})

t.test('CVE-2025-6514, CVE-2025-58444 a URL that is no http or https is refused before anything is done with it', async t => {
  for (const url of ['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x', 'ftp://localhost/', 'vbscript:x', 'ws://localhost/', 'node:fs', 'http://user:pass@localhost/', 'localhost:3000/mcp', '', 'http://', 'http://a b/']) {
    await t.rejects(connect(url, { info: INFO }), TypeError, url)
  }
  await t.rejects(connect('http://a$(touch owned).invalid/mcp', { info: INFO, connectTimeoutMs: 1000 }), 'a host is only ever looked up')
  t.ok(HttpRefusal)
})
