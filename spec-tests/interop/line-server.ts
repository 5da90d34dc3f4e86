/** A server program that misbehaves as its first argument says; beside that, a legacy server with one tool for each fault. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

interface Asked {
  readonly id?: unknown
  readonly method?: string
  readonly params?: { readonly name?: string; readonly protocolVersion?: string; readonly requestId?: unknown }
}

const [mode] = process.argv.slice(2)
const write = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (message: object): void => write(JSON.stringify({ jsonrpc: '2.0', ...message }))
const text = (it: string): object => ({ content: [{ type: 'text', text: it }] })

/** Lives on, but not for ever: whoever should have ended it may have been ended itself. */
const LINGER_MS = 30_000
const linger = (): void => void setTimeout(() => process.exit(), LINGER_MS)

if (mode === 'deaf to SIGTERM') {
  process.on('SIGTERM', () => console.error('no'))
  linger()
}
if (mode === 'noise at the start') write('Listening on stdio! {')

/** What each tool does with the request that calls it. */
const FAULTS: Record<string, (id: unknown) => void> = {
  ok: id => say({ id, result: text('ok') }),
  noise: id => {
    write('debug: something\n\n{"half": ')
    write('["an array"]')
    write('{"jsonrpc":"2.0","method":5}')
    // A request of its own, of the same id and no shape: no answer to ours.
    say({ id, method: 'roots/list', params: 5 })
    process.stdout.write(Buffer.from([0xff, 0x0a]))
    say({ id, result: text('after the noise') })
  },
  silence: () => {},
  twice: id => {
    say({ id, result: text('once') })
    say({ id, result: text('twice') })
  },
  misshapen: id => say({ id, result: 'no object' }),
  long: id => say({ id, result: text('x'.repeat(100_000)) }),
  exit: () => {
    console.error('first line')
    console.error('it is over')
    process.exitCode = 3
    process.exit()
  },
  kill: () => process.kill(process.pid, 'SIGKILL'),
  half: () => process.stdout.write('{"jsonrpc":"2.0","id":', () => process.exit(0)),
  close: () => {
    process.stdin.unref()
    linger()
    process.stdout.end()
  },
  env: id => say({ id, result: text(JSON.stringify({ env: process.env, cwd: process.cwd() })) }),
  orphan: id => {
    const orphan = spawn(process.execPath, ['-e', `setTimeout(() => {}, ${LINGER_MS})`], { stdio: 'inherit' })
    orphan.unref()
    say({ id, result: text(String(orphan.pid)) })
  },
  pid: id => say({ id, result: text(String(process.pid)) }),
  log: id => {
    say({ method: 'notifications/message', params: { level: 'info', data: 'of the call' } })
    say({ id, result: text('logged') })
  },
  aside: id => {
    console.error('a word aside')
    say({ id, result: text('said') })
  },
  announce: id => {
    say({ id, result: text('soon') })
    say({ method: 'notifications/tools/list_changed' })
  },
}

createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line) as Asked
  if (mode === 'silent') return
  if (mode === 'dies of what it does not know' && method !== 'initialize' && id === 1) process.exit(1)
  if (mode === 'dies of its first call' && method === 'tools/call') process.exit(9)
  if (method === 'initialize') return say({ id, result: { protocolVersion: params!.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'lines', version: String(process.pid) } } })
  if (method === 'tools/call') return FAULTS[params!.name!]!(id)
  // Too late, and all the same.
  if (method === 'notifications/cancelled') return say({ id: params!.requestId, result: text('late') })
  if (id !== undefined) say({ id, error: { code: -32601, message: `${method} is not known` } })
})
