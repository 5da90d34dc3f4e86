/** From a URL alone to HTTP+SSE: 2025-11-25 basic/transports#backwards-compatibility, as a server sees it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { connect } from '../../../lib/client.js'
import { INFO } from '../../client/scripted.js'
import { left } from '../../interop/left.js'

interface Old {
  readonly url: string
  /** Verb, path and method of everything that came, in order. */
  readonly seen: string[]
}

/** A server of 2024-11-05 alone, which refuses a POST to its stream with that status. */
const old = async (t: Test, status: number): Promise<Old> => {
  const seen: string[] = []
  let say = (_: object): void => undefined
  const server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += String(chunk)
    const { id, method } = (body === '' ? {} : JSON.parse(body)) as { readonly id?: unknown; readonly method?: string }
    seen.push([req.method, req.url, method ?? req.headers.accept].join(' '))
    if (req.method === 'GET') {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('event: endpoint\ndata: /post?id=1\n\n')
      say = message => void res.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, ...message })}\n\n`)
    } else if (req.url === '/sse') res.writeHead(status).end()
    else {
      res.writeHead(202).end()
      if (method === 'initialize') say({ id, result: { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: 'old', version: '1' } } })
      else if (id !== undefined) say({ id, result: {} })
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => void server.close().closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`, seen }
}

t.afterEach(async t => {
  const held = await left()
  if (held.length > 0) t.fail(`left behind: ${held.join(', ')}`)
})

for (const status of [400, 404, 405]) {
  t.test(`initialize is POSTed first; refused with ${status}, the client GETs the URL, awaits the endpoint event, and posts there`, async t => {
    const { url, seen } = await old(t, status)
    const client = await connect(url, { info: INFO, revisions: ['2024-11-05', '2025-11-25'] })
    t.equal(client.revision.id, '2024-11-05')
    await client.ping()
    await client.close()
    t.strictSame(seen, [
      'POST /sse initialize', 'GET /sse text/event-stream', 'POST /post?id=1 initialize', 'POST /post?id=1 notifications/initialized', 'POST /post?id=1 ping',
    ])
  })
}

t.test('a status that says nothing of what is spoken leads to no GET', async t => {
  for (const status of [401, 403, 429, 500]) {
    const { url, seen } = await old(t, status)
    await t.rejects(connect(url, { info: INFO, revisions: ['2024-11-05', '2025-11-25'] }), { name: 'HttpRefusal', status })
    t.strictSame(seen, ['POST /sse initialize'])
  }
})
