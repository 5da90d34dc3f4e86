/** Client side of basic/transports/stdio, seen from the server: every byte that a client writes to a process, and how it finds out what that speaks. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect } from '../../../lib/client.js'
import type { World } from '../../../lib/client/carrier.js'
import { openClient, type Client } from '../../../lib/client/client.js'
import { clock as systemClock } from '../../../lib/io/clock.js'
import { StdioCarrier } from '../../../lib/io/stdio-client.js'
import { REVISIONS } from '../../../lib/revisions/index.js'
import { INFO, TestClock } from '../../client/scripted.js'
import { left } from '../../interop/left.js'

interface Said {
  readonly id?: unknown
  readonly method?: string
  readonly params?: { readonly [member: string]: unknown; readonly _meta?: { readonly [key: string]: unknown } }
  readonly result?: unknown
}

const MODERN = '2026-07-28'
const TIMEOUT_MS = 20_000
const META = 'io.modelcontextprotocol'
const BREAKS = 'one\ntwo\r\nthree'

/** A server that hands on what it reads as it stands, byte for byte, and answers as its mode says. */
const PROGRAM = `
const [mode] = process.argv.slice(2)
const say = message => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
const done = { resultType: 'complete', content: [{ type: 'text', text: 'done' }] }
const supportedVersions = ['${MODERN}']
let rest = '', probes = 0
process.stdin.setEncoding('utf8').on('data', chunk => {
  process.stderr.write(JSON.stringify(chunk) + '\\n')
  const lines = (rest + chunk).split('\\n')
  rest = lines.pop()
  lines.forEach(line => answer(JSON.parse(line)))
})
const answer = ({ id, method, params, result }) => {
  if (method === 'server/discover') {
    if (mode === 'silent') return
    if (/^-/.test(mode)) return say({ id, error: { code: Number(mode), message: 'not here' } })
    if (mode === 'another version' && probes++ === 0) return say({ id, error: { code: -32022, message: 'no', data: { supported: supportedVersions, requested: 'x' } } })
    return say({ id, result: { resultType: 'complete', supportedVersions, capabilities: { tools: { listChanged: true } }, ttlMs: 0, cacheScope: 'private' } })
  }
  if (method === 'initialize') return say({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } })
  if (method === 'subscriptions/listen') return say({ method: 'notifications/subscriptions/acknowledged', params: { notifications: params.notifications, _meta: { '${META}/subscriptionId': id } } })
  if (params?.name === 'ask') return say({ id: 'q', method: 'roots/list' }), asking = id
  if (params?.name === 'exit') return process.exit(1)
  if (method === 'tools/call') return say({ id, result: done })
  if (result) say({ id: asking, result: done })
}
let asking`

/** The program in a mode, and what was written to it so far. */
const recorder = (t: Test, mode: string): { readonly command: { command: string; args: string[] }; readonly onStderr: (line: string) => void; text(): string; said(): Said[] } => {
  const file = join(t.testdir(), 'server.cjs')
  writeFileSync(file, PROGRAM)
  let text = ''
  return {
    command: { command: process.execPath, args: [file, mode] },
    onStderr: line => void (text += JSON.parse(line) as string),
    text: () => text,
    said: () => text.split('\n').slice(0, -1).map(line => JSON.parse(line) as Said),
  }
}

const opened = async (t: Test, mode: string, clock: World = systemClock): Promise<ReturnType<typeof recorder> & { readonly client: Client }> => {
  const program = recorder(t, mode)
  const carrier = new StdioCarrier(program.command, clock, { onStderr: program.onStderr, probeTimeoutMs: TIMEOUT_MS })
  const client = await openClient(carrier, clock, REVISIONS, { info: INFO, timeoutMs: TIMEOUT_MS, answers: { roots: () => [] } })
  t.teardown(() => client.close())
  return { ...program, client }
}

t.afterEach(async t => {
  const held = await left()
  if (held.length > 0) t.fail(`left behind: ${held.join(', ')}`)
})

t.test('basic/transports#stdio  the server is a child process; it reads one message on each line, and nothing else', async t => {
  const { command, onStderr, text, said } = recorder(t, 'any')
  const client = await connect(command, { info: INFO, revision: '2025-11-25', onStderr, answers: { roots: () => [] } })
  await client.callTool('echo', { text: BREAKS }).result
  await client.callTool('ask').result
  const waiting = client.callTool('echo', { text: BREAKS })
  waiting.cancel()
  await waiting.result.catch(() => undefined)
  await client.close()
  t.match(text(), /^(\{[^\n\r]+\}\n)+$/, 'lines that hold an object each, all of them ended')
  for (const message of said()) t.match(message, { jsonrpc: '2.0' })
  t.match(said()[2], { method: 'tools/call', params: { arguments: { text: BREAKS } } }, 'a line break in a text is written otherwise')
  t.match(said().find(({ result }) => result), { id: 'q', result: { roots: [] } })
})

t.test(`${MODERN} basic/transports/stdio#request-metadata  every request says everything itself, and no response is ever written`, async t => {
  const { client, text, said } = await opened(t, 'modern')
  t.equal(client.revision.id, MODERN)
  await client.callTool('echo', { text: BREAKS }).result
  const asking = client.callTool('ask')
  // What was asked came before this is answered.
  await client.callTool('echo').result
  asking.cancel()
  await asking.result.catch(() => undefined)
  await client.listen({ toolsListChanged: true }).acknowledged
  await client.close()
  t.match(text(), /^(\{[^\n\r]+\}\n)+$/)
  const requests = said().filter(({ id }) => id !== undefined)
  t.ok(requests.length >= 4)
  for (const { method, params } of requests) {
    t.type(method, 'string', 'no response, not even to a server that asks')
    t.match(params?._meta, { [`${META}/protocolVersion`]: MODERN, [`${META}/clientCapabilities`]: {}, [`${META}/clientInfo`]: INFO })
  }
})

t.test(`${MODERN} basic/transports/stdio#backward-compatibility  the first message is server/discover; a result, or an error of a modern server, keeps initialize away`, async t => {
  for (const mode of ['modern', 'another version']) {
    const { client, said } = await opened(t, mode)
    await client.callTool('echo').result
    await client.close()
    t.match(said()[0], { method: 'server/discover', params: { _meta: { [`${META}/protocolVersion`]: MODERN } } }, mode)
    t.notOk(said().some(({ method }) => method === 'initialize'), mode)
    t.equal(client.revision.id, MODERN)
  }
  const { command, onStderr, said } = recorder(t, 'modern')
  const client = await connect(command, { info: INFO, revision: MODERN, onStderr })
  await client.close()
  t.equal(said()[0]?.method, 'server/discover', 'one that speaks nothing older probes too')
})

t.test(`${MODERN} basic/transports/stdio#backward-compatibility  any other error, whatever its code, and silence lead to initialize`, async t => {
  for (const mode of ['-32601', '-32602', '-32600', '-1']) {
    const { client, said } = await opened(t, mode)
    await client.callTool('echo').result
    await client.close()
    t.strictSame(said().map(({ method }) => method).slice(0, 3), ['server/discover', 'initialize', 'notifications/initialized'], mode)
    t.equal(client.revision.id, '2025-11-25')
  }
  const clock = new TestClock()
  const opening = opened(t, 'silent', clock)
  await clock.armed(TIMEOUT_MS)
  clock.advance(TIMEOUT_MS)
  const { client } = await opening
  t.equal(client.revision.id, '2025-11-25', 'silence')
  await client.close()
})

t.test(`${MODERN} basic/patterns/subscriptions#graceful-closure  a server that died is started again, and listened to again`, async t => {
  const clock = new TestClock()
  const { client, said } = await opened(t, 'modern', clock)
  const again = new Promise<void>(resolve => {
    const subscription = client.listen({ toolsListChanged: true }, { reconnect: { delayMs: 40 }, onReconnected: resolve })
    void subscription.acknowledged.then(() => client.callTool('exit').result.catch(() => undefined))
  })
  await clock.armed(40)
  clock.advance(40)
  await again
  await client.close()
  const listening = said().filter(({ method }) => method === 'subscriptions/listen')
  t.equal(listening.length, 2)
  t.equal(new Set(listening.map(({ id }) => id)).size, 2)
})
