/** `mcpwire check` and `mcpwire explain` as a stranger uses them: options, exit codes, and what is printed. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createSocketServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { check as checkIn, type CheckOptions } from '../lib/cli/check.js'
import { reporterOf } from '../lib/cli/check-report.js'
import { loadSuite } from '../lib/replay/load.js'
import { playServerCase } from '../lib/replay/server-case.js'
import type { Verdict } from '../lib/replay/report.js'
import { stdioPeer } from '../lib/replay/stdio-peer.js'
import { playPipe } from '../lib/replay/pipe-suite.js'

const MAIN = fileURLToPath(new URL('../lib/cli/main.js', import.meta.url))
const suite = await loadSuite(fileURLToPath(new URL('../../fixtures', import.meta.url)))
const run = promisify(execFile)

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
const mcpwire = (...args: string[]): Promise<Ended> =>
  run(process.execPath, [MAIN, ...args], { maxBuffer: 10_000_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Ended) => ({ code, stdout, stderr }),
  )
const check = (...args: string[]): Promise<Ended> => mcpwire('check', ...args)

const listening = async (t: Test, server: Server | ReturnType<typeof createSocketServer>): Promise<string> => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
}

/** Speaks 2025-11-25, adds to the result of ping, and takes any level of logging. */
const wrong = createServer(async (asked, reply) => {
  let body = ''
  for await (const chunk of asked.setEncoding('utf8')) body += chunk
  const { id, method } = JSON.parse(body || '{}') as { readonly id?: unknown; readonly method?: string }
  if (id === undefined) return void reply.writeHead(method === undefined ? 405 : 202).end()
  const results: { readonly [method: string]: object } = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { logging: {}, tools: {} }, serverInfo: { name: 'wrong', version: '1' } },
    ping: { pong: true },
    'logging/setLevel': {},
    'tools/list': { tools: [] },
  }
  reply.writeHead(200, { 'Content-Type': 'application/json' })
  reply.end(JSON.stringify({ jsonrpc: '2.0', id, ...(results[method!] ? { result: results[method!] } : { error: { code: -32601, message: 'no such method' } }) }))
})
const WRONG = await listening(t, wrong)
const PING = ['--case', 'ping/empty-result'] as const

t.test('a failure says the case, the sentence, what was said and what was expected; exit code 1', async t => {
  const { code, stdout, stderr } = await check(WRONG, ...PING)
  t.equal(code, 1)
  const lines = stdout.split('\n')
  t.equal(lines[0], 'FAIL ping/empty-result @2025-11-25: ping is answered with an empty result')
  t.match(lines[1], /^ {2}MUST ping\.respond: .*\(basic\/utilities\/ping#behavior-requirements\)$/)
  t.match(stdout, /^ {4}> \[3\] POST \(endpoint\)$/m)
  t.match(stdout, /^ {4}< \[3\] \{"jsonrpc":"2\.0","id":2,"result":\{"pong":true\}\}$/m)
  t.match(stdout, /^ {2}MUST, step \d: .*pong: expected nothing, seen true/m)
  t.equal(lines.at(-2), '2025-11-25: 0 passed, 1 failed')
  t.match(stderr, /^mcpwire: 2025-06-18 is not spoken there, so its cases are left out .*expected "2025-06-18", seen "2025-11-25"/m)
})

t.test('verdicts as lines of JSON, as TAP, and beside them as JUnit', async t => {
  const file = join(t.testdir(), 'junit.xml')
  const [json, tap] = await Promise.all([check(WRONG, ...PING, '--json', '--junit', file), check(WRONG, ...PING, '--tap')])
  t.match(JSON.parse(json.stdout), {
    id: 'ping/empty-result', revision: '2025-11-25', keyword: 'MUST', outcome: 'fail', misses: [{ keyword: 'MUST', sentence: /pong/ }], transcript: [{ by: 'runner' }],
  })
  t.match(tap.stdout, /^TAP version 14\nnot ok 1 - ping\/empty-result @2025-11-25 [^\n]*\n {2}---\n[^]*\n {2}\.\.\.\n1\.\.1\n$/)
  t.match(await readFile(file, 'utf8'), /^<\?xml [^]*<testsuite name="mcpwire check" tests="1" failures="1" skipped="0">\n {2}<testcase classname="2025-11-25" name="ping\/empty-result" time="[\d.]+"><failure message="[^"]*pong/)
  t.same([json.code, tap.code], [1, 1])
})

t.test('what is expected to fail may fail, and fails the run when it passes', async t => {
  const list = join(t.testdir(), 'expected')
  await writeFile(list, '# what we know\nping/empty-result @2025-11-25  # pong\n\n')
  const foreseen = await check(WRONG, ...PING, '--expected-failures', list)
  t.equal(foreseen.code, 0)
  t.match(foreseen.stdout, /^FAIL ping\/empty-result @2025-11-25: .* \(expected to fail\)$/m)
  t.match(foreseen.stdout, /^of these, 1 were expected to fail$/m)
  t.match((await check(WRONG, ...PING, '--expected-failures', list, '--tap')).stdout, /^not ok 1 - .* # TODO expected to fail$/m)

  await writeFile(list, 'lifecycle/initialize/result @2025-11-25\n')
  const better = await check(WRONG, '--case', 'lifecycle/initialize/result', '--expected-failures', list)
  t.equal(better.code, 1)
  t.match(better.stdout, /^PASS lifecycle\/initialize\/result @2025-11-25: .* \(passes, and was expected to fail\)$/m)
  t.match((await check(WRONG, '--case', 'lifecycle/initialize/result', '--expected-failures', list, '--tap')).stdout, /^not ok 1 - .*\(passes, and was expected to fail\)$/m)

  await writeFile(list, 'ping/empty-result\n')
  t.match(await check(WRONG, '--expected-failures', list), { code: 2, stdout: '', stderr: /^mcpwire: --expected-failures "ping\/empty-result": expected ID @REVISION/ })
  t.match(await check(WRONG, '--expected-failures', `${list}-not`), { code: 2, stderr: /^mcpwire: --expected-failures cannot be read: ENOENT/ })
})

t.test('a SHOULD that is missed warns, and fails the run under --strict', async t => {
  const loose = await check(WRONG, '--case', 'logging/set-level/unknown', '--revision', '2025-11-25')
  t.equal(loose.code, 0)
  t.match(loose.stdout, /^WARN logging\/set-level\/unknown @2025-11-25/m)
  const strict = await check(WRONG, '--case', 'logging/set-level/unknown', '--revision', '2025-11-25', '--strict', '--tap')
  t.equal(strict.code, 1)
  t.match(strict.stdout, /^not ok 1 - logging\/set-level\/unknown @2025-11-25 .* # WARN$/m)
})

t.test('what the server does not offer is said as such, and counted', async t => {
  const { code, stdout } = await check(WRONG, '--case', 'logging/threshold/a', '--revision', '2025-11-25')
  t.equal(code, 1)
  t.match(stdout, /^FAIL logging\/threshold\/alert @2025-11-25: .*\n {2}the server does not offer what this case needs: the tool log_each$/m)
  t.match(stdout, /^not offered, and needed: the tool log_each \(\d+\)\. fixtures\/README\.md says/m)
})

t.test('--list names the cases of both roles without a server, and what narrows a run narrows it', async t => {
  const all = await check('--list')
  t.equal(all.code, 0)
  t.match(all.stdout, /^server MUST {3}ping\/empty-result {2}ping is answered with an empty result {2}\[2024-11-05 2025-03-26 2025-06-18 2025-11-25\]$/m)
  t.match(all.stdout, /^client MUST /m)
  const lines = ({ stdout }: Ended): string[] => stdout.trim().split('\n')
  const [pings, origins, pages, dated] = await Promise.all([
    check('--list', '--area', 'ping'), check('--list', '--clause', 'http.origin'), check('--list', '--clause', 'basic/utilities/ping', WRONG),
    check('--list', '--revision', '2024-11-05', '--area', 'ping'),
  ])
  t.ok(lines(pings).some(line => line.includes(' ping/empty-result ')) && lines(pings).length < 40)
  t.ok(lines(origins).some(line => line.includes(' http/origin/foreign ')) && lines(origins).length < 40)
  t.ok(lines(pages).every(line => line.startsWith('server ')))
  t.ok(lines(dated).every(line => line.endsWith(' [2024-11-05]')))
})

const DEFAULTS: CheckOptions = {
  url: undefined, client: undefined, fixtures: undefined, revisions: [], clauses: [], areas: [], cases: [], strict: false, list: false, form: 'tap',
  junit: undefined, expectedFailures: undefined, timeoutMs: undefined,
}

t.test('what cannot be meant is one clear line and exit code 2', async t => {
  const silent = await listening(t, createSocketServer(socket => t.teardown(() => socket.destroy())))
  const page = await listening(t, createServer((_, reply) => void reply.writeHead(501, { 'Content-Type': 'text/html' }).end('<h1>No</h1>')))
  const said: readonly (readonly [options: Partial<CheckOptions>, sentence: RegExp])[] = [
    [{}, /^check takes one of the URL of a server, .*--client COMMAND$/],
    [{ url: WRONG, client: 'true' }, /^check takes one of /],
    [{ client: 'true', sse: true }, /^--sse goes with the URL of a server$/],
    [{ url: WRONG, stdio: true }, /^--stdio goes with --client; a server on standard input and output is named after --$/],
    [{ url: WRONG, sse: true }, /^nothing to check at http:.*GET was answered 405; expected the event stream of HTTP\+SSE$/],
    [{ url: 'nonsense' }, /^"nonsense" is no URL to check; expected one such as http:/],
    [{ url: 'ftp://localhost/mcp' }, /^"ftp:\/\/localhost\/mcp" is no URL to check/],
    [{ url: WRONG, revisions: ['2025'] }, /^--revision "2025": expected one of 2024-11-05, 2025-03-26/],
    [{ url: WRONG, areas: ['nope'] }, /^--area "nope": expected one of .*cancellation, .*ping/],
    [{ url: WRONG, clauses: ['nope'] }, /^--clause "nope": expected the beginning of a clause id/],
    [{ url: WRONG, cases: ['nope'] }, /^--case "nope": expected part of the id of a case; --list has them$/],
    [{ url: WRONG, areas: ['ping'], cases: ['http/origin'] }, /^no case for a server fits what was asked for$/],
    [{ url: 'http://127.0.0.1:1/mcp' }, /^nothing to check at http:\/\/127\.0\.0\.1:1\/mcp: the connection broke: connect ECONNREFUSED 127\.0\.0\.1:1$/],
    [{ url: 'http://127.0.0.1:1/mcp', revisions: ['2025-11-25'] }, /^nothing to check at .*ECONNREFUSED/],
    [{ url: page }, /^http:.* speaks no revision that there are cases for\. 2025-03-26: expected .*seen status 501, body <h1>No<\/h1>, the reply ended; 2025-06-18: /],
    [{ url: silent, timeoutMs: 200 }, /^nothing to check at .*: waited 200 ms in vain for .*: no status, no body, the reply is open$/],
    [{ command: ['no-such-program-here'] }, /^nothing to check at no-such-program-here: .*cannot run "no-such-program-here"/],
  ]
  for (const [options, sentence] of said) await t.rejects(checkIn({ ...DEFAULTS, ...options }), { name: 'UsageError', message: sentence }, JSON.stringify(options))
  const { code, stdout, stderr } = await check('nonsense')
  t.same([code, stdout, stderr], [2, '', 'mcpwire: "nonsense" is no URL to check; expected one such as http://localhost:3000/mcp\n'])
})

t.test('on a terminal a line of progress is rewritten, and never longer than the terminal is wide', t => {
  let written = ''
  const terminal = { isTTY: true, columns: 24, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream
  const report = reporterOf('person', suite, 7, terminal)
  const verdict: Verdict = { id: 'ping/empty-result', title: 'x', revision: '2025-11-25', keyword: 'MUST', outcome: 'pass', misses: [], transcript: [], tookMs: 1 }
  report.judged({ verdict, wrong: false })
  t.equal(written, '\r\u001b[K1/7 2025-11-25 ping/emp')
  t.end()
})

t.test('explain goes from a word in an error to the sentence, its page and its cases', async t => {
  const [code, status, page, one, near, nothing] = await Promise.all(
    ['-32602', '404', '2026-07-28/basic/transports/streamable-http#server-validation/1', 'http/origin/foreign', 'rebinding', 'nonsense'].map(word => mcpwire('explain', word)),
  ) as [Ended, Ended, Ended, Ended, Ended, Ended]
  t.match(code.stdout, /^-32602: invalid params\n\n\S+ {2}\(.*\)\n {2}.*invalid param/, 'first what says it, not what merely has it in a case')
  t.match(status.stdout, /^404: Not Found\n\n\S+ {2}\(.*\)\n {2}.*404/)
  t.match(page.stdout, /^ {2}page: basic\/transports\/streamable-http#server-validation$/m)
  t.match(page.stdout, /^ {2}its heading is cited at: lib\/(?!replay|cli)\S+:\d+/m)
  t.match(one.stdout, /^http\/origin\/foreign {2}\(a case for a server, MUST\): .*\n\nhttp\.origin\.validate {2}\(MUST, server, /)
  t.match(near, { code: 2, stdout: '', stderr: /^mcpwire: nothing is known of "rebinding"; it is said in .*http\.origin\.validate/ })
  t.match(nothing, { code: 2, stdout: '', stderr: /^mcpwire: nothing is known of "nonsense"; give a clause id/ })
})

t.test('a server that is a program plays the cases that a pipe can carry, each with a process of its own', async t => {
  const peer = stdioPeer(process.execPath, [MAIN, 'serve', '--stdio', '--example', 'everything'])
  t.teardown(() => peer.close())
  const wanted = ['ping/empty-result', 'logging/threshold/alert', 'http/origin/foreign', 'logging/session/own-level', 'questions/sampling']
  const outcomes: string[] = []
  for await (const { id, revision, outcome, misses } of playPipe(suite, peer, { revisions: ['2024-11-05', '2026-07-28'], select: one => wanted.includes(one.id) })) {
    outcomes.push(`${revision} ${id} ${outcome}${misses.map(({ sentence }) => ` ${sentence}`).join('')}`)
  }
  t.same(outcomes.sort(), [
    '2024-11-05 logging/session/own-level skip not played, because it opens a second session, and a pipe carries one',
    '2024-11-05 logging/threshold/alert pass',
    '2024-11-05 ping/empty-result pass',
    '2024-11-05 questions/sampling pass',
    '2026-07-28 http/origin/foreign skip not played, because it is about HTTP',
    '2026-07-28 logging/session/own-level skip not played, because it opens a second session, and a pipe carries one',
    '2026-07-28 logging/threshold/alert pass',
  ])
})

t.test('a program that is not there, or ends, is accused of that, with what it wrote last', async t => {
  const at = suite.revisions.find(({ revision }) => revision === '2025-11-25')!
  const ping = suite.cases.find(one => one.id === 'ping/empty-result')!
  const sentence = async (command: string, ...args: string[]): Promise<string | undefined> => {
    const peer = stdioPeer(command, args)
    if (ping.under_test !== 'server') return undefined
    const { misses } = await playServerCase(ping, at, peer)
    await peer.close()
    return misses[0]?.sentence
  }
  t.match(await sentence('no-such-program-here'), /the connection broke: cannot run "no-such-program-here": .*ENOENT$/)
  t.match(await sentence(process.execPath, '-e', 'console.error("not today"); process.exit(3)'), /the connection broke: the program ended with status 3; the last it wrote to standard error: not today$/)
})
