/** Pages of other origins, where the application lists some: exactly those may read, exactly what the protocol uses, refusals too. */
import t from 'tap'
import { callTool, make, open, say, serve, type Answer } from '../http.js'

const APP = 'https://app.example'
const OTHERS = ['https://evil.example', 'null', 'http://app.example', 'https://app.example.evil.example', 'https://app.example:8443', '*']

const granted = ({ headers }: Answer): Record<string, unknown> => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'))

t.test('class Origin and CORS  a preflight of a listed origin is granted what the protocol uses and no more, and nothing is run', async t => {
  const server = make()
  const { url, stats } = await serve(t, server, { cors: true, origins: [APP] })
  const ask = (origin: string, more: Record<string, string> = {}) => say(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', ...more } })
  const answer = await ask(APP, { 'access-control-request-headers': 'content-type, mcp-param-region, x-evil, mcp-param-bad name' })
  t.equal(answer.status, 204)
  t.strictSame(granted(answer), {
    'access-control-allow-origin': APP, vary: 'Origin', 'access-control-expose-headers': 'Mcp-Session-Id, WWW-Authenticate', 'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': 'accept, authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id, mcp-param-region',
    'access-control-max-age': '600',
  })
  for (const origin of OTHERS) {
    const refused = await ask(origin)
    t.not(refused.status, 204, origin)
    t.strictSame(granted(refused), {}, origin)
  }
  t.equal((await ask(APP, { host: 'evil.example' })).status, 403, 'the guard stands before it')
  t.equal(stats().sessionsOpened, 0)
})

t.test('class Origin and CORS  answers, streams and refusals to a listed origin can be read there, and nowhere else', async t => {
  const server = make()
  server.tool('speak', {}, (_, ctx) => {
    ctx.log.info('one')
    return 'done'
  })
  for (const credentials of [false, true]) {
    const { url } = await serve(t, server, { cors: { credentials }, origins: [APP], maxBodyBytes: 1000 })
    const headers = await open(url)
    const own = { 'access-control-allow-origin': APP, vary: 'Origin', 'access-control-expose-headers': 'Mcp-Session-Id, WWW-Authenticate', ...(credentials && { 'access-control-allow-credentials': 'true' }) }
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
    const questions = [
      [200, { headers, body: ping }], [200, { headers, body: callTool(1, 'speak') }], [200, { method: 'GET', headers }], [202, { headers, body: { jsonrpc: '2.0', method: 'notifications/initialized' } }],
      [400, { headers, body: '{' }], [400, { body: ping }], [404, { headers: { ...headers, 'mcp-session-id': 'x' }, body: ping }], [405, { method: 'PUT', headers }],
      [406, { headers: { ...headers, accept: 'text/html' }, body: ping }], [413, { headers, body: ' '.repeat(2000) }], [415, { headers: { ...headers, 'content-type': 'text/plain' }, body: '{}' }],
    ] as const
    for (const [status, question] of questions) {
      const answer = await say(url, { ...question, headers: { ...'headers' in question && question.headers, origin: APP } })
      t.equal(answer.status, status)
      t.strictSame(granted(answer), own, `${status}, credentials ${credentials}`)
      answer.hangUp()
      const unasked = await say(url, question)
      t.strictSame(granted(unasked), {}, `${status} without Origin`)
      unasked.hangUp()
    }
    for (const origin of OTHERS) {
      const answer = await say(url, { headers: { ...headers, origin }, body: ping })
      t.equal(answer.status, 403, origin)
      t.strictSame(granted(answer), {}, origin)
    }
  }
})
