/** How a client finds out what a server speaks: one test for each row of the opening table, then the wire. 2026-07-28/basic/versioning */
import t from 'tap'
import { connect, EraCache, OPENING_TABLE } from '../../lib/client.js'
import { HttpRefusal } from '../../lib/protocol/errors.js'
import { Opening, type Outcome, type Step } from '../../lib/protocol/opening.js'
import { find, REVISIONS } from '../../lib/revisions/index.js'
import { type Arrived, discovered, DONE, INFO, initialized, MODERN, open, scripted, SERVER_INFO, SESSIONS, TestClock } from './scripted.js'

const status = (code: number): Outcome => ({ refusal: new HttpRefusal(`HTTP status ${code}`, code, '') })
const error = (code: number, data?: unknown, http?: number): Outcome => ({
  error: { code, message: 'no', ...(data !== undefined && { data }) },
  ...(http !== undefined && { refusal: new HttpRefusal(`HTTP status ${http}`, http, '') }),
})
const discovery = (...supportedVersions: string[]): Outcome => ({
  result: { resultType: 'complete', supportedVersions, capabilities: {}, _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO } },
})
const answer = (protocolVersion: unknown, rest: object = { capabilities: {}, serverInfo: SERVER_INFO }): Outcome => ({ result: { protocolVersion, ...rest } })
const supported = (...versions: string[]): object => ({ supported: versions, requested: MODERN })
const silence: Outcome = { silence: true }

const streamable = REVISIONS.filter(({ http }) => http === 'streamable')
const opening = (remembered?: 'modern' | 'legacy', offered = streamable, piped = false): Opening => {
  let id = 0
  return new Opening({ offered, info: INFO, capabilities: () => ({}), newId: () => ++id, withinMs: 7, remembered, piped })
}
const told = (step: Step): string =>
  'try' in step ? `${step.try.method} ${step.as.id}` : 'settled' in step ? `settled ${step.settled.id}` : 'fallBackTo' in step ? step.fallBackTo : step.fail.name

type Row = (typeof OPENING_TABLE)[number]
type Example = readonly [state: Row[0], seen: Row[1], then: string, outcomes: readonly Outcome[]]

const AGAIN = `server/discover ${MODERN}`
const INITIALIZE = 'initialize 2025-11-25'
const REFUSED = [400, 404, 405]

const EXAMPLES: readonly Example[] = [
  ['discover', 'a result: a modern revision is shared', `settled ${MODERN}`, [discovery(MODERN), discovery('2099-01-01', MODERN, '2025-11-25')]],
  ['discover', 'a result: only a session revision is shared', 'initialize 2025-06-18', [discovery('2025-06-18', '2025-03-26')]],
  ['discover', 'a result: no revision is shared', 'InvalidMessage', [discovery('2099-01-01'), discovery()]],
  ['discover', 'any other result', INITIALIZE, [{ result: {} }, { result: { supportedVersions: MODERN, capabilities: {} } }, { result: { supportedVersions: [MODERN] } }]],
  ['discover', '-32022: a modern revision is shared', AGAIN, [error(-32022, supported(MODERN), 400), error(-32022, supported('2025-11-25', MODERN))]],
  ['discover', '-32022: only a session revision is shared', 'initialize 2025-03-26', [error(-32022, supported('2025-03-26', '2099-01-01'), 400)]],
  ['discover', '-32022: no revision is shared', 'RpcError', [error(-32022, supported('2099-01-01'), 400), error(-32022, undefined, 400), error(-32022, { supported: MODERN }, 400)]],
  ['discover', '-32020 or -32021', 'RpcError', [error(-32020, undefined, 400), error(-32021, { requiredCapabilities: {} }, 400)]],
  ['discover', 'any other error', INITIALIZE, [error(-32601), error(-32602), error(-32601, undefined, 404), error(-32000, undefined, 400), error(-32600, undefined, 400)]],
  ['discover', '401, 403 or 407', 'HttpRefusal', [...[401, 403, 407].map(status), error(-32001, undefined, 401), error(-32022, supported(MODERN), 403)]],
  ['discover', '3xx, 408, 425, 429 or 5xx', 'HttpRefusal', [...[307, 408, 425, 429, 500, 503].map(status), error(-32603, undefined, 500), error(-32601, undefined, 503)]],
  ['discover', 'any other status', INITIALIZE, [400, 404, 405, 406, 415, 422].map(status)],
  ['discover', 'silence', 'Timeout', [silence]],
  ['discover', 'silence on a pipe', INITIALIZE, [silence]],

  ['initialize', 'a result: its revision is shared', 'settled 2025-06-18', [answer('2025-06-18')]],
  ['initialize', 'a result: its revision is not shared', 'InvalidMessage', [answer('2099-01-01'), answer(MODERN), answer(5), answer('2024-11-05')]],
  ['initialize', 'any other result', 'InvalidMessage', [answer('2025-11-25', { capabilities: {} }), answer('2025-11-25', { serverInfo: SERVER_INFO })]],
  ['initialize', 'an error: an older revision is shared', 'initialize 2025-06-18', [error(-32602, supported('2024-11-05', '2025-06-18'), 400)]],
  ['initialize', '-32020, -32021 or -32022', 'RpcError', [error(-32020, undefined, 400), error(-32021, undefined, 400), error(-32022, supported(MODERN), 400)]],
  ['initialize', '401, 403 or 407', 'HttpRefusal', [status(401), error(-32001, undefined, 401), status(403)]],
  ['initialize', '3xx, 408, 425, 429 or 5xx', 'HttpRefusal', [308, 429, 502].map(status)],
  ['initialize', '400, 404 or 405', 'HttpRefusal', REFUSED.map(status)],
  ['initialize', 'any other error', 'RpcError', [error(-32603), error(-32602, supported('2025-11-25'))]],
  ['initialize', 'any other status', 'HttpRefusal', [406, 415].map(status)],
  ['initialize', 'silence', 'Timeout', [silence]],

  ['remembered', 'a result: its revision is shared', 'settled 2025-11-25', [answer('2025-11-25')]],
  ['remembered', 'a result: its revision is not shared', AGAIN, [answer('2099-01-01')]],
  ['remembered', 'any other result', AGAIN, [answer('2025-11-25', {})]],
  ['remembered', 'an error: an older revision is shared', 'initialize 2025-03-26', [error(-32602, supported('2025-03-26'))]],
  ['remembered', '-32020, -32021 or -32022', AGAIN, [error(-32020, undefined, 400), error(-32022, supported(MODERN), 400)]],
  ['remembered', '401, 403 or 407', 'HttpRefusal', [status(401)]],
  ['remembered', '3xx, 408, 425, 429 or 5xx', 'HttpRefusal', [status(503)]],
  ['remembered', '400, 404 or 405', AGAIN, [...REFUSED.map(status), error(-32602, undefined, 400)]],
  ['remembered', 'any other error', AGAIN, [error(-32601)]],
  ['remembered', 'any other status', AGAIN, [status(415)]],
  ['remembered', 'silence', 'Timeout', [silence]],
]

/** An opening that has come to this state. */
const comeTo = (state: Row[0], piped = false): Opening => {
  const one = opening(state === 'remembered' ? 'legacy' : undefined, streamable, piped)
  one.first()
  if (state === 'initialize') one.next(status(400))
  return one
}

for (const [state, seen, then, outcomes] of EXAMPLES) {
  t.test(`${state}, ${seen}: ${then}`, async t => {
    for (const outcome of outcomes) t.equal(told(comeTo(state, seen.endsWith('on a pipe')).next(outcome)), then, JSON.stringify(outcome))
  })
}

t.test('discover, -32022 once more: RpcError', async t => {
  const one = comeTo('discover')
  t.equal(told(one.next(error(-32022, supported(MODERN), 400))), AGAIN)
  t.equal(told(one.next(error(-32022, supported(MODERN), 400))), 'RpcError')
})

t.test('every row of the table has its test, and no row is there twice', async t => {
  const tested = [...EXAMPLES.map(([state, seen]) => `${state}: ${seen}`), 'discover: -32022 once more']
  t.strictSame(tested.toSorted(), OPENING_TABLE.map(([state, seen]) => `${state}: ${seen}`).toSorted())
})

t.test('a client of one kind goes on to no other: it fails with what it saw', async t => {
  const modern = (): Opening => opening(undefined, [find(MODERN)!])
  const cases: [Outcome, string][] = [[status(404), 'HttpRefusal'], [error(-32601), 'RpcError'], [{ result: {} }, 'InvalidMessage'], [discovery('2025-11-25'), 'InvalidMessage']]
  for (const [outcome, name] of cases) {
    const one = modern()
    t.equal(told(one.first()), AGAIN)
    t.equal(told(one.next(outcome)), name)
  }
  const sessions = opening('legacy', streamable.filter(({ era }) => era === 'legacy'))
  t.equal(told(sessions.first()), INITIALIZE)
  t.equal(told(sessions.next(error(-32022, supported(MODERN), 400))), 'RpcError')
  t.throws(() => opening(undefined, []), { name: 'TypeError' })
})

t.test('a client that offers HTTP+SSE goes on to it when initialize is refused as an old server refuses it', async t => {
  for (const [outcome, then] of [[status(405), 'http+sse'], [status(404), 'http+sse'], [status(400), 'http+sse'], [error(-32020, undefined, 400), 'RpcError'], [status(401), 'HttpRefusal']] as const) {
    const one = opening(undefined, [...REVISIONS])
    one.first()
    one.next(status(404))
    t.equal(told(one.next(outcome)), then)
  }
})

t.test('whatever a server says again and again, the tries come to an end', async t => {
  const answers = EXAMPLES.flatMap(([, , , outcomes]) => outcomes)
  for (const outcome of answers) {
    for (const remembered of ['legacy', 'modern'] as const) {
      const one = opening(remembered)
      let step = one.first()
      let tries = 0
      for (; 'try' in step && tries < 10; tries++) step = one.next(outcome)
      t.ok(tries < 10, JSON.stringify(outcome))
    }
  }
})

t.test('2026-07-28 basic/transports/streamable-http#request-metadata  the probe says everything a request must say', async t => {
  const server = await scripted(t, { 'server/discover': arrived => discovered(arrived) })
  const client = await connect(server.url, { info: INFO, headers: { Authorization: 'Bearer x' } })
  t.teardown(() => client.close())
  t.same(server.said, ['server/discover'], 'nothing else is said, no stream is opened')
  const { headers, message } = server.arrived[0]!
  t.same(message.params, { _meta: {
    'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {}, 'io.modelcontextprotocol/clientInfo': INFO,
  } })
  t.match(headers, { 'mcp-protocol-version': MODERN, 'mcp-method': 'server/discover', authorization: 'Bearer x', accept: 'application/json, text/event-stream' })
  t.same([client.revision.id, client.server, client.instructions], [MODERN, SERVER_INFO, 'be kind'])
  await client.close()
  t.same(server.said, ['server/discover'], 'and nothing is said at the end')
})

t.test('a refused version is tried once more, under another id, even if it is the one that was refused', async t => {
  let asked = 0
  const server = await scripted(t, { 'server/discover': arrived => (asked++ === 0
    ? arrived.json({ jsonrpc: '2.0', id: arrived.message.id, error: { code: -32022, message: 'Unsupported', data: { supported: [MODERN], requested: MODERN } } }, 400)
    : discovered(arrived)) })
  const client = await open(t, server.url, new TestClock(), {}, [...SESSIONS, MODERN])
  t.equal(client.revision.id, MODERN)
  t.same(server.said, ['server/discover', 'server/discover'])
  t.not(server.arrived[0]!.message.id, server.arrived[1]!.message.id)
})

t.test('a server of sessions is found by what it makes of the probe', async t => {
  const refusals: ((arrived: Arrived) => void)[] = [
    arrived => void arrived.res.writeHead(400).end(),
    arrived => void arrived.res.writeHead(405).end(),
    arrived => arrived.json({ jsonrpc: '2.0', error: { code: -32000, message: 'Bad Request: Server not initialized' }, id: null }, 400),
    arrived => arrived.json({ jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message: 'Missing session ID' } }, 400),
    arrived => arrived.json({ jsonrpc: '2.0', id: arrived.message.id, error: { code: -32601, message: 'Method not found' } }),
    arrived => arrived.event({ jsonrpc: '2.0', id: arrived.message.id, error: { code: -32601, message: 'Method not found' } }),
  ]
  for (const refuse of refusals) {
    const server = await scripted(t, { 'server/discover': refuse })
    const client = await connect(server.url, { info: INFO, listen: false })
    t.equal(client.revision.id, '2025-11-25')
    t.same(server.said, ['server/discover', 'initialize', 'notifications/initialized'])
    t.equal(server.arrived[1]!.headers['mcp-method'], undefined, 'nothing of the other kind is left')
    await client.close()
  }
})

t.test('who may ask, and whether the server is well, is never evidence: nothing else is tried', async t => {
  for (const code of [401, 403, 429, 500, 503]) {
    const server = await scripted(t, { 'server/discover': arrived => arrived.json({ jsonrpc: '2.0', id: null, error: { code: -32001, message: 'no' } }, code) })
    await t.rejects(connect(server.url, { info: INFO }), { name: 'HttpRefusal', status: code })
    t.same(server.said, ['server/discover'])
  }
  const server = await scripted(t, { 'server/discover': arrived => void arrived.res.destroy() })
  await t.rejects(connect(server.url, { info: INFO }), { message: /^server\/discover: the connection failed/ })
  t.same(server.said, ['server/discover'])
})

t.test('a probe that is not answered runs out of the client\'s time', async t => {
  const server = await scripted(t, { 'server/discover': () => {} })
  const clock = new TestClock()
  const opening = open(t, server.url, clock, { timeoutMs: 600 }, [...SESSIONS, MODERN])
  await clock.armed(600)
  clock.advance(600)
  await t.rejects(opening, { name: 'Timeout', message: /server\/discover .* 600 ms/ })
})

t.test('a pinned revision is the only one that is tried', async t => {
  const legacy = await scripted(t)
  await t.rejects(connect(legacy.url, { info: INFO, revision: MODERN }), { name: 'HttpRefusal', status: 400 })
  t.same(legacy.said, ['server/discover'])
  const dual = await scripted(t, { 'server/discover': arrived => discovered(arrived) })
  const client = await connect(dual.url, { info: INFO, revision: '2025-06-18', listen: false })
  t.teardown(() => client.close())
  t.same(dual.said, ['initialize', 'notifications/initialized'])
})

t.test('2026-07-28 basic/versioning  a server remembered to be legacy is not probed again, until it refuses', async t => {
  const eras = new EraCache()
  let modern = false
  const server = await scripted(t, {
    'server/discover': arrived => (modern ? discovered(arrived) : arrived.json('no', 400)),
    'initialize': arrived => (modern ? arrived.json({ jsonrpc: '2.0', error: { code: -32602, message: 'no initialize' } }, 400) : initialized(arrived)),
  })
  const seen = async (): Promise<readonly string[]> => {
    const before = server.said.length
    const client = await connect(server.url, { info: INFO, listen: false, eras })
    await client.close()
    return server.said.slice(before)
  }
  t.same(await seen(), ['server/discover', 'initialize', 'notifications/initialized'])
  t.same(await seen(), ['initialize', 'notifications/initialized'])
  modern = true
  t.same(await seen(), ['initialize', 'server/discover'])
  t.same(await seen(), ['server/discover'])
  t.same([...eras.entries()], [[server.url.split('?')[0], 'modern']], 'scheme, host, port and path')
  const other = await connect(server.url, { info: INFO, listen: false })
  t.teardown(() => other.close())
  t.same(server.said.at(-1), 'server/discover', 'without a memory nothing is remembered')
})

t.test('a memory of eras is bounded, and forgets the oldest', async t => {
  const eras = new EraCache()
  for (let n = 0; n <= 1000; n++) eras.note(`http://h${n}/`, 'legacy')
  t.equal(eras.get('http://h0/'), undefined)
  t.equal(eras.get('http://h1/'), 'legacy')
  t.equal(new EraCache(eras.entries()).get('http://h1000/'), 'legacy')
})

t.test('a new session after a lost one is opened by initialize, without another probe', async t => {
  let opened = 0
  const server = await scripted(t, {
    'initialize': arrived => initialized(arrived, `s-${++opened}`),
    'tools/call': arrived => (arrived.headers['mcp-session-id'] === 's-1' ? void arrived.res.writeHead(404).end() : arrived.result(DONE)),
  })
  const client = await open(t, server.url, new TestClock(), { listen: false }, [...SESSIONS, MODERN])
  await client.callTool('work').result
  t.same(server.said.filter(said => !said.startsWith('notifications/')), ['server/discover', 'initialize', 'tools/call', 'initialize', 'tools/call'])
})

t.test('a server that stops serving the version is asked anew, and the call is made once more', async t => {
  let upgraded = false
  const server = await scripted(t, {
    'server/discover': arrived => (upgraded ? arrived.json('no', 404) : discovered(arrived)),
    'tools/call': arrived => {
      if (arrived.headers['mcp-method'] === undefined) return arrived.result(DONE)
      upgraded = true
      arrived.json({ jsonrpc: '2.0', id: arrived.message.id, error: { code: -32022, message: 'Unsupported', data: { supported: ['2025-11-25'], requested: MODERN } } }, 400)
    },
  })
  const client = await open(t, server.url, new TestClock(), { listen: false }, [...SESSIONS, MODERN])
  t.same((await client.callTool('work').result).content, DONE.content)
  t.equal(client.revision.id, '2025-11-25')
  t.same(server.said.filter(said => !said.startsWith('notifications/')), ['server/discover', 'tools/call', 'server/discover', 'initialize', 'tools/call'])
})
