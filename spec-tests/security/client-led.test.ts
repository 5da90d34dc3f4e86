/** A server that leads its client astray: to other places, round in circles, and into what is no protocol at all. */
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import t from 'tap'
import { connect } from '../../lib/client.js'
import { SseCarrier } from '../../lib/io/sse-client.js'
import { clock } from '../../lib/io/clock.js'
import { INFO, initialized, MODERN, discovered, scripted, type Arrived } from '../client/scripted.js'

t.test('GHSA-6prh-2h8m-c8cw, GHSA-5h93-6whr-6q8j redirect leak  no redirect is followed: no field and no body goes anywhere else', async t => {
  const elsewhere: string[] = []
  const thief = createServer((req, res) => {
    elsewhere.push(`${req.method} ${req.url} ${JSON.stringify(req.headers)}`)
    res.end()
  })
  await new Promise<void>(resolve => thief.listen(0, '127.0.0.1', resolve))
  t.teardown(() => thief.close())
  const other = `http://127.0.0.1:${(thief.address() as AddressInfo).port}/stolen`
  const headers = { authorization: 'Bearer secret' }
  for (const status of [300, 301, 302, 303, 304, 305, 307, 308]) {
    for (const location of status === 307 ? [other, '/mcp', other.replace('http:', 'https:'), `//${other.slice(7)}`, undefined] : [other]) {
      const redirect = ({ res }: Arrived): void => void res.writeHead(status, location === undefined ? {} : { location }).end()
      let on = false
      const turning = (usual: (arrived: Arrived) => void) => (arrived: Arrived) => (on ? redirect(arrived) : usual(arrived))
      const server = await scripted(t, {
        initialize: arrived => initialized(arrived, 's'), 'tools/call': redirect, GET: redirect, DELETE: redirect, 'notifications/cancelled': redirect,
        ping: turning(arrived => arrived.result({})),
      })
      const client = await connect(server.url, { info: INFO, revision: '2025-11-25', headers, maxResumes: 0, events: { onError: () => {} } })
      on = true
      await t.rejects(client.callTool('x', { secret: 'argument' }).result, { name: 'HttpRefusal', status }, `${status} to ${location?.slice(0, 8)}`)
      await client.close()
      for (const revision of ['2025-11-25', MODERN]) {
        const opening = await scripted(t, { initialize: redirect, 'server/discover': redirect })
        await t.rejects(connect(opening.url, { info: INFO, headers, revision }), { name: 'HttpRefusal' })
      }
    }
  }
  t.strictSame(elsewhere, [], 'nobody else was asked')

  t.test('nor over HTTP+SSE', async t => {
    for (const status of [301, 302, 303, 307, 308]) {
      const server = createServer((_, res) => void res.writeHead(status, { location: other }).end())
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`)
      await t.rejects(connect(new SseCarrier(url, clock, { headers, restarts: 0 }), { info: INFO, revision: '2025-11-25' }), `${status}`)
      server.close()
    }
    t.strictSame(elsewhere, [])
  })
})

t.test('class endless lists  a listing that goes round in circles, or never ends, ends', async t => {
  for (const [name, next] of [['the same cursor', () => 'again'], ['two cursors in turn', (n: number) => `c${n % 2}`], ['ever new ones', (n: number) => `c${n}`]] as const) {
    let asked = 0
    const server = await scripted(t, { initialize: arrived => initialized(arrived, 's'), 'tools/list': arrived => arrived.result({ tools: [], nextCursor: next(++asked) }) })
    const client = await connect(server.url, { info: INFO, revision: '2025-11-25', timeoutMs: 20_000 })
    await client.listTools().catch((error: Error) => t.equal(error.name, 'InvalidMessage'))
    t.ok(asked <= 1001, `${name}: ${asked} pages`)
    await client.close()
  }
})

t.test('GHSA-rwrf-2pqf-9j8j, CVE-2026-39885, class $ref fetch  a schema that points elsewhere opens no socket and no file, at either end', async t => {
  const seen: string[] = []
  const canary = createTcpServer(socket => {
    seen.push('a connection')
    socket.destroy()
  })
  await new Promise<void>(resolve => canary.listen(0, '127.0.0.1', resolve))
  t.teardown(() => canary.close())
  const at = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/schema.json`
  const schemas = [
    { $ref: at }, { type: 'object', properties: { a: { $ref: `${at}#/x` } } }, { $ref: 'file:///etc/passwd' }, { $ref: 'other.json' }, { $id: at, $ref: 'x' }, { $schema: at, type: 'object' }, { $dynamicRef: at }, { allOf: [{ $ref: at }] },
    { $id: at, type: 'object', properties: { a: { $ref: '#/nowhere' } } }, { type: 'object', $defs: { a: { $id: at, $ref: 'y' } }, properties: { a: { $ref: `${at}y` } } }, { type: 'object', 'x-mcp-header': at, properties: { a: { type: 'string', $ref: at } } },
  ]
  for (const version of ['2025-11-25', MODERN]) {
    const tools = schemas.map((schema, i) => ({ name: `t${i}`, inputSchema: { type: 'object', ...schema }, outputSchema: { type: 'object', ...schema } }))
    const stamped = version === MODERN ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {}
    const server = await scripted(t, {
      initialize: arrived => initialized(arrived, 's'), 'server/discover': arrived => discovered(arrived),
      'tools/list': arrived => arrived.result({ tools, ...stamped }),
      'tools/call': arrived => arrived.result({ content: [], structuredContent: { a: 1 }, ...stamped }),
    })
    const client = await connect(server.url, { info: INFO, revision: version, events: { onError: () => {} } })
    const listed = await client.listTools()
    for (const { name } of listed) await client.callTool(name, { a: 1 }).result.catch(() => {})
    t.ok(listed.length > 0, 'and one bad tool does not spoil the list')
    await client.close()
  }
  t.strictSame(seen, [])
})

t.test('class process safety, client  nothing a server says throws past the client: any first bytes, any end', async t => {
  const NONSENSE = ['', '\0', 'HTTP/1.1', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\n\r\n', 'HTTP/9.9 999 X\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnull', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000), '220 smtp ready\r\n', '\x16\x03\x01\x02\x00']
  for (const nonsense of NONSENSE) {
    const server: Server = createTcpServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(nonsense))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    for (const revision of ['2025-11-25', MODERN]) await t.rejects(connect(`http://127.0.0.1:${port}/mcp`, { info: INFO, revision, timeoutMs: 3000 }), JSON.stringify(nonsense.slice(0, 40)))
    server.close()
  }
})
