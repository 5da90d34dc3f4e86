/** Who may not subscribe, or not so much: limits, hosts and clients without streams, tasks of somebody else. */
import t from 'tap'
import { asTask, type ServerOptions } from '../../../lib/server.js'
import { gate, heard, listenTo, make, modern, open, say, serve, type ModernQuestion } from '../../http.js'

/** A server that has something of everything. */
const full = (options: ServerOptions = {}) =>
  make(options).tool('tool', {}, () => '').prompt('prompt', {}, () => '').resource('test://a', {}, () => '').resource('test://b', {}, () => '')

t.test('limits', async t => {
  t.test('beyond maxSubscriptions nobody is taken, until somebody leaves', async t => {
    const left = gate()
    const server = full({ listen: { maxSubscriptions: 2, onUnfollow: left.open } })
    const { url } = await serve(t, server)
    const filter = { resourceSubscriptions: ['test://a'] }
    const [first] = await Promise.all([listenTo(url, filter), listenTo(url, filter)])
    t.match(await heard(modern(url, 'subscriptions/listen', { notifications: filter })), { error: { code: -32603, message: /2 subscriptions are open/ } })
    first!.answer.hangUp()
    await left.opened
    t.match(await (await listenTo(url, filter)).next(), { method: 'notifications/subscriptions/acknowledged' })
    t.equal(server.changes.subscriptions.size, 2)
  })
  t.test('beyond maxSubscribedUris a filter is refused', async t => {
    const server = full({ listen: { maxSubscribedUris: 2 } })
    const { url } = await serve(t, server)
    const resourceSubscriptions = ['test://a', 'test://b', 'test://c']
    t.match(await heard(modern(url, 'subscriptions/listen', { notifications: { resourceSubscriptions } })), { error: { code: -32602, message: /^3 resources and tasks would be followed at once; at most 2 are$/ } })
    t.equal(server.changes.subscriptions.size, 0)
    const { next, answer } = await listenTo(url, { resourceSubscriptions: ['test://a', 'test://b', 'test://a'] })
    t.match(await next(), { method: 'notifications/subscriptions/acknowledged' }, 'the same twice is one')
    answer.hangUp()
  })
})

t.test('listen: false, for hosts that hold no stream', async t => {
  const server = full({ listen: false })
  const { url } = await serve(t, server)
  t.match(await heard(modern(url, 'subscriptions/listen', { notifications: {} })), { status: 404, error: { code: -32601 } })
  const capabilities = { logging: {}, tools: {}, resources: {}, prompts: {} }
  const { result } = await heard(modern(url, 'server/discover'))
  t.strictSame(result?.capabilities, capabilities, 'no change is advertised, and no subscribing to one')
  t.test('nor is any announced to a session that was told so', async t => {
    const headers = await open(url)
    const stream = await say(url, { method: 'GET', headers })
    server.tool('new', {}, () => '')
    await null
    server.log.info('last')
    for await (const { data } of stream.events()) {
      if (data === '') continue
      t.match(JSON.parse(data), { method: 'notifications/message' })
      break
    }
    stream.hangUp()
  })
})

t.test('what takes no stream is refused before one opens', async t => {
  const server = full()
  const { url } = await serve(t, server)
  const said = await heard(modern(url, 'subscriptions/listen', { notifications: {} }, { headers: { accept: 'application/json' } }))
  t.match(said, { status: 406, error: { code: -32600, message: /text\/event-stream/ } })
  t.equal(server.changes.subscriptions.size, 0)
  const { answer, next } = await listenTo(url, {}, { headers: { accept: 'text/event-stream' } })
  t.match(await next(), { method: 'notifications/subscriptions/acknowledged' }, 'a stream alone is enough')
  answer.hangUp()
})

t.test('a session has no such method', async t => {
  const { url } = await serve(t, full())
  const headers = await open(url)
  t.match(await heard(say(url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications: {} } } })), { status: 200, error: { code: -32601 } })
})

t.test('a task is followed by its own principal, and by nobody who merely knows its id', async t => {
  const end = gate()
  const server = make().tool('slow', { taskSupport: 'optional' }, () => asTask(async () => {
    await end.opened
    return 'a secret'
  }))
  const listening = await serve(t, server, { principal: req => req.headers.authorization })
  const { url } = listening
  const as = (authorization: string): ModernQuestion => ({ capabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } }, headers: { authorization } })
  const { result } = await heard(modern(url, 'tools/call', { name: 'slow' }, as('alice')))
  const filter = { taskIds: [result!.taskId] }
  const [alice, mallory] = await Promise.all([listenTo(url, filter, as('alice')), listenTo(url, filter, as('mallory'))])
  await Promise.all([alice.next(), mallory.next()])
  end.open()
  t.match(await alice.next(), { method: 'notifications/tasks', params: { taskId: result!.taskId, status: 'completed' } })
  const closed = listening.close()
  t.notMatch(JSON.stringify(await mallory.rest()), /a secret|notifications\/tasks/)
  await alice.rest()
  await closed
})
