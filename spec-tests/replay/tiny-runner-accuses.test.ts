/** Two runners, one format: of a server that is wrong in several ways they say the same, case by case. */

import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { everything } from '../../lib/examples/everything.js'
import { listen } from '../../lib/io/listen.js'
import { byOurs, byTiny, compare, REVISIONS } from './two-runners.js'

t.setTimeout(180_000)

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

for (const revision of REVISIONS) {
  t.test(`both runners say the same of a wrong server at ${revision}`, async t => {
    // One server each: what a case leaves behind is not the other runner's.
    const [tiny, ours] = await Promise.all([byTiny(t, await garbled(t, WRONG), revision), byOurs(await garbled(t, WRONG), revision)])
    compare(t, revision, tiny, ours)
    for (const outcome of ['pass', 'fail', 'warn', 'note', 'skip']) {
      t.ok([...ours.values()].includes(outcome), `${[...ours.values()].filter(one => one === outcome).length} ${outcome}`)
    }
  })
}
