/** Sessions and requests that say everything themselves, on one endpoint at one time; servers of one era; hanging up in both. */
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { request } from 'node:http'
import t, { type Test } from 'tap'
import { connect } from '../../lib/client.js'
import type { Server } from '../../lib/server.js'
import { callTool, gate, heard, make, MODERN, modern, open, say, serve, type Headers, type Said } from '../http.js'

const INFO = { name: 'eras', version: '1' }
const MARK = { inputSchema: { type: 'object', required: ['mark'], properties: { mark: { type: 'string' } } } } as const

/** Its one tool says who it thinks is calling, after having said so in its log. */
const marking = (): Server =>
  make().tool('mark', MARK, async ({ mark }, ctx) => {
    const said = `${mark} ${ctx.revision} ${ctx.client.info?.name} ${ctx.sessionId === undefined ? 'alone' : 'in a session'}`
    ctx.log.info(said)
    await new Promise(resolve => setImmediate(resolve))
    return said
  })

const initialize = (protocolVersion: string, _meta?: object): object => ({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion, capabilities: {}, clientInfo: INFO, ..._meta && { _meta } } })
const META = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} }
/** Codes by which a client knows a modern server. */
const MODERN_CODES = [-32020, -32021, -32022]

t.test('2026-07-28 basic/versioning#compatibility-matrix: one server answers both eras at once', async t => {
  const { url, stats } = await serve(t, marking())
  type Caller = { readonly says: string; call(mark: string): Promise<unknown> }
  const textOf = (result: unknown): unknown => (result as { content: { text: string }[] }).content[0]!.text

  const inSession = async (version: string): Promise<Caller> => {
    const headers = await open(url, version)
    let id = 0
    return { says: `${version} test in a session`, call: async mark => textOf((await heard(say(url, { headers, body: callTool(++id, 'mark', { mark }) }))).result) }
  }
  const alone: Caller = {
    says: `${MODERN} raw alone`,
    call: async mark => textOf((await heard(modern(url, 'tools/call', { name: 'mark', arguments: { mark } }, { meta: { 'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' }, 'io.modelcontextprotocol/logLevel': 'debug' } }))).result),
  }
  const v1 = async (t: Test): Promise<Caller> => {
    const client = new ClientV1(INFO)
    t.teardown(() => client.close())
    // Its own type is not assignable under exactOptionalPropertyTypes.
    await client.connect(new TransportV1(new URL(url)) as Transport)
    return { says: '2025-11-25 eras in a session', call: async mark => textOf(await client.callTool({ name: 'mark', arguments: { mark } })) }
  }
  const v2 = async (t: Test, mode: 'legacy' | 'auto' | { pin: string }, says: string, supportedProtocolVersions?: string[]): Promise<Caller> => {
    const client = new ClientV2(INFO, { versionNegotiation: { mode }, ...supportedProtocolVersions && { supportedProtocolVersions } })
    t.teardown(() => client.close())
    await client.connect(new TransportV2(new URL(url)))
    return { says, call: async mark => textOf(await client.callTool({ name: 'mark', arguments: { mark } })) }
  }
  const ours = async (t: Test, says: string, revision?: string): Promise<Caller> => {
    const client = await connect(url, { info: INFO, ...revision !== undefined && { revision } })
    t.teardown(() => client.close())
    return { says, call: async mark => textOf(await client.callTool('mark', { mark }).result) }
  }
  const callers = await Promise.all([
    ours(t, `${MODERN} eras alone`), ours(t, '2025-11-25 eras in a session', '2025-11-25'), ours(t, '2025-03-26 eras in a session', '2025-03-26'),
    inSession('2025-03-26'), inSession('2025-06-18'), inSession('2025-11-25'), alone, v1(t),
    v2(t, 'legacy', '2025-11-25 eras in a session'),
    v2(t, 'legacy', '2025-03-26 eras in a session', ['2025-03-26']),
    v2(t, 'auto', `${MODERN} eras alone`),
    v2(t, { pin: MODERN }, `${MODERN} eras alone`),
  ])
  const wrong: string[] = []
  for (let round = 0; round < 10; round++) {
    await Promise.all(callers.map(async ({ says, call }, i) => {
      const mark = `${round}.${i}`
      const said = await call(mark)
      if (said !== `${mark} ${says}`) wrong.push(`expected ${mark} ${says}, heard ${said}`)
    }))
  }
  t.strictSame(wrong, [])
  t.match(stats(), { sessionsOpened: 8 }, 'and only who asked for a session has one')
})

t.test('2026-07-28 basic/transports/streamable-http#earlier-streamable-http-revisions: a modern request belongs to no session', async t => {
  const server = marking()
  const { url, stats } = await serve(t, server)
  const session = await open(url)
  const call = (headers: Headers): Promise<Said> => heard(modern(url, 'tools/call', { name: 'mark', arguments: { mark: 'x' } }, { headers }))
  for (const [title, id] of [['of an open session', session['mcp-session-id']!], ['of none', 'nonsense'], ['that is empty', '']] as const) {
    const answer = await modern(url, 'tools/call', { name: 'mark', arguments: { mark: 'x' } }, { headers: { 'mcp-session-id': id } })
    t.equal(answer.headers['mcp-session-id'], undefined, 'none is echoed')
    t.match(await heard(answer), { status: 200, result: { content: [{ text: /alone$/ }] } }, `an Mcp-Session-Id ${title} is ignored`)
  }
  t.match(await call({ 'last-event-id': 'abc-1' }), { status: 200, result: { content: [{ text: /alone$/ }] } }, 'so is a Last-Event-ID')
  t.match(await heard(say(url, { headers: session, body: callTool(1, 'mark', { mark: 'x' }) })), { result: { content: [{ text: 'x 2025-11-25 test in a session' }] } }, 'the session goes on')
  t.equal((await say(url, { method: 'DELETE', headers: session })).status, 204)
  t.match(await call(session), { status: 400, error: { code: -32020 } }, 'a version header of the session contradicts the body')
  t.match(await call({ 'mcp-session-id': session['mcp-session-id']! }), { status: 200 }, 'an ended session is ignored as well')
  t.match(stats(), { sessions: 0, sessionsOpened: 1 })
  const answer = await modern(url, 'tools/call', { name: 'mark', arguments: { mark: 'x' } }, { meta: { 'io.modelcontextprotocol/logLevel': 'info' } })
  t.notMatch(await answer.text(), /^(id|retry):/m, 'and a stream cannot be resumed')
})

t.test('the era is told by what a request says', async t => {
  const { url } = await serve(t, marking())
  const raw = (headers: Headers, body: unknown): Promise<Said> => heard(say(url, { headers, body }))
  const V = { 'mcp-protocol-version': MODERN }
  const list = (params?: object): object => ({ jsonrpc: '2.0', id: 1, method: 'tools/list', ...params && { params } })
  t.match(await raw({}, initialize(MODERN)), { status: 200, result: { protocolVersion: '2025-11-25' } }, 'initialize opens no modern session')
  t.match(await raw(V, initialize('2025-06-18')), { status: 200, result: { protocolVersion: '2025-06-18' } }, 'initialize opens a session whatever the header says')
  t.match(await raw({ ...V, 'mcp-method': 'initialize' }, initialize('2025-06-18', META)), { status: 404, error: { code: -32601 } }, 'with a modern _meta it is a method that does not exist')
  t.match(await raw({ 'mcp-method': 'tools/list', ...V }, list()), { status: 400, error: { code: -32602, message: /protocolVersion/ } }, 'a modern header alone')
  t.match(await raw({}, list({ _meta: META })), { status: 400, error: { code: -32020, message: /Mcp-Method/ } }, 'a modern body alone')
  t.match(await raw({}, { jsonrpc: '2.0', id: 1, method: 'server/discover' }), { status: 400, error: { code: -32020 } }, 'server/discover is nothing else')
  t.match(await raw({}, list({ _meta: { progressToken: 1 } })), { status: 400, error: { code: -32600, message: /Mcp-Session-Id/ } }, 'neither')
  t.match(await raw({ 'mcp-protocol-version': '2025-11-25' }, list()), { status: 400, error: { code: -32600, message: /Mcp-Session-Id/ } }, 'the header of a session without one')
  for (const version of ['2025-11-25', '2024-11-05', '1900-01-01', '2026-07-29', 'zzz', '']) {
    const said = await heard(modern(url, 'tools/list', {}, { headers: { 'mcp-protocol-version': version }, meta: { 'io.modelcontextprotocol/protocolVersion': version } }))
    t.match(said, { status: 400, error: { code: -32022, data: { requested: version } } }, `${JSON.stringify(version)} is not served this way`)
    t.match(said.error?.data?.supported, [MODERN], 'and what is served is listed, newest first')
  }
  t.match(await raw(V, { jsonrpc: '2.0', id: 1, result: {} }), { status: 400 }, 'nobody asked, so a response means nothing')
  t.match(await raw({ ...V, 'mcp-method': 'tools/list' }, [list({ _meta: META })]), { status: 400, error: { code: -32600 } }, 'one message at a time')
  const note = await say(url, { headers: V, body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } })
  t.equal(note.status, 202)
  t.equal(await note.text(), '', 'a notification is taken, and nothing follows')
  const get = await say(url, { method: 'GET', headers: V })
  t.equal(get.status, 405, 'GET at a revision without sessions')
  t.equal((await say(url, { method: 'DELETE', headers: V })).status, 405, 'and DELETE')
})

t.test('2026-07-28 basic/versioning#backward-compatibility-with-initialization-based-versions: a server of the modern era alone', async t => {
  const { url, stats } = await serve(t, make({ revisions: [MODERN] }).tool('tool', {}, () => ''))
  t.match(await heard(modern(url, 'tools/list')), { status: 200, result: { tools: [{ name: 'tool' }] } })
  t.match(await heard(modern(url, 'server/discover')), { result: { supportedVersions: [MODERN] } })
  const answer = await say(url, { body: initialize('2025-11-25') })
  t.equal(answer.headers['mcp-session-id'], undefined)
  const refused = await heard(answer)
  t.match(refused, { status: 400, id: 1, error: { code: -32020 } }, 'initialize fails validation')
  t.match(JSON.stringify(refused.error), new RegExp(MODERN), 'and is told what is served')
  t.match(await heard(say(url, { headers: { 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': 'x' }, body: callTool(1, 'tool') })), { status: 400, error: { code: -32020 } })
  t.equal((await say(url, { method: 'GET' })).status, 405)
  t.equal((await say(url, { method: 'GET', headers: { 'last-event-id': 'a-1' } })).status, 405)
  t.equal((await say(url, { method: 'DELETE', headers: { 'mcp-session-id': 'x' } })).status, 405)
  t.match(await heard(say(url, { body: [callTool(1, 'tool')] })), { status: 400, error: { code: -32600 } })
  t.match(await heard(say(url, { body: { jsonrpc: '2.0', id: 1, result: {} } })), { status: 400, error: { code: -32600 } })
  t.match(stats(), { sessionsOpened: 0 })
  const v1 = new ClientV1(INFO)
  await t.rejects(v1.connect(new TransportV1(new URL(url)) as Transport), 'the official v1 client is refused')
  const v2 = new ClientV2(INFO, { versionNegotiation: { mode: 'auto' } })
  t.teardown(() => v2.close())
  await v2.connect(new TransportV2(new URL(url)))
  t.equal(v2.getNegotiatedProtocolVersion(), MODERN, 'the official v2 client comes in')
})

t.test('a server of sessions alone', async t => {
  const { url } = await serve(t, make({ revisions: ['2025-03-26', '2025-11-25'] }).tool('tool', {}, () => ''))
  for (const method of ['server/discover', 'tools/list', 'subscriptions/listen']) {
    const said = await heard(modern(url, method))
    t.equal(said.status, 400, method)
    t.notOk(MODERN_CODES.includes(said.error!.code), `${method}: no modern error that would keep a client from initialize`)
  }
  t.match(await heard(say(url, { body: initialize(MODERN) })), { result: { protocolVersion: '2025-11-25' } }, 'a modern version is counter-offered')
  t.match(await heard(say(url, { body: initialize('2025-06-18') })), { result: { protocolVersion: '2025-11-25' } }, 'so is one that is known but not served')
  const headers = await open(url)
  t.match(await heard(say(url, { headers: { ...headers, 'mcp-protocol-version': MODERN }, body: callTool(1, 'tool') })), { status: 400 })
  t.match(await heard(say(url, { headers: { ...headers, 'mcp-protocol-version': '2025-06-18' }, body: callTool(1, 'tool') })), { status: 400 })
  t.match(await heard(say(url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: META } } })), { status: 200, result: { tools: [{}] } }, 'an unknown _meta disturbs no session')
  const v2 = new ClientV2(INFO, { versionNegotiation: { mode: 'auto' } })
  t.teardown(() => v2.close())
  await v2.connect(new TransportV2(new URL(url)))
  t.equal(v2.getNegotiatedProtocolVersion(), '2025-11-25', 'the official v2 client falls back')
})

t.test('a server without a revision that initialize could open here says so', async t => {
  const errors: unknown[] = []
  const { url } = await serve(t, make({ revisions: ['2024-11-05', MODERN], onError: error => errors.push(error) }))
  t.match(await heard(modern(url, 'server/discover')), { status: 200 })
  t.match(await heard(say(url, { body: initialize('2024-11-05') })), { status: 400, id: 1, error: {} }, 'a refusal, not a failure of ours')
  t.strictSame(errors, [])
})

t.test('hanging up', async t => {
  /** A request whose connection goes away before there is an answer. */
  const abandon = (url: string, headers: Headers, body: object, when: Promise<void>): void => {
    const req = request(url, { method: 'POST', agent: false, headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers } as Record<string, string> })
    req.on('error', () => {}).end(JSON.stringify(body))
    void when.then(() => req.destroy())
  }
  /** A tool that tells when it has begun, when it was aborted, and goes on when it is let. */
  const waiting = (t: Test, log: boolean) => {
    const [begun, aborted, goOn, ended] = [gate(), gate(), gate(), gate()]
    let reason: unknown
    const server = make().tool('wait', {}, async (_, ctx) => {
      if (log) ctx.log.info('begun')
      ctx.signal.addEventListener('abort', () => {
        reason = ctx.signal.reason
        aborted.open()
      })
      begun.open()
      await goOn.opened
      ctx.log.info('still here')
      await ctx.progress(1)
      reason ??= ctx.signal.aborted
      ended.open()
      return 'done'
    })
    return { t, server, begun, aborted, goOn, ended, reason: () => reason }
  }

  for (const [title, log] of [['a stream', true], ['a pending JSON reply', false]] as const) {
    t.test(`2026-07-28 basic/transports/streamable-http#cancellation: ${title} that is closed cancels its request`, async t => {
      const { server, begun, aborted, goOn, ended, reason } = waiting(t, log)
      const { url, stats } = await serve(t, server)
      const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wait', _meta: { ...META, progressToken: 1, ...log && { 'io.modelcontextprotocol/logLevel': 'info' } } } }
      const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'wait' }
      if (log) {
        const answer = await say(url, { headers, body })
        for await (const { data } of answer.events()) {
          t.match(data, /begun/)
          break
        }
        answer.hangUp()
      } else abandon(url, headers, body, begun.opened)
      await aborted.opened
      t.match(reason(), { name: 'AbortError', message: /hung up/ })
      goOn.open()
      await ended.opened
      t.match(stats(), { open: 0 })
      t.match(await heard(modern(url, 'tools/list')), { status: 200 }, 'what the tool said afterwards went nowhere')
    })

    t.test(`2025-11-25 basic/transports#sending-messages-to-the-server: in a session, ${title} that is closed cancels nothing`, async t => {
      const { server, begun, goOn, ended, reason } = waiting(t, log)
      const { url, http } = await serve(t, server)
      const headers = await open(url)
      const closed = new Promise<void>(resolve => http.once('connection', socket => socket.on('close', () => resolve())))
      if (log) {
        const answer = await say(url, { headers, body: callTool(1, 'wait') })
        for await (const _ of answer.events()) break
        answer.hangUp()
      } else abandon(url, headers, callTool(1, 'wait'), begun.opened)
      await closed
      goOn.open()
      await ended.opened
      t.equal(reason(), false, 'the tool went on, and was not told to stop')
    })
  }

  t.test('a modern call is not cancelled by a notification that names its id', async t => {
    const { server, begun, goOn } = waiting(t, false)
    const { url } = await serve(t, server)
    const headers = await open(url)
    const call = heard(modern(url, 'tools/call', { name: 'wait' }, { id: 1 }))
    await begun.opened
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }
    t.equal((await say(url, { headers, body: cancelled })).status, 202, 'of a session')
    t.equal((await say(url, { headers: { 'mcp-protocol-version': MODERN }, body: cancelled })).status, 202, 'of nobody')
    goOn.open()
    t.match(await call, { status: 200, result: { content: [{ text: 'done' }] } })
  })
})
