/** Two runners, one format: what tiny-runner.mjs makes of each server case is what ours makes of it, for a right server and for wrong ones. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { everything } from '../../lib/examples/everything.js'
import { listen } from '../../lib/io/listen.js'
import { loadSuite, revisionsOf } from '../../lib/replay/load.js'
import { socketPeer } from '../../lib/replay/peer.js'
import { playServer } from '../../lib/replay/suite.js'

const TINY = fileURLToPath(new URL('../../../spec-tests/replay/tiny-runner.mjs', import.meta.url))
const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))
const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']

t.setTimeout(180_000)

type Outcomes = ReadonlyMap<string, string>

const byTiny = async (url: string, revision: string): Promise<Outcomes> => {
  const child = spawn(process.execPath, [TINY, url, revision, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const outcomes = new Map<string, string>()
  for await (const line of createInterface({ input: child.stdout })) {
    const { id, outcome } = JSON.parse(line) as { id: string; outcome: string }
    outcomes.set(id, outcome)
  }
  const [code] = await ended
  t.equal(code, [...outcomes.values()].includes('fail') ? 1 : 0, `${revision}: its exit code says whether a case failed`)
  return outcomes
}

const byOurs = async (url: string, revision: string): Promise<Outcomes> => {
  const peer = socketPeer(url)
  const outcomes = new Map<string, string>()
  for await (const { id, outcome } of playServer(suite, peer, { revisions: [revision] })) outcomes.set(id, outcome)
  await peer.close()
  return outcomes
}

/** What the server says otherwise than a right one. */
interface Fault {
  status?(right: number): number
  /** Of each chunk of a body. */
  text?(right: string): string
  /** Does the connection break after this chunk of a stream? */
  breaks?(text: string): boolean
}

/** The reference server behind a front that garbles what it says. */
const garbled = async (t: Test, { status = same => same, text = same => same, breaks = () => false }: Fault): Promise<string> => {
  const right = await listen(everything(), { port: 0 })
  const behind = new URL(right.url).host
  const front: Server = createServer((asked, reply) => {
    // The server behind answers to its own name alone, in Host as in Origin.
    const headers = asked.rawHeaders.map(text => text.replace(`127.0.0.1:${portOf(front)}`, behind))
    const onward = request(right.url, { method: asked.method!, path: asked.url!, headers, agent: false }, answer => {
      const lines = answer.rawHeaders.flatMap((name, i, all) => i % 2 === 0 && name.toLowerCase() !== 'content-length' ? [name, all[i + 1]!] : [])
      reply.writeHead(status(answer.statusCode!), lines)
      reply.flushHeaders()
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        reply.write(text(chunk), () => void (breaks(chunk) && reply.destroy()))
      })
      answer.on('end', () => reply.end()).on('error', () => reply.destroy())
    })
    onward.on('error', () => reply.destroy())
    reply.on('error', () => undefined).on('close', () => onward.destroy())
    asked.pipe(onward)
  })
  front.on('checkContinue', (asked, reply) => front.emit('request', asked, reply))
  await once(front.listen(0, '127.0.0.1'), 'listening')
  t.teardown(async () => {
    front.close().closeAllConnections()
    await right.close({ graceMs: 0 })
  })
  return `http://127.0.0.1:${portOf(front)}/mcp`
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** Accepts with 200, shifts its error codes, renames a level, and breaks off where it tells of progress. */
const WRONG: Fault = {
  status: right => right === 202 ? 200 : right,
  text: right => right.replaceAll('"code":-326', '"code":-325').replaceAll('"level":"alert"', '"level":"Alert"'),
  breaks: chunk => chunk.includes('notifications/progress'),
}

const compare = (t: Test, revision: string, tiny: Outcomes, ours: Outcomes): void => {
  t.same([...tiny.keys()].sort(), [...ours.keys()].sort(), `${revision}: the same cases run`)
  const played = [...tiny].filter(([, outcome]) => outcome !== 'unsupported')
  t.ok(played.length > 0.9 * ours.size, `${revision}: ${played.length} of ${ours.size} cases are supported`)
  const apart = played.filter(([id, outcome]) => outcome !== ours.get(id)).map(([id, outcome]) => `${id}: ${outcome}, ours ${ours.get(id)}`)
  t.same(apart, [], `${revision}: the same verdicts`)
}

t.test('every case that the tiny runner supports passes against the reference server, as it does for ours', async t => {
  const serving = await listen(everything(), { port: 0 })
  t.teardown(() => serving.close({ graceMs: 0 }))
  for (const row of suite.revisions.filter(({ revision }) => REVISIONS.includes(revision))) {
    const running = suite.cases.filter(one => one.under_test === 'server' && revisionsOf(one, suite).includes(row))
    compare(t, row.revision, await byTiny(serving.url, row.revision), new Map(running.map(({ id }) => [id, 'pass'])))
  }
})

for (const revision of REVISIONS) {
  t.test(`both runners say the same of a wrong server at ${revision}`, async t => {
    // One server each: what a case leaves behind is not the other runner's.
    const [tiny, ours] = await Promise.all([byTiny(await garbled(t, WRONG), revision), byOurs(await garbled(t, WRONG), revision)])
    compare(t, revision, tiny, ours)
    for (const outcome of ['pass', 'fail', 'warn', 'note', 'skip']) {
      t.ok([...ours.values()].includes(outcome), `${[...ours.values()].filter(one => one === outcome).length} ${outcome}`)
    }
  })
}
