/** Server side of basic/transports/stdio: both eras on one pipe, line by line. */
import { once } from 'node:events'
import { connect, createServer as createSocketServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { needs } from '../../../lib/server.js'
import { serveStdio } from '../../../lib/io/stdio-server.js'
import { TestClock } from '../../client/scripted.js'
import { callTool, gate, make } from '../../http.js'
import { cancel, initialize, INITIALIZED, modern, talk, type Heard } from '../../lines.js'

const LEGACY = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']
const echo = () => make().tool('echo', {}, () => 'done')
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('2026-07-28 basic/versioning#compatibility-matrix  both eras are served on one pipe, each line by what it says', async t => {
  const { say, next } = bound(talk(t, echo()))
  say(modern('a', 'tools/call', { name: 'echo' }), initialize('2025-11-25'), INITIALIZED, modern('b', 'server/discover'), callTool('c', 'echo'), modern('d', 'tools/call', { name: 'echo' }))
  t.match(await next(), { id: 'a', result: { resultType: 'complete' } })
  t.match(await next(), { id: 0, result: { protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } } } })
  t.match(await next(), { id: 'b', result: { supportedVersions: ['2026-07-28', ...LEGACY.toReversed()] } })
  const inSession = await next()
  t.match(inSession, { id: 'c', result: { content: [{ text: 'done' }] } })
  t.notOk('resultType' in inSession.result!)
  t.match(await next(), { id: 'd', result: { resultType: 'complete' } })
})

t.test('basic/lifecycle#version-negotiation  every session revision is opened by initialize; an unknown one is answered with the newest', async t => {
  for (const revision of [...LEGACY, '1999-01-01']) {
    const { say, next } = bound(talk(t, echo()))
    say(initialize(revision))
    t.match(await next(), { id: 0, result: { protocolVersion: revision === '1999-01-01' ? '2025-11-25' : revision } })
  }
})

t.test('what cannot be let in is answered with the code HTTP has for it, and the pipe goes on', async t => {
  const { say, next } = bound(talk(t, echo(), { maxLineBytes: 2000 }))
  const table: [string, object | string, object][] = [
    ['not JSON', '{"jsonrpc":', { error: { code: -32700 } }],
    ['not a message', { hello: 1, id: 7, method: 5 }, { id: 7, error: { code: -32600 } }],
    ['a response of a wrong shape: its id is none of the client\'s', { jsonrpc: '2.0', id: 7, result: 5 }, { id: undefined, error: { code: -32600 } }],
    ['no session yet, nor metadata of its own', callTool(1, 'echo'), { id: 1, error: { code: -32602, message: /initialize.*_meta/ } }],
    ['a batch with no session yet', [callTool(1, 'echo')], { error: { code: -32600 } }],
    ['an empty batch', '[]', { error: { code: -32600 } }],
    ['a required _meta key is missing', modern(2, 'tools/list', {}, { 'io.modelcontextprotocol/clientCapabilities': undefined }), { id: 2, error: { code: -32602 } }],
    ['a version that is not served', modern(3, 'tools/list', {}, { 'io.modelcontextprotocol/protocolVersion': '1900-01-01' }), { id: 3, error: { code: -32022, data: { requested: '1900-01-01', supported: ['2026-07-28', ...LEGACY.toReversed()] } } }],
    ['a method that is gone', modern(4, 'ping'), { id: 4, error: { code: -32601 } }],
    ['params that do not fit', modern(5, 'tools/call', { name: 5 }), { id: 5, error: { code: -32602 } }],
    ['a line past maxLineBytes', `{"jsonrpc":"2.0","id":6,"method":"${'x'.repeat(2000)}"}`, { id: undefined, error: { code: -32600, message: /2000 bytes/ } }],
  ]
  for (const [what, line, answer] of table) {
    say(line)
    t.match(await next(), answer, what)
  }
  say(modern('still', 'tools/call', { name: 'echo' }))
  t.match(await next(), { id: 'still', result: {} })
})

t.test('basic/transports  a line that is not UTF-8 is refused, the lines around it are taken', async t => {
  const { say, next, input } = bound(talk(t, echo()))
  input.write(Buffer.concat([Buffer.from(`${JSON.stringify(modern(1, 'tools/list'))}\n`), Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from(`${JSON.stringify(modern(2, 'tools/list'))}\n`)]))
  const heard = [await next(), await next(), await next()]
  t.strictSame(heard.map(({ id, error }) => id ?? error!.code).sort(), [-32700, 1, 2])
  say(modern(3, 'tools/list'))
  t.match(await next(), { id: 3 })
})

t.test('lines may arrive byte by byte, end in CRLF, be blank, and begin with a byte order mark', async t => {
  const { next, input } = bound(talk(t, echo()))
  for (const byte of Buffer.from(`\uFEFF${JSON.stringify(modern('é', 'tools/call', { name: 'echo' }))}\r\n\r\n\n`)) input.write(Buffer.from([byte]))
  t.match(await next(), { id: 'é', result: {} })
  input.write(`${JSON.stringify(modern(2, 'tools/list'))}\n`)
  t.match(await next(), { id: 2 }, 'blank lines were not answered')
})

t.test('2025-11-25 basic/lifecycle#initialization  a ping is answered before initialize', async t => {
  const { say, next } = bound(talk(t, echo()))
  say({ jsonrpc: '2.0', id: 1, method: 'ping' })
  t.strictSame(await next(), { jsonrpc: '2.0', id: 1, result: {} })
})

t.test('2026-07-28 basic/versioning  a server of that revision alone names what it serves in its answer to initialize', async t => {
  const { say, next } = bound(talk(t, make({ revisions: ['2026-07-28'] })))
  say(initialize('2025-11-25'))
  t.match(await next(), { id: 0, error: { code: -32602, message: /2026-07-28/ } })
  say({ jsonrpc: '2.0', id: 5, result: {} }, modern(1, 'server/discover'))
  t.match(await next(), { id: 1, result: { supportedVersions: ['2026-07-28'] } }, 'a response is ignored')
})

t.test('2025-03-26 basic/index#batching  a batch is answered by one array, what is said meanwhile goes before it; other revisions refuse it', async t => {
  const server = echo().tool('log', {}, (_, ctx) => (void ctx.log.info('now'), 'logged'))
  const { say, next } = bound(talk(t, server))
  say(initialize('2025-03-26'), INITIALIZED, [callTool(1, 'echo'), INITIALIZED, callTool(2, 'log'), { jsonrpc: '2.0', id: 3, method: 'nope' }, 5])
  t.match(await next(), { id: 0 })
  t.match(await next(), { method: 'notifications/message', params: { data: 'now' } })
  const answers = await next<Heard[]>()
  t.strictSame(answers.map(({ id, error }) => [id, error?.code]).toSorted((a, b) => Number(a[0] ?? 9) - Number(b[0] ?? 9)), [[1, undefined], [2, undefined], [3, -32601], [undefined, -32600]])
  say([INITIALIZED], initialize('2025-06-18', {}, 'again'), [callTool(1, 'echo')])
  t.match(await next(), { id: 'again' }, 'a batch of notifications is not answered')
  t.match(await next(), { error: { code: -32600, message: /2025-06-18/ } })
})

for (const [era, begin, ask] of [
  ['2025-11-25', [initialize('2025-11-25'), INITIALIZED], callTool('slow', 'wait')],
  ['2026-07-28', [], modern('slow', 'tools/call', { name: 'wait' })],
] as const) {
  t.test(`${era} cancellation#behavior-requirements  a cancelled request stops, and nothing more is said of it`, async t => {
    const started = gate()
    const stopped = gate()
    const server = echo().tool('wait', {}, async (_, ctx) => {
      started.open()
      await once(ctx.signal, 'abort')
      void ctx.log.emergency('too late')
      stopped.open()
      return 'never'
    })
    const { say, next, rest, serving } = bound(talk(t, server))
    say(...begin, ask)
    await started.opened
    say(cancel('unknown'), cancel('slow', 'changed my mind'), cancel('slow'), '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}', { jsonrpc: '2.0', id: 'after', method: 'ping', params: {} })
    await stopped.opened
    if (era === '2025-11-25') t.match(await next(), { id: 0 })
    const { id } = await next()
    t.equal(id, 'after')
    await turn()
    t.strictSame(rest(), [])
    t.equal(serving.stats().inFlight, 0)
  })
}

t.test('2025-11-25 client/elicitation  a server asks on the pipe, and the response settles it', async t => {
  const server = make().tool('ask', {}, (_, ctx) => (ctx.answers.it ? JSON.stringify(ctx.answers.it.content) : needs({ it: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } } } })))
  const { say, next } = bound(talk(t, server))
  say(initialize('2025-11-25', { elicitation: {} }), INITIALIZED, callTool(1, 'ask'))
  await next()
  const question = await next()
  t.match(question, { method: 'elicitation/create', params: { message: 'Who?' } })
  say({ jsonrpc: '2.0', id: question.id, result: { action: 'accept', content: { name: 'me' } } })
  t.match(await next(), { id: 1, result: { content: [{ text: '{"name":"me"}' }] } })
})

t.test('basic/lifecycle#timeouts  a client that never answers is given up after answerTimeoutMs, and told', async t => {
  const clock = new TestClock()
  const server = make().tool('ask', {}, () => needs({ it: { method: 'roots/list' } }))
  const { say, next } = bound(talk(t, server, { clock, answerTimeoutMs: 3000 }))
  say(initialize('2025-11-25', { roots: {} }), INITIALIZED, callTool(1, 'ask'))
  await next()
  const question = await next()
  for (let second = 0; second < 5; second++) clock.advance(1000)
  t.match(await next(), { method: 'notifications/cancelled', params: { requestId: question.id } })
  t.match(await next(), { id: 1, result: { isError: true } })
})

t.test('2026-07-28 basic/patterns/subscriptions  listeners are told by id, and one that has left is told no more', async t => {
  const server = echo()
  const { say, next, rest, serving } = bound(talk(t, server))
  say(modern('one', 'subscriptions/listen', { notifications: { toolsListChanged: true } }), modern(2, 'subscriptions/listen', { notifications: { toolsListChanged: true } }))
  const tag = (id: string | number) => ({ params: { _meta: { 'io.modelcontextprotocol/subscriptionId': id } } })
  t.match(await next(), { method: 'notifications/subscriptions/acknowledged', ...tag('one') })
  t.match(await next(), { method: 'notifications/subscriptions/acknowledged', ...tag(2) })
  server.tool('more', {}, () => 'x')
  t.match(await next(), { method: 'notifications/tools/list_changed', ...tag('one') })
  t.match(await next(), { method: 'notifications/tools/list_changed', ...tag(2) })
  say(cancel(2))
  await turn()
  server.removeTool('more')
  t.match(await next(), { method: 'notifications/tools/list_changed', ...tag('one') })
  await turn()
  t.strictSame(rest(), [])
  t.equal(serving.stats().inFlight, 1)
})

t.test('2026-07-28 basic/patterns/cancellation  a subscription that the server tears down is cancelled, then answered', async t => {
  const { say, next, serving } = bound(talk(t, echo()))
  say(modern('one', 'subscriptions/listen', { notifications: {} }))
  await next()
  await serving.close()
  t.match(await next(), { method: 'notifications/cancelled', params: { requestId: 'one', _meta: { 'io.modelcontextprotocol/subscriptionId': 'one' } } })
  t.match(await next(), { id: 'one', result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': 'one' } } })
})

t.test('2026-07-28 basic/transports/stdio#shutdown  at end of input what runs is finished, then serving is over', async t => {
  const go = gate()
  const server = make().tool('slow', {}, async () => (await go.opened, 'finished'))
  const { say, next, input, output, serving } = bound(talk(t, server))
  say(modern(1, 'tools/call', { name: 'slow' }))
  input.end()
  await turn()
  t.equal(serving.stats().inFlight, 1)
  go.open()
  t.match(await next(), { id: 1, result: { content: [{ text: 'finished' }] } })
  await serving.closed
  t.ok(output.writableEnded, 'an output that was given is ended')
  t.equal(server.changes.audiences.size, 0)
})

t.test('what outlasts graceMs after the end of input is cancelled', async t => {
  const clock = new TestClock()
  const started = gate()
  let aborted = false
  const server = make().tool('for_ever', {}, (_, ctx) => new Promise(() => {
    ctx.signal.addEventListener('abort', () => (aborted = true))
    started.open()
  }))
  const { say, input, rest, serving } = bound(talk(t, server, { clock, graceMs: 700 }))
  say(modern(1, 'tools/call', { name: 'for_ever' }))
  await started.opened
  input.end()
  await clock.armed(700)
  t.notOk(aborted)
  clock.advance(700)
  await serving.closed
  t.ok(aborted)
  t.strictSame(rest(), [])
})

t.test('half a line at the end of input is refused; a whole message that lacks its line feed alone is answered', async t => {
  const half = bound(talk(t, echo()))
  half.input.end('{"jsonrpc":"2.0","id":1,"met')
  t.match(await half.next(), { error: { code: -32700 } })
  await half.serving.closed
  const whole = bound(talk(t, echo()))
  whole.input.end(JSON.stringify(modern(1, 'tools/list')))
  t.match(await whole.next(), { id: 1, result: {} })
  await whole.serving.closed
})

t.test('an output that breaks ends serving and cancels what runs', async t => {
  const started = gate()
  const stopped = gate()
  const server = make().tool('wait', {}, async (_, ctx) => {
    started.open()
    await once(ctx.signal, 'abort')
    stopped.open()
    return ''
  })
  const { say, output, serving } = bound(talk(t, server))
  say(modern(1, 'tools/call', { name: 'wait' }))
  await started.opened
  output.destroy(new Error('EPIPE'))
  await stopped.opened
  await serving.closed
})

t.test('a slow reader loses log entries alone, is told how many, and holds up whoever waits for room', async t => {
  const go = gate()
  let waited = false
  const server = make().tool('chatter', {}, async (_, ctx) => {
    for (let n = 0; n < 1000; n++) void ctx.log.info(`${n} ${'x'.repeat(1000)}`)
    go.open()
    await ctx.log.info('room')
    waited = true
    return 'the end'
  })
  const { serving, input, output, all } = bound(talk(t, server, { maxQueuedBytes: 100_000 }))
  output.pause()
  input.write(`${JSON.stringify(modern(1, 'tools/call', { name: 'chatter' }, { 'io.modelcontextprotocol/logLevel': 'debug' }))}\n`)
  await go.opened
  await turn()
  t.notOk(waited, 'no room yet')
  const { dropped } = serving.stats()
  t.ok(dropped > 800 && dropped < 1000, `${dropped} were dropped`)
  t.ok(output.writableLength + output.readableLength < 300_000)
  output.resume()
  await new Promise<void>(resolve => output.on('data', () => all.some(message => (message as Heard).id === 1) && resolve()))
  const messages = all as Heard[]
  t.match(messages.at(-1), { id: 1, result: { content: [{ text: 'the end' }] } })
  t.match(messages.at(-2), { method: 'notifications/message', params: { level: 'warning', logger: 'mcpwire', data: { dropped } } })
  t.equal(messages.length, 1001 - dropped + 2)
})

t.test('a client that writes and does not read is not read either, until it does', async t => {
  const server = make().tool('big', {}, () => 'x'.repeat(50_000))
  const { input, output, all } = bound(talk(t, server, { maxQueuedBytes: 10_000 }))
  output.pause()
  for (let n = 0; n < 20; n++) {
    input.write(`${JSON.stringify(modern(n, 'tools/call', { name: 'big' }))}\n`)
    await turn()
  }
  t.ok(input.isPaused())
  t.ok(output.writableLength + output.readableLength < 300_000, 'most of them are not answered yet')
  output.resume()
  await new Promise<void>(resolve => output.on('data', () => all.length === 20 && resolve()))
  t.strictSame((all as Heard[]).map(({ id }) => id), Array.from({ length: 20 }, (_, n) => n))
})

t.test('a question that is open when the input ends is given up at once', async t => {
  const server = make().tool('ask', {}, () => needs({ it: { method: 'roots/list' } }))
  const { say, next, input, serving } = bound(talk(t, server))
  say(initialize('2025-11-25', { roots: {} }), INITIALIZED, callTool(1, 'ask'))
  await next()
  t.match(await next(), { method: 'roots/list' })
  input.end()
  t.match(await next(), { id: 1, result: { isError: true } })
  await serving.closed
})

t.test('basic/lifecycle#initialization  a second initialize opens a new session in place of the first, whose work ends', async t => {
  const started = gate()
  let aborted = false
  const server = echo().tool('wait', {}, (_, ctx) => new Promise(() => {
    ctx.signal.addEventListener('abort', () => (aborted = true))
    started.open()
  }))
  const { say, next } = bound(talk(t, server))
  say(initialize('2025-11-25'), INITIALIZED, callTool(1, 'wait'))
  await next()
  await started.opened
  say(initialize('2024-11-05', {}, 'again'), callTool(1, 'echo'))
  t.match(await next(), { id: 'again', result: { protocolVersion: '2024-11-05' } })
  t.match(await next(), { id: 1, result: { content: [{ text: 'done' }] } }, 'its own request, not the one before of the same id')
  t.ok(aborted)
})

t.test('2026-07-28 basic/transports/stdio  any duplex stream will do: a socket', async t => {
  const sockets = createSocketServer(socket => serveStdio(echo(), { input: socket, output: socket }))
  t.teardown(() => sockets.close())
  await new Promise<void>(resolve => sockets.listen(0, '127.0.0.1', resolve))
  const socket = connect((sockets.address() as AddressInfo).port, '127.0.0.1')
  socket.end(`${JSON.stringify(modern(1, 'tools/list'))}\n`)
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk)
  t.match(JSON.parse(text), { id: 1, result: { tools: [{ name: 'echo' }] } })
})

/** Members that can be taken apart. */
function bound(one: ReturnType<typeof talk>) {
  const { say, input, output, serving, all } = one
  return { say, input, output, serving, all, next: <T = Heard>() => one.next<T>(), rest: () => one.rest }
}
