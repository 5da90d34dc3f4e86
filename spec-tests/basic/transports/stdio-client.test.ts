/** Client side of basic/transports/stdio: a process of the server's own, well and unwell. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { openClient, type Client } from '../../../lib/client/client.js'
import type { ClientOptions } from '../../../lib/client/options.js'
import type { Hearer } from '../../../lib/client/carrier.js'
import { clock as systemClock } from '../../../lib/io/clock.js'
import { StdioCarrier, type StdioClientOptions } from '../../../lib/io/stdio-client.js'
import { find, REVISIONS, type Revision } from '../../../lib/revisions/index.js'
import type { RpcMessage } from '../../../lib/wire/json-rpc.js'
import { INFO, TestClock } from '../../client/scripted.js'
import { isAlive, left } from '../../interop/left.js'

const PROGRAM = fileURLToPath(new URL('../../interop/line-server.js', import.meta.url))
const SESSIONS = REVISIONS.filter(({ sessions, http }) => sessions || http === 'http+sse')

interface Opened {
  readonly client: Client
  readonly faults: Error[]
  call(name: string, options?: object): Promise<string>
}

const open = async (t: Test, mode = 'well', options: Partial<StdioClientOptions & ClientOptions> = {}, clock = systemClock): Promise<Opened> => {
  const faults: Error[] = []
  const carrier = new StdioCarrier({ command: process.execPath, args: [PROGRAM, mode] }, clock, options)
  const client = await openClient(carrier, clock, SESSIONS, { info: INFO, events: { onError: error => faults.push(error) }, ...options })
  t.teardown(() => client.close())
  return {
    client, faults,
    call: async (name, callOptions) => ((await client.callTool(name, {}, callOptions).result).content[0] as { text: string }).text,
  }
}

t.afterEach(async t => {
  const held = await left()
  if (held.length > 0) t.fail(`left behind: ${held.join(', ')}`)
})

t.test('2025-11-25 basic/lifecycle#stdio  closing ends the input, and the process with it', async t => {
  // No time passes: no signal is sent.
  const { client, call } = await open(t, 'well', {}, new TestClock())
  t.equal(client.revision.id, '2025-11-25')
  t.equal(await call('ok'), 'ok')
  const pid = Number(await call('pid'))
  t.ok(isAlive(pid))
  await client.close()
  t.notOk(isAlive(pid))
})

t.test('2025-11-25 basic/lifecycle#stdio  a process that outlives its input gets SIGTERM; one that outlives that, SIGKILL', async t => {
  const clock = new TestClock()
  const heard: string[] = []
  let told!: () => void
  const refused = new Promise<void>(resolve => (told = resolve))
  const onStderr = (line: string): void => {
    heard.push(line)
    if (line === 'no') told()
  }
  const { client, call } = await open(t, 'deaf to SIGTERM', { onStderr, exitTimeoutMs: 111, killTimeoutMs: 222 }, clock)
  const pid = Number(await call('pid'))
  const closed = client.close()
  await clock.armed(111)
  t.strictSame(heard, [])
  clock.advance(111)
  await clock.armed(222)
  await refused
  t.ok(isAlive(pid))
  clock.advance(222)
  await closed
  t.notOk(isAlive(pid))
})

t.test('a process that leaves a child of its own holding its output is not waited for', async t => {
  const pipes = (): number => process.getActiveResourcesInfo().filter(name => name === 'PipeWrap').length
  const before = pipes()
  const clock = new TestClock()
  const { client, call } = await open(t, 'well', {}, clock)
  const orphan = Number(await call('orphan'))
  t.teardown(() => process.kill(orphan))
  const closed = client.close()
  await clock.armed(500)
  clock.advance(500)
  await closed
  await left()
  t.equal(pipes(), before)
})

t.test('basic/transports#stdio  noise is reported and passed over; what is a message is heard', async t => {
  const { call, faults } = await open(t, 'noise at the start')
  t.equal(await call('noise'), 'after the noise')
  t.strictSame(new Set(faults.map(({ name }) => name)), new Set(['InvalidMessage']))
  t.match(faults.map(({ message }) => message).join('\n'), /debug: something[\s\S]*half[\s\S]*an array/)
  t.equal(await call('ok'), 'ok')
})

t.test('a server that never answers is given up in time, and told', async t => {
  const clock = new TestClock()
  const { client } = await open(t, 'well', {}, clock)
  const call = client.callTool('silence', {}, { timeoutMs: 50 })
  clock.advance(50)
  await t.rejects(call.result, { name: 'Timeout', afterMs: 50 })
})

t.test('basic/utilities/cancellation#behavior-requirements  an answer that comes after its request was cancelled is no fault', async t => {
  const { client, call, faults } = await open(t)
  const waiting = client.callTool('silence')
  waiting.cancel()
  await t.rejects(waiting.result, { name: 'Cancelled' })
  t.equal(await call('ok'), 'ok')
  t.strictSame(faults, [])
})

t.test('a server that never answers initialize leaves no process behind', async t => {
  const clock = new TestClock()
  const opening = open(t, 'silent', { timeoutMs: 60 }, clock)
  await clock.armed(60)
  clock.advance(60)
  await t.rejects(opening, { name: 'Timeout' })
})

t.test('basic/index#responses  a second answer is reported, the first counts', async t => {
  const { call, faults } = await open(t)
  t.equal(await call('twice'), 'once')
  t.equal(await call('ok'), 'ok')
  t.match(faults, [{ name: 'InvalidMessage', message: /no request of ours/ }])
})

t.test('an answer of a wrong shape, or too long, fails its call at once', async t => {
  const { call, faults } = await open(t, 'well', { maxLineBytes: 10_000 })
  await t.rejects(call('misshapen'), { name: 'InvalidMessage', message: /result is a string/ })
  await t.rejects(call('long'), { name: 'InvalidMessage', message: /more than 10000 bytes/ })
  t.equal(await call('ok'), 'ok')
  t.strictSame(faults, [])
})

t.test('a process that dies fails what is in flight, with its exit code and its last words', async t => {
  const { client, call } = await open(t, 'well', { restarts: 0 })
  const other = client.callTool('silence')
  const error = { name: 'ServerExited', exitCode: 3, stderr: ['first line', 'it is over'], message: /exited with code 3.*first line \| it is over/ }
  await t.rejects(call('exit'), error)
  await t.rejects(other.result, error)
  await t.rejects(call('ok'), { name: 'BrokenStream', message: /exited with code 3.*not tried again/ })
})

t.test('a process that is killed names the signal; half a line at its end is no answer', async t => {
  const { call } = await open(t)
  await t.rejects(call('kill'), { name: 'ServerExited', signal: 'SIGKILL', exitCode: undefined })
  await t.rejects(call('half'), { name: 'ServerExited', exitCode: 0 })
})

t.test('basic/lifecycle#stdio  a server that closes its output and lives on is ended', async t => {
  const clock = new TestClock()
  const { call } = await open(t, 'well', { exitTimeoutMs: 111 }, clock)
  const pid = Number(await call('pid'))
  const closing = call('close')
  await clock.armed(111)
  clock.advance(111)
  await t.rejects(closing, { name: 'ServerExited', signal: 'SIGTERM' })
  t.notOk(isAlive(pid))
})

t.test('2026-07-28 basic/transports/stdio#unexpected-termination  a new process is started with the next call, and the session opened again', async t => {
  const { client, call } = await open(t, 'well', { restarts: 2 })
  const pids = new Set([await call('pid')])
  for (let death = 0; death < 2; death++) {
    await t.rejects(call('exit'), { name: 'ServerExited' })
    pids.add(await call('pid'))
  }
  t.equal(pids.size, 3)
  t.match(client.server, { name: 'lines' })
  await t.rejects(call('exit'), { name: 'ServerExited' })
  await t.rejects(call('pid'), { message: /2 restarts in a minute/ })
})

t.test('a process that dies of the first call in every life is not started for ever', async t => {
  const { call } = await open(t, 'dies of its first call', { restarts: 1 })
  await t.rejects(call('ok'), { name: 'ServerExited', exitCode: 9 })
  await t.rejects(call('ok'), { name: 'ServerExited', exitCode: 9 })
  await t.rejects(call('ok'), { message: /not tried again/ })
})

t.test('2026-07-28 basic/transports/stdio#backward-compatibility  a process that dies of a probe is started again for initialize, whatever the policy', async t => {
  const carrier = new StdioCarrier({ command: process.execPath, args: [PROGRAM, 'dies of what it does not know'] }, systemClock, { restarts: 0 })
  const probed = await hears(carrier, { jsonrpc: '2.0', id: 1, method: 'server/discover' }, find('2026-07-28')!)
  t.match(probed.end, { name: 'ServerExited', exitCode: 1 })
  const opened = await hears(carrier, { jsonrpc: '2.0', id: 2, method: 'initialize', params: { protocolVersion: '2025-11-25' } }, find('2025-11-25')!)
  t.match(opened.heard, [{ id: 2, result: { serverInfo: { name: 'lines' } } }])
  await carrier.close()
})

t.test('2026-07-28 basic/transports/stdio#cancellation  giving up a request is said, where hanging up would say it over HTTP', async t => {
  const script = `process.stdin.once('data', d => { process.stdout.write('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\\n'); process.stdin.once('data', d => process.stderr.write(d)) })`
  let heardAside!: (line: string) => void
  const aside = new Promise<string>(resolve => (heardAside = resolve))
  const carrier = new StdioCarrier({ command: process.execPath, args: ['-e', script] }, systemClock, { onStderr: line => heardAside(line) })
  const line = carrier.send({ jsonrpc: '2.0', id: 'x', method: 'tools/call' }, { revision: find('2026-07-28')! }, { hear: () => line.stop(), end: () => t.fail('nothing after stop'), fault: () => {} })
  t.strictSame(JSON.parse(await aside), { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'x' } })
  await carrier.close()
})

t.test('what cannot be run is an error at once', async t => {
  const carrier = new StdioCarrier({ command: '/no/such/program' }, systemClock)
  await t.rejects(openClient(carrier, systemClock, SESSIONS, { info: INFO }), { message: /cannot run "\/no\/such\/program": .*ENOENT/ })
  t.throws(() => new StdioCarrier({ command: '' }, systemClock), { name: 'TypeError' })
})

t.test('a server inherits a safe few variables, and what is named; its working directory can be set', async t => {
  process.env.SECRET_TOKEN = 'hidden'
  t.teardown(() => delete process.env.SECRET_TOKEN)
  const cwd = t.testdir()
  const carrier = new StdioCarrier({ command: process.execPath, args: [PROGRAM], env: { NAMED: 'yes' }, cwd }, systemClock)
  const client = await openClient(carrier, systemClock, SESSIONS, { info: INFO })
  const seen = JSON.parse(((await client.callTool('env').result).content[0] as { text: string }).text) as { env: Record<string, string>; cwd: string }
  t.equal(seen.env.NAMED, 'yes')
  t.equal(seen.env.PATH, process.env.PATH)
  t.notOk('SECRET_TOKEN' in seen.env)
  t.match(seen.cwd, new RegExp(`${cwd.split('/').at(-1)}$`))
  await client.close()
})

t.test('2026-07-28 basic/transports/stdio  what is written to stderr is handed on, and is no error', async t => {
  const lines: string[] = []
  const { client, call, faults } = await open(t, 'well', { onStderr: line => lines.push(line) })
  t.equal(await call('aside'), 'said')
  await client.close()
  t.strictSame(lines, ['a word aside'])
  t.strictSame(faults, [])
})

t.test('a log entry is a call\'s while it is the only one in flight; what is nobody\'s is among the notifications', async t => {
  const { client } = await open(t)
  const call = client.callTool('log')
  const notes = []
  for await (const note of call) notes.push(note)
  t.match(notes, [{ method: 'notifications/message', params: { data: 'of the call' } }])
  const waiting = client.callTool('silence')
  await client.callTool('log').result
  await client.callTool('announce').result
  const stray = client.notifications[Symbol.asyncIterator]()
  t.match((await stray.next()).value, { method: 'notifications/message' })
  t.match((await stray.next()).value, { method: 'notifications/tools/list_changed' })
  waiting.cancel()
})

t.test('2026-07-28 basic/transports/stdio  a stray console.log goes to stderr, once explained, and nothing but messages to stdout', async t => {
  const program = `
    import { createServer, serveStdio } from ${JSON.stringify(new URL('../../../lib/server.js', import.meta.url).href)}
    const server = createServer({ name: 's', version: '1' }).tool('t', {}, () => { console.log('stray one'); process.stdout.write('stray two\\n'); return 'x' })
    console.log('before')
    const serving = serveStdio(server, JSON.parse(process.argv[1]))
    await serving.closed
    console.log('given back')`
  const run = async (options: object): Promise<{ stdout: string; stderr: string }> => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, JSON.stringify(options)])
    const out = { stdout: '', stderr: '' }
    child.stdout.on('data', chunk => (out.stdout += String(chunk)))
    child.stderr.on('data', chunk => (out.stderr += String(chunk)))
    const params = { name: 't', _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } }
    child.stdin.end(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })}\n`)
    await once(child, 'close')
    return out
  }
  const guarded = await run({})
  const [first, second, third, ...more] = guarded.stdout.trim().split('\n')
  t.equal(first, 'before')
  t.match(JSON.parse(second!), { id: 1, result: {} })
  t.equal(third, 'given back')
  t.strictSame(more, [])
  t.match(guarded.stderr, /^mcpwire: something wrote to standard output[^\n]*\nstray one\nstray two\n$/)
  const unguarded = await run({ guardStdout: false })
  t.match(unguarded.stdout, /stray one\nstray two\n/)
  t.equal(unguarded.stderr, '')
})

t.test('mcpwire serve --stdio serves an example on the pipe, and ends with its input', async t => {
  const main = fileURLToPath(new URL('../../../lib/cli/main.js', import.meta.url))
  const dir = t.testdir({ 'a.txt': 'one\ntwo\n' })
  const carrier = new StdioCarrier({ command: process.execPath, args: [main, 'serve', '--stdio'] }, systemClock)
  const client = await openClient(carrier, systemClock, SESSIONS, { info: INFO, logLevel: 'info' })
  const call = client.callTool('process_files', { paths: [`${dir}/a.txt`] })
  const notes = []
  for await (const note of call) notes.push(note)
  t.match(notes, [{ method: 'notifications/message', params: { data: { bytes: 8, lines: 2 } } }])
  t.match(await call.result, { content: [{ text: /^1 files processed/ }] })
  await client.close()
  const misused = spawn(process.execPath, [main, 'serve', '--stdio', '--port', '1'])
  const [said] = await Promise.all([once(misused.stderr.setEncoding('utf8'), 'data'), once(misused, 'close')])
  t.match(said[0], /--port means nothing with --stdio/)
  t.equal(misused.exitCode, 2)
})

/** Everything that is heard about one message. */
const hears = (carrier: StdioCarrier, message: RpcMessage, revision: Revision): Promise<{ heard: RpcMessage[]; end?: Error | undefined }> => new Promise(resolve => {
  const heard: RpcMessage[] = []
  const hearer: Hearer = {
    hear: one => {
      heard.push(one)
      if ('result' in one) resolve({ heard })
    },
    end: end => resolve({ heard, end }),
    fault: () => {},
  }
  carrier.send(message, { revision }, hearer)
})
