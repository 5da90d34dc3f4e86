/** Sockets that die: at every byte of a request, at every event of an answer, while it waits, while it streams; and a server that is closed meanwhile. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { httpHandler } from '../../lib/server.js'
import { callTool, gate, listenTo, make, MODERN, modern, open, say, serve } from '../http.js'
import { asText, dial } from './raw.js'
import { Subject } from './subject-process.js'

const META = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} }

t.test('CVE-2025-53365 a socket that dies at any byte of a request leaves the server as it was', async t => {
  const subject = await Subject.start(t, { sse: {} })
  const headers = await open(subject.url)
  const before = await subject.ask('handles') as number
  const requests = {
    'a session\'s call': asText('POST /mcp', [['Host', 'localhost'], ['Content-Type', 'application/json'], ...Object.entries(headers)], JSON.stringify(callTool(1, 'speak'))),
    'a modern call': asText('POST /mcp', [['Host', 'localhost'], ['Content-Type', 'application/json'], ['MCP-Protocol-Version', MODERN], ['Mcp-Method', 'tools/call'], ['Mcp-Name', 'speak']], JSON.stringify(callTool(1, 'speak', {}, META))),
    'a listener': asText('GET /mcp', [['Host', 'localhost'], ['Accept', 'text/event-stream'], ...Object.entries(headers)]),
    'HTTP+SSE': asText('GET /sse', [['Host', 'localhost'], ['Accept', 'text/event-stream']]),
    'a refusal': asText('POST /mcp', [['Host', 'evil.example'], ['Content-Type', 'application/json']], 'x'.repeat(100)),
    'a chunked body': `${asText('POST /mcp', [['Host', 'localhost'], ['Content-Type', 'application/json'], ['Transfer-Encoding', 'chunked'], ...Object.entries(headers)], '')}20\r\n${JSON.stringify(callTool(1, 'speak')).slice(0, 32)}\r\n`,
  }
  for (const [name, text] of Object.entries(requests)) {
    for (let from = 0; from <= text.length; from += 40) {
      await Promise.all(Array.from({ length: Math.min(40, text.length - from + 1) }, async (_, k) => {
        const socket = await dial(subject.port)
        // half are reset, half end in good order
        await new Promise(resolve => socket.write(text.slice(0, from + k), 'latin1', resolve))
        if (k % 2 === 0) socket.resetAndDestroy()
        else socket.destroy()
      }))
    }
    t.equal((await say(subject.url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status, 200, `${name}: ${text.length + 1} offsets`)
    t.strictSame(await subject.faults(), [], 'nothing is uncaught')
  }
  // what is refused over unread bytes lingers for half a second
  const begun = performance.now()
  while (await subject.ask('handles') as number > before + 2 && performance.now() - begun < 5000) await subject.ask('turns', 50)
  t.ok(await subject.ask('handles') as number <= before + 2, 'no socket is left')
  t.equal((await subject.stats()).open, 0, 'nor an answer that waits')
})

t.test('CVE-2025-53365 a socket that dies at any byte of an answer', async t => {
  const subject = await Subject.start(t)
  const headers = await open(subject.url)
  const call = asText('POST /mcp', [['Host', 'localhost'], ['Connection', 'close'], ['Content-Type', 'application/json'], ...Object.entries(headers)], JSON.stringify(callTool(1, 'speak')))
  for (let length = 1; length < 700; length += 9) {
    const socket = await dial(subject.port)
    socket.write(call)
    let heard = 0
    for await (const chunk of socket) if ((heard += (chunk as Buffer).length) >= length) break
    socket.resetAndDestroy()
  }
  t.equal((await say(subject.url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status, 200)
  t.strictSame(await subject.faults(), [])
})

t.test('pains P4  close() ends within its grace, whatever runs, and what can finish does', async t => {
  for (const [name, graceMs] of [['at once', 0], ['after a moment', 300]] as const) {
    const server = make()
    const finishing = gate()
    server.tool('never', {}, () => new Promise<never>(() => {}))
    server.tool('deaf', {}, async (_, ctx) => {
      for (;;) {
        ctx.log.info('still here')
        await new Promise(resolve => setImmediate(resolve))
        if (ctx.signal.aborted) return 'heard'
      }
    })
    server.tool('finishes', {}, async () => {
      await finishing.opened
      return 'finished'
    })
    const listening = await serve(t, server, { sse: {} })
    const { url, port } = listening
    const headers = await open(url)
    const ends: Promise<unknown>[] = []
    const keep = (asked: Promise<{ text(): Promise<string> }>): void => void ends.push(asked.then(answer => answer.text()).catch(() => 'cut'))
    keep(say(url, { method: 'GET', headers }))
    keep(say(url.replace('/mcp', '/sse'), { method: 'GET' }))
    keep(listenTo(url, { toolsListChanged: true }).then(({ answer }) => answer))
    for (const tool of ['never', 'deaf']) {
      keep(say(url, { headers, body: callTool(1, tool) }))
      keep(modern(url, 'tools/call', { name: tool }))
    }
    const finished = say(url, { headers, body: callTool(9, 'finishes') }).then(answer => answer.text()).catch(() => 'cut')
    const half = await dial(port)
    half.write('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{')
    const silent = await dial(port)
    const gone = [once(half, 'close'), once(silent, 'close')]
    await (await say(url, { headers, body: { jsonrpc: '2.0', id: 5, method: 'ping' } })).text()
    const begun = performance.now()
    const closed = listening.close({ graceMs })
    finishing.open()
    await closed
    t.ok(performance.now() - begun < graceMs + 2000, `${name}: ${Math.round(performance.now() - begun)} ms`)
    if (graceMs > 0) t.match(await finished, /finished/, 'what could finish did')
    await Promise.all([...ends, ...gone])
    await t.rejects(say(url, { body: {} }), 'nobody is there any more')
  }
})

t.test('class process safety  a mount on somebody else\'s http.Server ends within its grace too, and leaves that server alone', async t => {
  const server = make()
  server.tool('never', {}, () => new Promise<never>(() => {}))
  const mcp = httpHandler(server, { sse: {} })
  const http = createServer((req, res) => mcp(req, res, () => res.end('theirs'))).listen(0, '127.0.0.1')
  t.teardown(() => http.close())
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
  const headers = await open(url)
  const ends = [say(url, { method: 'GET', headers }), say(url.replace('/mcp', '/sse'), { method: 'GET' }), say(url, { headers, body: callTool(1, 'never') }), modern(url, 'tools/call', { name: 'never' })]
    .map(asked => asked.then(answer => answer.text()).catch(() => 'cut'))
  while (mcp.stats().inFlight < 2) await new Promise(resolve => setImmediate(resolve))
  await mcp.close({ graceMs: 50 })
  await Promise.all(ends)
  t.match(mcp.stats(), { sessions: 0, open: 0, inFlight: 0 })
  t.equal((await say(url, { body: {} })).status, 503)
  t.equal(await (await say(url.replace('/mcp', '/'), { method: 'GET' })).text(), 'theirs')
})

t.test('class process safety  a server that is closed twice, or before anything came, is closed', async t => {
  const { close } = await serve(t, make())
  await Promise.all([close(), close()])
  await close()
  t.pass()
})
