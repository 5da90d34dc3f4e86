/** The command line as a person uses it. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { CallPrinter, harmless, type Screen } from '../lib/cli/print.js'

const MAIN = 'build/lib/cli/main.js'
const run = promisify(execFile)

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
const mcpwire = (...args: string[]): Promise<Ended> =>
  run(process.execPath, [MAIN, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Ended) => ({ code, stdout, stderr }),
  )

t.test('demo prints a line for each file as it is done, then the summary', async t => {
  const dir = t.testdir({ 'a.txt': 'one\ntwo\n', 'b.txt': 'three\n' })
  const { code, stdout } = await mcpwire('demo', join(dir, 'a.txt'), join(dir, 'missing'), join(dir, 'b.txt'))
  const lines = stdout.split('\n')
  t.equal(code, 0)
  t.match(lines[0], /^http:\/\/127\.0\.0\.1:\d+\/mcp .* process_files, 3 files$/)
  t.match(lines[1], /^ *\+\d+ ms  info       files  \{"file":".*a\.txt","bytes":8,"lines":2,"sha256":"[0-9a-f]{64}"\}$/)
  t.match(lines[2], /warning    files  \{"file":".*missing","error":"ENOENT"\}$/)
  t.match(lines[3], /info       files  \{"file":".*b\.txt","bytes":6,"lines":1,/)
  t.match(lines[4], /^2 files processed, 1 failed: 3 lines, 14 bytes$/)
  t.notMatch(stdout, /\u001b/, 'a pipe has no colours and no bar')
})

t.test('serve says where it listens, call talks to it, and a signal ends it', async t => {
  const server = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--example', 'everything'], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => server.kill('SIGKILL'))
  const [line] = (await once(server.stdout.setEncoding('utf8'), 'data')) as [string]
  const url = /^listening on (http:\/\/127\.0\.0\.1:\d+\/mcp)\n$/.exec(line)?.[1]
  t.ok(url, line)

  const logged = await mcpwire('call', url!, 'log_each', '--args', '{"levels":["debug","error"]}', '--log-level', 'info')
  t.equal(logged.code, 0)
  t.equal(logged.stdout, 'logged 2\n')
  t.match(logged.stderr, /^ *\+\d+ ms  error      \{"n":1,"level":"error"\}\n$/, 'debug is below the level asked for')

  const sum = await mcpwire('call', url!, 'add', '--args', '{"a":1,"b":2}', '--json')
  t.match(JSON.parse(sum.stdout), { content: [{ type: 'text', text: '{"sum":3}' }], structuredContent: { sum: 3 } })

  t.match(await mcpwire('call', url!, 'test_error_handling'), { code: 1, stderr: '' })
  t.match(await mcpwire('call', url!, 'add', '--args', '{"a":"x","b":2}'), { code: 1, stdout: /arguments\.a must be a number, not "x"/ })
  t.match(await mcpwire('call', url!, 'nope'), { code: 2, stdout: '', stderr: /^mcpwire: tools\/call: Unknown tool: nope \(-32602\)\n$/ })
  t.match(await mcpwire('call', url!, 'wait', '--timeout-ms', '50'), { code: 2, stderr: /50 ms/ })

  server.kill('SIGTERM')
  t.strictSame(await once(server, 'exit'), [0, null])
})

t.test('what cannot be meant is one clear line and exit code 2', async t => {
  const cases: readonly [readonly string[], RegExp][] = [
    [['dance'], /^mcpwire: "dance" is no command; mcpwire help lists them\n$/],
    [['call'], /a URL and the name of a tool/],
    [['call', 'tool', '--'], /-- takes the command of a server/],
    [['call', 'http://127.0.0.1:9/mcp', 'tool', '--', 'node'], /call takes a URL and the name of a tool, or the name of a tool, -- and the command of a server/],
    [['call', 'http://127.0.0.1:9/mcp', '--', 'node'], /call takes a URL and the name of a tool, or the name of a tool/],
    [['listen'], /listen takes the URL of a server, or -- and the command of one/],
    [['listen', 'http://127.0.0.1:9/mcp', '--', 'node'], /listen takes the URL of a server, or -- and the command of one/],
    [['listen', 'http://127.0.0.1:9/mcp', '--log-level', 'loud'], /--log-level "loud"/],
    [['listen', 'http://127.0.0.1:9/mcp'], /ECONNREFUSED/],
    [['call', 'http://127.0.0.1:9/mcp', 'x', '--args', '[1]'], /--args must be a JSON object/],
    [['call', 'http://127.0.0.1:9/mcp', 'x', '--args', '{'], /--args is not JSON/],
    [['call', 'http://127.0.0.1:9/mcp', 'x', '--log-level', 'loud'], /--log-level "loud": expected one of debug, info/],
    [['call', 'ftp://127.0.0.1/', 'x'], /http/],
    [['serve', '--port', '70000'], /--port "70000": expected a whole number up to 65535/],
    [['serve', '--example', 'nope'], /--example "nope" is none; there are process-files, everything/],
    [['serve', '--host', '0.0.0.0', '--port', '0'], /^mcpwire: --host 0\.0\.0\.0 can be reached from elsewhere; .* --allow-host /],
    [['serve', '--colour'], /--colour/],
  ]
  for (const [args, said] of cases) {
    const { code, stdout, stderr } = await mcpwire(...args)
    t.equal(code, 2, args.join(' '))
    t.match(stderr, said)
    t.match(stderr, /^mcpwire: [^\n]+\n$/, 'one line')
    t.equal(stdout, '')
  }
})

t.test('on a terminal: colours by level, a bar that moves, and nothing a server sends can steer it', async t => {
  let shown = ''
  const screen: Screen = { colour: true, bar: true, write: text => (shown += text) }
  const printer = new CallPrinter(screen, 0, () => 5)
  printer.print({ method: 'notifications/progress', params: { progress: 1, total: 2 } })
  printer.print({ method: 'notifications/message', params: { level: 'error', logger: 'a\u001b[2J', data: 'x\u009b1m' } })
  printer.end()
  t.equal(shown, [
    '\r\u001b[K[###############...............] 1/2',
    '\r\u001b[K    +5 ms  \u001b[31merror    \u001b[0m  a\\u001b[2J  x\\u009b1m\n[###############...............] 1/2',
    '\r\u001b[K',
  ].join(''))
  t.equal(harmless('ok \u202e\u007f\n'), 'ok \\u202e\\u007f\\u000a')
})
