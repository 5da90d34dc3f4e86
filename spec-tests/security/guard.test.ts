/** Who may talk to the server from a browser, or under which name: before anything else is read, on every route, without configuration. */
import t from 'tap'
import { listen, type HttpOptions } from '../../lib/server.js'
import { make, MODERN, open, say, serve } from '../http.js'
import { asText, isRefusal, raw, type RawAnswer } from './raw.js'

/** `$` stands for the port that is bound. */
const OWN_HOSTS = ['localhost', 'localhost:$', 'LOCALHOST', 'LocalHost:$', 'localhost.', 'localhost.:$', '127.0.0.1', '127.0.0.1:$', '[::1]', '[::1]:$']
const FOREIGN_HOSTS = [
  '', 'evil.example', 'evil.example:$', 'localhost.evil.example', 'localhost.evil.example:$', 'evil-localhost', 'localhostevil', '.localhost', 'localhost..', 'local.host',
  'localhost:', 'localhost:1', 'localhost:99999', 'localhost:$x', 'localhost:-$', 'localhost:$:$', 'localhost :$', 'localhost,evil.example', 'localhost, evil.example', 'localhost;$',
  'localhost/', 'localhost/evil', 'localhost#x', 'localhost?x', 'localhost\\evil', 'user@localhost', 'localhost@evil.example', 'localhost:$@evil.example', 'user:pass@localhost:$', 'http://localhost',
  '//localhost', '*', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0177.0.0.1', '127.0.0.1.', '127.0.0.1.nip.io', '127.0.0.2', '0.0.0.0', '0',
  '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:0:0:1]', '::1', '[::1', '::1]', '[::1%25lo]', '[::1]evil', '[::1].evil.example', '[::1]:', '[localhost]',
  'l\u00f6calhost', 'localhost%00', 'localhost%2eevil.example', 'xn--localhost-', '10.0.0.1', '169.254.169.254', 'host.docker.internal',
]

const CALL = JSON.stringify({
  jsonrpc: '2.0', id: 1, method: 'tools/call',
  params: { name: 'touch', arguments: {}, _meta: { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} } },
})
const CALL_FIELDS = [['Content-Type', 'application/json'], ['Accept', 'application/json, text/event-stream'], ['MCP-Protocol-Version', MODERN], ['Mcp-Method', 'tools/call'], ['Mcp-Name', 'touch']] as const

type Field = readonly [string, string]

/** A server with one tool, and a hand that calls it with these fields before its own. */
const touchable = async (t: Parameters<typeof serve>[0], options: HttpOptions = {}) => {
  const server = make()
  let touched = 0
  server.tool('touch', {}, () => {
    touched++
    return 'touched'
  })
  const listening = await serve(t, server, options)
  return {
    ...listening,
    touched: () => touched,
    call: (fields: readonly Field[], { line = 'POST /mcp', own = CALL_FIELDS as readonly Field[] } = {}): Promise<RawAnswer> => raw(listening.port, asText(line, [...fields, ...own], CALL)),
  }
}

t.test('CVE-2025-66414, CVE-2025-66416, CVE-2026-34742, CVE-2026-42559, CVE-2026-35568, CVE-2026-63118 DNS rebinding  a Host that is not the server\'s own is refused, in words, and no tool runs', async t => {
  const { port, call, touched } = await touchable(t)
  const hosts = (list: readonly string[]): string[] => list.map(host => host.replaceAll('$', String(port)))
  t.ok(OWN_HOSTS.length + FOREIGN_HOSTS.length >= 60)
  for (const host of hosts(OWN_HOSTS)) t.equal((await call([['Host', host]])).status, 200, `Host: ${host}`)
  t.equal(touched(), OWN_HOSTS.length)
  for (const host of hosts(FOREIGN_HOSTS)) {
    const answer = await call([['Host', host]])
    if (answer.status !== 403 || !isRefusal(answer)) t.fail(`Host: ${host}: ${answer.text}`)
  }
  t.equal((await call([])).status, 403, 'no Host at all')
  t.match(await call([['Host', 'evil.example']]), { body: /Host \\"evil\.example\\" is not served here/ })
  t.ok([400, 403].includes((await call([['Host', 'local\0host']])).status), 'a NUL')
  t.equal(touched(), OWN_HOSTS.length, 'no tool ran')
})

t.test('CVE-2026-59950 the guard stands before every route  HTTP+SSE, GET, DELETE and unknown verbs too', async t => {
  const { port, stats } = await touchable(t, { sse: {} })
  for (const line of ['GET /mcp', 'DELETE /mcp', 'GET /sse', 'POST /messages', 'POST /messages?sessionId=x', 'POST /mcp']) {
    for (const fields of [[['Host', 'evil.example']], [['Host', 'localhost'], ['Origin', 'http://evil.example']], [['Host', 'localhost'], ['Sec-Fetch-Site', 'cross-site']]] as const) {
      const answer = await raw(port, asText(line, [...fields, ['Accept', 'text/event-stream'], ['Content-Type', 'application/json']], '{}'))
      t.equal(answer.status, 403, `${line} ${fields.map(String).join(' ')}`)
      t.ok(isRefusal(answer))
    }
  }
  t.equal(stats().sessionsOpened, 0)
})

t.test('class Origin  a page of another origin is refused, `null` too; the server\'s own page is not', async t => {
  const { port, call, touched } = await touchable(t)
  const own = `localhost:${port}`
  const foreign = [
    'null', 'http://evil.example', `http://localhost`, 'http://localhost:1', `http://localhost:${port}.evil.example`, `http://evil.example:${port}`, `http://evil.example/${own}`,
    `http://127.0.0.1:${port}`, `http://[::1]:${port}`, `http://user@${own}`, `http://${own}/`, `http://${own}/mcp`, `http://${own}, http://evil.example`, `//${own}`, own, `ws://${own}`, `file://${own}`, 'file://',
    'chrome-extension://abcdefgh', '', '*', 'about:blank', `http://${own}@evil.example`, `http://evil.example#${own}`, 'http://l\u00f6calhost',
  ]
  for (const origin of foreign) {
    const answer = await call([['Host', own], ['Origin', origin]])
    if (answer.status !== 403 || !isRefusal(answer)) t.fail(`Origin: ${origin}: ${answer.text}`)
  }
  t.equal(touched(), 0)
  for (const origin of [`http://${own}`, `https://${own}`, `HTTP://LOCALHOST:${port}`]) t.equal((await call([['Host', own], ['Origin', origin]])).status, 200, origin)
  t.equal((await call([['Host', own]])).status, 200, 'none: not a browser')
})

t.test('class header and body disagreement  a field that decides who is let in, given twice, is refused in words, be it the same both times', async t => {
  const { port, call, touched, url } = await touchable(t, { sse: {} })
  const own = `localhost:${port}`
  const host = ['Host', own] as const
  const twice = (name: string, ...values: readonly [string, string]): readonly Field[] => values.map(value => [name, value] as const)
  const session = (await open(url))['mcp-session-id']!
  const cases: readonly (readonly [name: string, fields: readonly Field[]])[] = [
    ['Host', twice('Host', own, own)], ['Host', twice('Host', own, 'evil.example')], ['Host', twice('Host', 'evil.example', own)], ['Host', [host, ['hOST', own]]], ['Host', [host, ['X', 'x'], ['Accept', '*/*'], host]],
    ['Origin', [host, ...twice('Origin', `http://${own}`, `http://${own}`)]], ['Origin', [host, ...twice('Origin', `http://${own}`, 'http://evil.example')]],
    ['Sec-Fetch-Site', [host, ...twice('Sec-Fetch-Site', 'same-origin', 'cross-site')]], ['Sec-Fetch-Site', [host, ...twice('Sec-Fetch-Site', 'cross-site', 'none')]],
    ['Content-Type', [host, ['Content-Type', 'text/plain']]], ['Content-Type', [host, ['content-type', 'application/json']]],
    ['Content-Encoding', [host, ...twice('Content-Encoding', 'identity', 'gzip')]],
  ]
  for (const [name, fields] of cases) {
    for (const line of ['POST /mcp', 'GET /mcp', 'DELETE /mcp', 'GET /sse', 'POST /messages?sessionId=x']) {
      const answer = await call(fields, { line })
      if (answer.status !== 400 || !isRefusal(answer) || !answer.body.includes(`"${name} is given twice; expected it once"`)) t.fail(`${line} ${fields.join(' ')}: ${answer.text}`)
    }
  }
  for (const name of ['MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name']) {
    const [, value] = CALL_FIELDS.find(([field]) => field === name)!
    t.match(await call([host, [name, value]]), { status: 400, body: /"code":-32020,"message":"\S+ is (malformed|.*given twice)/ }, `${name}: the code for what differs from the body`)
  }
  for (const method of ['GET', 'DELETE']) {
    for (const other of [session, 'x']) t.equal((await say(url, { method, headers: { 'mcp-session-id': [session, other] } })).status, 404, `${method}: the name of no session`)
  }
  t.equal((await say(url, { method: 'GET', headers: { 'mcp-session-id': session, 'last-event-id': ['a-1', 'a-2'] } })).status, 400, 'the name of no event')
  t.equal(touched(), 0)
  t.equal((await call([host, ['Accept', 'application/json'], ['X', 'x'], ['X', 'x']])).status, 200, 'what may be given twice may')
})

t.test('CVE-2026-33252 CSRF to tools  another site\'s page cannot make the browser call', async t => {
  const { port, call, touched } = await touchable(t)
  const host = ['Host', `localhost:${port}`] as const
  t.equal((await call([host, ['Sec-Fetch-Site', 'cross-site']])).status, 403)
  t.equal((await call([host, ['Origin', `http://localhost:${port}`], ['Sec-Fetch-Site', 'cross-site']])).status, 403, 'whatever else it says')
  t.equal(touched(), 0)
  for (const site of ['same-origin', 'none']) t.equal((await call([host, ['Sec-Fetch-Site', site]])).status, 200, site)
  t.test('what a form can send, or a page without preflight, is 415', async t => {
    const before = touched()
    const types = [
      'text/plain', 'text/plain; charset=utf-8', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', '', ' ', 'json', 'application', 'application/', '/json', '*/*', 'text/json', 'application/jsonx',
      'xapplication/json', 'application/json-rpc', 'application/vnd.api+json', 'application/json, text/plain', 'text/plain, application/json', 'text/plain; application/json', 'text/plain;x="application/json"',
      'application /json', 'application/json text/plain', 'application/json;', 'application/json; charset', 'application/json; =x', 'application/json\u00a0', 'text/event-stream',
    ].filter(type => type !== 'application/json;') // RFC 9110 5.6.6 lets parameters be empty
    const own = CALL_FIELDS.slice(1)
    for (const type of types) {
      const answer = await call([host, ['Content-Type', type]], { own })
      if (answer.status !== 415 || !isRefusal(answer)) t.fail(`Content-Type: ${type}: ${answer.text}`)
    }
    t.equal((await call([host], { own })).status, 415, 'none')
    t.equal(touched(), before, 'no tool ran')
    for (const type of ['application/json', 'Application/JSON', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'application/json ; charset=utf-8']) t.equal((await call([host, ['Content-Type', type]], { own })).status, 200, type)
  })
})

t.test('CVE-2026-34237 CORS  no Access-Control field is ever sent unless configured, on answers and on refusals', async t => {
  const server = make()
  const { url, port } = await serve(t, server, { sse: {} })
  const headers = await open(url)
  const origin = `http://localhost:${port}`
  const asked = [
    say(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } }),
    say(url, { method: 'OPTIONS', headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' } }),
    say(url, { headers: { ...headers, origin, host: `localhost:${port}` }, body: { jsonrpc: '2.0', id: 1, method: 'ping' } }),
    say(url, { headers: { origin: 'http://evil.example' }, body: {} }), say(url, { headers: { origin: 'null' }, body: {} }),
    say(url, { headers: { origin, host: `localhost:${port}` }, body: 'nonsense' }), say(url, { headers: { 'content-type': 'text/plain' }, body: '{}' }),
    say(url, { method: 'GET', headers: { ...headers, origin, host: `localhost:${port}` } }), say(url, { method: 'PUT' }), say(`${url}/elsewhere`), say(url.replace('/mcp', '/sse'), { method: 'GET' }),
  ]
  for (const answer of await Promise.all(asked)) {
    t.strictSame(Object.keys(answer.headers).filter(name => name.startsWith('access-control-')), [], String(answer.status))
    answer.hangUp()
  }
  t.notOk([200, 204].includes((await asked[0]!).status), 'a preflight is not answered as if it were granted')
})

t.test('CVE-2026-81315 forwarded fields are not believed', async t => {
  const { port, call, touched } = await touchable(t)
  for (const lie of [['X-Forwarded-Host', `localhost:${port}`], ['X-Forwarded-Proto', 'https'], ['Forwarded', `host=localhost:${port};proto=https`], ['X-Original-Host', 'localhost'], ['X-Host', 'localhost'], ['X-Real-IP', '127.0.0.1']] as const) {
    t.equal((await call([['Host', 'evil.example'], lie])).status, 403, lie[0])
    t.equal((await call([['Host', `localhost:${port}`], ['Origin', 'https://evil.example'], lie])).status, 403, `${lie[0]} and Origin`)
  }
  t.equal(touched(), 0)
})

t.test('CVE-2026-33032 an empty allow-list denies', async t => {
  const { port, call } = await touchable(t, { hosts: [], origins: [] })
  t.equal((await call([['Host', `localhost:${port}`]])).status, 403)
})

t.test('CVE-2026-23744, CVE-2025-49596 a wider bind is refused without a host list, and says how to give one', async t => {
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.com', '', '127.evil.example', 'localhost.evil.example']) {
    await t.rejects(listen(make(), { port: 0, host }), { name: 'TypeError', message: /hosts: \['/ }, JSON.stringify(host))
  }
})

t.test('class SSRF by request target  a target that is no path of ours is 404, whatever it names', async t => {
  const { port, call, touched } = await touchable(t)
  const host = ['Host', `localhost:${port}`] as const
  for (const target of ['http://evil.example/mcp', 'http://localhost/mcp', '//evil.example/mcp', '/mcp/', '/MCP', '/mcp/..', '/./mcp', '/mcp%2f', '/%6dcp', '/mcp;x', '/mcp#x', '/__proto__', '*', '/', '/mcp\\']) {
    const answer = await call([host], { line: `POST ${target}` })
    if (![400, 404].includes(answer.status) || !isRefusal(answer)) t.fail(`${target}: ${answer.text}`)
  }
  for (const verb of ['TRACE', 'OPTIONS', 'PUT', 'PATCH', 'PROPFIND', 'SEARCH', 'M-SEARCH', 'LINK']) {
    const answer = await raw(port, asText(`${verb} /mcp`, [host]))
    if (answer.status !== 405) t.fail(`${verb}: ${answer.text}`)
  }
  t.equal((await raw(port, asText('CONNECT localhost:1', [host]))).status, 0, 'CONNECT is hung up on')
  t.equal(touched(), 0)
})
