/** The runner on a pipe accuses a server that is wrong, of what it does wrong and in words: lines that are no messages, streams that are none. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { everything } from '../../lib/examples/everything.js'
import { serveStdio } from '../../lib/server.js'
import { loadSuite } from '../../lib/replay/load.js'
import type { PipePeer } from '../../lib/replay/pipe-peer.js'
import { playPipe } from '../../lib/replay/pipe-suite.js'
import type { Verdict } from '../../lib/replay/report.js'
import { ssePeer } from '../../lib/replay/sse-peer.js'
import { linesPeer } from '../../lib/replay/stdio-peer.js'

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))

/** The reference server, each of whose lines is written as `garble` has it; and whose output stays open unless it `ends`. */
const garbled = (garble: (line: string) => string, ends = true): PipePeer => linesPeer(() => {
  const [input, said, output] = [new PassThrough(), new PassThrough(), new PassThrough()]
  serveStdio(everything(), { input, output: said, graceMs: 0 })
  said.setEncoding('utf8').on('data', (text: string) => output.write(text.split('\n').map(line => (line === '' ? line : garble(line))).join('\n')))
  said.on('end', () => ends && output.end())
  return { input, output }
})

const played = async (peer: PipePeer, id: string, revision: string): Promise<Verdict> => {
  for await (const verdict of playPipe(suite, peer, { revisions: [revision], select: one => one.id === id, deadlineMs: 500 })) return verdict
  throw new Error(`${id} does not play at ${revision}`)
}

const ROOTS = '{"jsonrpc":"2.0","id":"q","method":"roots/list"}'
for (const [wrong, garble, id, revision, sentence] of [
  ['a log among the messages', line => `Listening on stdio\n${line}`, 'stdio/output/notification', '2025-11-25', /expected an object, seen "Listening on stdio"/],
  ['messages over several lines', line => line.includes('one\\ntwo') ? JSON.stringify(JSON.parse(line), null, 2) : line, 'stdio/lines/line-breaks-in-text', '2025-06-18', /expected .*seen "\{"/],
  ['messages in arrays', line => `[${line}]`, 'stdio/lines/two-at-once', '2025-06-18', /seen \[\{/],
  ['a request of its own', line => line.includes('"input_required"') ? `${ROOTS}\n${line}` : line, 'stdio/output/no-requests', '2026-07-28', /roots\/list/],
  ['an error of no code for what is no JSON', line => line.replace('"code":-32700', '"code":"parse"'), 'stdio/output/after-a-line-of-no-json', '2025-11-25', /expected nothing more, seen .*"parse"/],
] as readonly (readonly [string, (line: string) => string, string, string, RegExp])[]) {
  t.test(`on lines: ${wrong}`, async t => {
    const peer = garbled(garble)
    const { outcome, misses } = await played(peer, id, revision)
    t.equal(outcome, 'fail')
    t.match(misses[0]?.sentence, sentence)
    await peer.close()
  })
}

t.test('on lines: a server that outlives its input is warned of', async t => {
  const peer = garbled(line => line, false)
  const { outcome, misses } = await played(peer, 'stdio/shutdown/unused', '2026-07-28')
  t.equal(outcome, 'warn')
  t.match(misses[0]?.sentence, /waited 500 ms in vain for the reply to end/)
})

t.test('a transcript of a pipe shows what went over it, and no POST that never was', async t => {
  const peer = garbled(line => line.replace('"result"', '"resolt"'))
  const { transcript } = await played(peer, 'ping/empty-result', '2025-11-25')
  t.match(transcript.map(({ by, text }) => `${by} ${text}`), [/^runner \{"jsonrpc":"2.0","id":1,"method":"initialize"/, /^peer \{"jsonrpc":"2.0","id":1,"resolt"/])
  t.notMatch(JSON.stringify(transcript), /POST|HTTP/)
  await peer.close()
})

interface Fault {
  /** The event that a stream begins with. */
  readonly first?: string
  /** The answer is in the body of the reply to the POST. */
  readonly inBody?: boolean
  readonly type?: string
}

/** A server of HTTP+SSE that answers `initialize` and `ping`, looks at no Origin, and has one fault more. */
const careless = async (t: Test, { first = 'endpoint', inBody = false, type = 'text/event-stream' }: Fault): Promise<URL> => {
  let say = (_: string): void => undefined
  const server = createServer(async (req, res) => {
    if (req.method === 'GET') {
      res.writeHead(200, { 'Content-Type': type }).write(`event: ${first}\ndata: /post\n\n`)
      say = json => void res.write(`event: message\ndata: ${json}\n\n`)
      return
    }
    let body = ''
    for await (const chunk of req) body += String(chunk)
    const { id, params } = JSON.parse(body) as { readonly id?: unknown; readonly params?: { readonly protocolVersion?: string } }
    const answer = JSON.stringify({ jsonrpc: '2.0', id, result: { protocolVersion: params?.protocolVersion } })
    res.writeHead(inBody ? 200 : 202, { 'Content-Type': 'application/json' }).end(inBody ? answer : '')
    if (!inBody && id !== undefined) say(answer)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => void server.close().closeAllConnections())
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`)
}

for (const [wrong, fault, id, sentence] of [
  ['a stream that begins otherwise', { first: 'hello' }, 'http-sse/endpoint/first', /expected "endpoint", seen "hello"/],
  ['a stream of another type', { type: 'text/plain' }, 'http-sse/endpoint/first', /event-stream.*seen "text\/plain"/],
  ['an answer in the reply to the POST', { inBody: true }, 'http-sse/messages/answer', /\/text: expected anything but .*seen .*i-1/],
  ['a stream for a page of another origin', {}, 'http-sse/origin/stream', /expected .*400.*seen 200/],
  ['what a page of another origin posts', {}, 'http-sse/origin/post', /expected .*400.*seen 202/],
] as readonly (readonly [string, Fault, string, RegExp])[]) {
  t.test(`on HTTP+SSE: ${wrong}`, async t => {
    const peer = ssePeer(await careless(t, fault))
    const { outcome, misses } = await played(peer, id, '2024-11-05')
    t.equal(outcome, 'fail')
    t.match(misses[0]?.sentence, sentence)
    await peer.close()
  })
}

t.test('on HTTP+SSE: a server that has no such stream fails what is played on it, and says why', async t => {
  const peer = ssePeer(await careless(t, { first: 'hello' }))
  const { outcome, misses } = await played(peer, 'ping/empty-result', '2024-11-05')
  t.equal(outcome, 'fail')
  t.match(misses[0]?.sentence, /the connection broke: the stream began with an event "hello"; expected endpoint/)
  await peer.close()
})
