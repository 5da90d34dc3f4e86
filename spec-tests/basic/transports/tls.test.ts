/** HTTPS: what is served over HTTP is served over HTTP/1.1 in TLS, to whoever trusts the certificate. */
import { request, type RequestOptions } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { openClient } from '../../../lib/client/client.js'
import { clock } from '../../../lib/io/clock.js'
import { SseCarrier } from '../../../lib/io/sse-client.js'
import { listen, type ListenOptions } from '../../../lib/server.js'
import { REVISIONS } from '../../../lib/revisions/index.js'
import { makeCertificate } from '../../certificate.js'
import { INFO } from '../../client/scripted.js'
import { make, serve } from '../../http.js'
import { left } from '../../interop/left.js'
import { modern } from '../../lines.js'

const tls = makeCertificate()
const SECURE: ListenOptions = { tls }
const echo = () => make().tool('echo', {}, () => 'done')
const SESSIONS = REVISIONS.filter(({ sessions, http }) => sessions || http === 'http+sse')

t.afterEach(async t => {
  const held = await left()
  if (held.length > 0) t.fail(`left behind: ${held.join(', ')}`)
})

const post = (url: string, options: RequestOptions): Promise<{ status: number; version: string; body: string }> => new Promise((resolve, reject) => {
  const headers = {
    'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'echo', ...options.headers,
  }
  const req = request(url, { method: 'POST', agent: false, ...options, headers }, async res => {
    let body = ''
    for await (const chunk of res.setEncoding('utf8')) body += String(chunk)
    resolve({ status: res.statusCode!, version: res.httpVersion, body })
  })
  req.on('error', reject)
  req.end(JSON.stringify(modern(1, 'tools/call', { name: 'echo' })))
})

t.test('a client that trusts the certificate is answered over HTTP/1.1; one that does not, sends nothing', async t => {
  const { url } = await serve(t, echo(), SECURE)
  t.match(url, /^https:\/\/127\.0\.0\.1:\d+\/mcp$/)
  const { status, version, body } = await post(url, { ca: tls.cert })
  t.strictSame([status, version], [200, '1.1'])
  t.match(JSON.parse(body), { id: 1, result: { content: [{ text: 'done' }] } })
  await t.rejects(post(url, {}), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})

t.test('basic/transports#security-warning  Host and Origin are checked in TLS as well; the server\'s own origin is https', async t => {
  const { url } = await serve(t, echo(), SECURE)
  const { origin } = new URL(url)
  t.match(await post(url, { ca: tls.cert, headers: { origin } }), { status: 200 })
  t.match(await post(url, { ca: tls.cert, headers: { origin: 'https://evil.example' } }), { status: 403 })
  t.match(await post(url, { ca: tls.cert, servername: 'localhost', headers: { host: 'evil.example' } }), { status: 403 })
})

t.test('HTTP+SSE over TLS, with an authority of one\'s own', async t => {
  const { url } = await serve(t, echo(), { ...SECURE, sse: {} })
  const client = await openClient(new SseCarrier(new URL('/sse', url), clock, { ca: tls.cert }), clock, SESSIONS, { info: INFO })
  t.match(await client.callTool('echo').result, { content: [{ text: 'done' }] })
  await client.close()
  const stranger = new SseCarrier(new URL('/sse', url), clock)
  await t.rejects(openClient(stranger, clock, SESSIONS, { info: INFO }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})

t.test('a connection that never finishes its handshake does not hold up the end', async t => {
  const listening = await listen(echo(), { port: 0, tls })
  const accepted = once(listening.http, 'connection')
  const socket = connectTcp(listening.port, '127.0.0.1')
  const closed = once(socket.resume(), 'close')
  await accepted
  await listening.close({ graceMs: 0 })
  await closed
})

t.test('a key that is none is refused when listening begins', async t => {
  await t.rejects(listen(echo(), { port: 0, tls: { key: 'no key', cert: tls.cert } }))
})
