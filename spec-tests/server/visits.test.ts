/** Pages that the person is asked to visit, and whom the end of it is told to: client/elicitation#url-mode-elicitation-requests. */
import t, { type Test } from 'tap'
import { CODES, MAX_VISITS, needs, UrlElicitationRequired, visit, type Server } from '../../lib/server.js'
import { connect, type Answerers, type Client } from '../../lib/client.js'
import { make } from '../http.js'

const page = (elicitationId: string) => ({ url: `https://pages.example/${elicitationId}`, message: 'Visit', elicitationId })

const visiting = (): Server => {
  const server = make()
  server.tool('ask', {}, (_, { answers }) => (answers.visit ? JSON.stringify(answers.visit) : needs({ visit: visit(page('one')) })))
  server.tool('need', {}, () => {
    throw new UrlElicitationRequired([page('two'), page('three')])
  })
  return server
}
const clientOf = async (t: Test, server: Server, revision: string, answers: Answerers = { elicitUrl: () => ({ action: 'accept' }) }): Promise<Client> => {
  const client = await connect(server, { info: { name: 'test', version: '1' }, revision, answers })
  t.teardown(() => client.close())
  return client
}
const SESSION = '2025-11-25'
const MODERN = '2026-07-28'

t.test('a visit is a page, and has an id', async t => {
  for (const url of ['', 'page', '/page', 'javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x', 7 as never]) t.throws(() => visit({ ...page('x'), url }), { name: 'TypeError', message: /^visit: .* is not the URL of a page/ }, String(url))
  t.throws(() => visit({ ...page('x'), elicitationId: '' }), { name: 'TypeError', message: /elicitationId/ })
  t.throws(() => new UrlElicitationRequired([]), { name: 'TypeError' })
  t.match(new UrlElicitationRequired([page('x')]), { code: CODES.urlElicitationRequired, data: { elicitations: [{ mode: 'url', elicitationId: 'x' }] } })
})

t.test('2025-11-25 #completion-notifications-for-url-mode-elicitation  the client that was asked is told of the end, once, and no other', async t => {
  const server = visiting()
  const asked = await clientOf(t, server, SESSION)
  const other = await clientOf(t, server, SESSION)
  t.match(await asked.callTool('ask', {}).result, { content: [{ text: '{"action":"accept"}' }] })
  t.equal(server.elicitationComplete('another'), 0, 'a visit that nobody was asked for')
  t.equal(server.elicitationComplete('one'), 1)
  t.equal(server.elicitationComplete('one'), 0, 'it ends once')
  server.log.info('after')
  const heard = async (client: Client): Promise<unknown> => (await client.notifications[Symbol.asyncIterator]().next()).value
  t.same(await heard(asked), { jsonrpc: '2.0', method: 'notifications/elicitation/complete', params: { elicitationId: 'one' } })
  t.match(await heard(other), { method: 'notifications/message' })
})

t.test('2025-11-25 #url-elicitation-required-error  lists the visits, each with its id, and their ends are told', async t => {
  const server = visiting()
  const client = await clientOf(t, server, SESSION)
  await t.rejects(client.callTool('need', {}).result, { name: 'RpcError', code: -32042, data: { elicitations: [{ mode: 'url', ...page('two') }, { mode: 'url', ...page('three') }] } })
  t.equal(server.elicitationComplete('three'), 1)
  t.equal(server.elicitationComplete('two'), 1)
})

t.test('2025-11-25 #url-elicitation-required-error  is for clients that visit pages, and for that revision', async t => {
  const server = visiting()
  const reader = await clientOf(t, server, SESSION, { elicit: () => ({ action: 'cancel' }) })
  await t.rejects(reader.callTool('need', {}).result, { code: -32603, message: /does not declare elicitation\.url/ })
  await t.rejects(reader.callTool('ask', {}).result, { code: -32603, message: /elicitation/ })
  const modern = await clientOf(t, server, MODERN)
  await t.rejects(modern.callTool('need', {}).result, { code: -32603, message: /a client of 2026-07-28 cannot be told/ })
  t.equal(server.elicitationComplete('two'), 0, 'nobody was sent there')
})

t.test('2026-07-28 #url-mode-elicitation-requests  a visit has no id there, and no end that is told', async t => {
  const server = visiting()
  const seen: unknown[] = []
  const client = await clientOf(t, server, MODERN, { elicitUrl: params => (seen.push(params), { action: 'accept' }) })
  t.match(await client.callTool('ask', {}).result, { content: [{ text: '{"action":"accept"}' }] })
  const { elicitationId, ...asked } = page('one')
  t.same(seen, [{ mode: 'url', ...asked }])
  t.equal(server.elicitationComplete('one'), 0)
})

t.test('what may still end is bounded: the oldest visit is forgotten', async t => {
  const server = make()
  let count = 0
  server.tool('need', {}, () => {
    throw new UrlElicitationRequired([page(`v${count++}`)])
  })
  const client = await clientOf(t, server, SESSION)
  for (let i = 0; i <= MAX_VISITS; i++) await client.callTool('need', {}).result.catch(() => {})
  t.equal(server.elicitationComplete('v0'), 0)
  t.equal(server.elicitationComplete('v1'), 1)
})
