/** Sessions: only those the server issued, only for whom it issued them to, never more than it can hold. */
import t from 'tap'
import type { Server } from '../../lib/server.js'
import { callTool, gate, heard, listenTo, make, open, say, serve } from '../http.js'
import { MIB, Subject } from './subject-process.js'

const initialize = (version = '2025-11-25', more: object = {}): object => ({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: version, capabilities: {}, clientInfo: { name: 'x', version: '1' }, ...more } })
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

t.test('class session fixation  an id that the client chose opens nothing, is never adopted, and is never said again', async t => {
  const { url, stats } = await serve(t, make())
  const chosen = 'chosen-by-the-client'
  const opened = await say(url, { headers: { 'mcp-session-id': chosen }, body: initialize() })
  await opened.text()
  const id = opened.headers['mcp-session-id'] as string
  t.match(id, UUID, 'initialize is answered with an id of the server\'s')
  for (const other of [chosen, '', ' ', id.toUpperCase(), `${id} `.trimEnd() + 'x', id.slice(0, -1), `${id}, ${id}`, `"${id}"`, '*', 'null', 'undefined', '0', '../../etc/passwd', 'a'.repeat(8000)]) {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await say(url, { method, headers: { 'mcp-session-id': other }, ...method === 'POST' && { body: ping } })
      t.equal(answer.status, 404, `${method} ${other.slice(0, 40)}`)
      const text = await answer.text()
      if (other.length > 3 && text.includes(other)) t.fail(`${other.slice(0, 40)} is said again`)
    }
  }
  t.match(stats(), { sessions: 1, sessionsOpened: 1 })
})

t.test('CVE-2025-6515 session ids are random, at least 120 bits, and none is used again', async t => {
  const { url } = await serve(t, make())
  const ids = new Set<string>()
  for (let i = 0; i < 50; i++) {
    const headers = await open(url)
    const id = headers['mcp-session-id']!
    t.match(id, UUID)
    ids.add(id)
    if (i % 2 === 0) await (await say(url, { method: 'DELETE', headers })).text()
  }
  t.equal(ids.size, 50)
})

t.test('class session fixation  an id is good for nothing after DELETE, and after the server\'s end', async t => {
  const server = make()
  const first = await serve(t, server)
  const headers = await open(first.url)
  t.equal((await say(first.url, { method: 'DELETE', headers })).status, 204)
  for (const method of ['POST', 'GET', 'DELETE']) t.equal((await say(first.url, { method, headers, ...method === 'POST' && { body: ping } })).status, 404, `${method} after DELETE`)
  const kept = await open(first.url)
  await first.close()
  const second = await serve(t, server)
  t.equal((await say(second.url, { headers: kept, body: ping })).status, 404, 'after a restart')
})

t.test('CVE-2026-52869, CVE-2026-67431, CVE-2026-33946 session hijack  another principal is told what nobody is told, and the owner notices nothing', async t => {
  const server = make()
  server.tool('log', {}, (_, ctx) => {
    ctx.log.info('mine')
    return 'done'
  })
  const { url } = await serve(t, server, { principal: req => req.headers.authorization })
  const opened = await say(url, { headers: { authorization: 'alice' }, body: initialize() })
  await opened.text()
  const session = { 'mcp-session-id': opened.headers['mcp-session-id'] as string }
  const alice = { ...session, authorization: 'alice' }
  const stream = (await say(url, { method: 'GET', headers: alice })).events()
  await stream.next()
  const own: string[] = []
  for await (const { id } of (await say(url, { headers: alice, body: callTool(1, 'log') })).events()) own.push(id)
  const unknown = await (await say(url, { headers: { 'mcp-session-id': 'nobody\'s', authorization: 'mallory' }, body: ping })).text()
  for (const who of ['mallory', 'Alice', 'alice ', ' ', undefined]) {
    const stranger = { ...session, authorization: who?.trim() === 'alice' ? 'alic' : who }
    t.equal(await (await say(url, { headers: stranger, body: ping })).text(), unknown, `${who}: the same answer as for a session that never was`)
    for (const [method, more] of [['GET', {}], ['GET', { 'last-event-id': own[0] }], ['DELETE', {}]] as const) t.equal((await say(url, { method, headers: { ...stranger, ...more } })).status, 404, `${who} ${method}`)
    t.equal((await say(url, { headers: stranger, body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } })).status, 404)
    t.equal((await say(url, { headers: stranger, body: { jsonrpc: '2.0', id: 1, result: {} } })).status, 404)
  }
  server.log.info('still')
  t.match((await stream.next()).value?.data, /still/, 'the owner\'s stream is untouched')
})

t.test('CVE-2026-25536, class cross-session leak  an event, a cancellation, an answer reach no session but their own', async t => {
  const server = make()
  const gates = { mine: gate(), yours: gate() }
  server.tool('hold', { inputSchema: { type: 'object', properties: { who: { enum: ['mine', 'yours'] } } } as const }, async ({ who }, ctx) => {
    ctx.log.info(`log ${who}`)
    await gates[who as 'mine'].opened
    return `result ${who}`
  })
  const { url } = await serve(t, server)
  const sessions = { mine: await open(url), yours: await open(url) }
  const calls = Object.entries(sessions).map(async ([who, headers]) => {
    const answer = await say(url, { headers, body: callTool(1, 'hold', { who }) })
    const events = answer.events()
    const ids = [(await events.next()).value!.id, (await events.next()).value!.id]
    return { who, ids, rest: (async () => { let text = ''; for await (const { data } of events) text += data; return text })() }
  })
  const [mine, yours] = await Promise.all(calls)
  // event ids of the other session, whole and in parts
  for (const id of [...yours!.ids, yours!.ids[0]!.split('-').slice(0, -1).join('-'), `${mine!.ids[0]!.split('-')[0]}-${yours!.ids[0]!.split('-').slice(1).join('-')}`]) {
    const stolen = await say(url, { method: 'GET', headers: { ...sessions.mine, 'last-event-id': id } })
    t.equal(stolen.status, 400, id)
    t.notMatch(await stolen.text(), /yours/)
  }
  await (await say(url, { headers: sessions.mine, body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } })).text()
  gates.yours.open()
  t.match(await yours!.rest, /result yours/, 'my cancellation is not yours')
  t.notMatch(await mine!.rest, /result|yours/)
})

t.test('CVE-2026-63128 leak before validation  1 000 requests that are refused open no session and hold nothing', async t => {
  const subject = await Subject.start(t)
  const bad = ['', '{', '[]', '{"jsonrpc":"2.0","id":1,"method":"initialize"}', '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1}}', '{"jsonrpc":"2.0","id":1,"method":"ping"}', '{"jsonrpc":"2.0","id":1,"method":"initialize","params":[]}']
  const { Agent, request } = await import('node:http')
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  t.teardown(() => agent.destroy())
  const post = (body: string): Promise<number> => new Promise((resolve, reject) => {
    request(subject.url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, res => res.resume().on('end', () => resolve(res.statusCode!))).on('error', reject).end(body)
  })
  const many = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, (_, k) => post(bad[(i + k) % bad.length]!)))
  }
  await many(200)
  const before = await subject.weigh()
  await many(800)
  const grown = (await subject.weigh()).used - before.used
  t.match(await subject.stats(), { sessions: 0, sessionsOpened: 0, open: 0 })
  t.ok(grown < 2 * MIB, `${(grown / MIB).toFixed(2)} MiB`)
})

t.test('CVE-2026-59951, CVE-2026-67430 sessions never reclaimed  the idle one goes for the new one; a busy one is never taken; then 503 in words', async t => {
  const server = make()
  const held = gate()
  server.tool('hold', {}, async () => {
    await held.opened
    return 'done'
  })
  const { url, stats } = await serve(t, server, { maxSessions: 3 })
  const opened = [await open(url), await open(url), await open(url)]
  const fourth = await open(url)
  const kept = []
  for (const headers of opened) if ((await say(url, { headers, body: ping })).status === 200) kept.push(headers)
  t.equal(kept.length, 2, 'one made room')
  const open3 = [...kept, fourth]
  const busy = open3.map(headers => say(url, { headers, body: callTool(1, 'hold') }))
  for (const headers of open3) await (await say(url, { headers, body: ping })).text()
  const refused = await heard(say(url, { body: initialize() }))
  t.match(refused, { status: 503, error: { message: /maxSessions/ } })
  held.open()
  for (const answer of await Promise.all(busy)) t.match(await answer.text(), /done/, 'what runs is not touched')
  t.match(stats(), { sessions: 3, sessionsOpened: 4, sessionsExpired: 1 })
})

t.test('CVE-2026-59951, CVE-2026-67430 sessions never reclaimed  a flood of initialize pushes out its own, and no session that is idle between two calls', async t => {
  const { url, stats } = await serve(t, make(), { maxSessions: 5 })
  const between = [await open(url), await open(url)]
  for (let i = 0; i < 50; i++) await (await say(url, { body: initialize() })).text()
  for (const headers of between) t.equal((await say(url, { headers, body: ping })).status, 200)
  t.match(stats(), { sessions: 5, sessionsOpened: 52, sessionsExpired: 47 })
})

t.test('CVE-2026-59951, CVE-2026-67430 sessions never reclaimed  a session that was abandoned ends after sessionIdleMs, though nothing else happens', async t => {
  const { url, stats } = await serve(t, make(), { sessionIdleMs: 50 })
  await open(url)
  t.equal(stats().sessions, 1)
  const begun = performance.now()
  while (stats().sessions > 0 && performance.now() - begun < 3000) await new Promise(resolve => setTimeout(resolve, 20))
  t.match(stats(), { sessions: 0, sessionsExpired: 1 })
})

t.test('CVE-2026-59951 what a client says of itself is not kept without bound', async t => {
  const subject = await Subject.start(t)
  await open(subject.url)
  const before = await subject.weigh()
  let refused = 0
  for (let i = 0; i < 16; i++) {
    const answer = await say(subject.url, { body: initialize('2025-11-25', i % 2 === 0 ? { capabilities: { experimental: { x: { pad: 'x'.repeat(MIB) } } } } : { clientInfo: { name: 'x'.repeat(MIB), version: '1' } }) })
    if (answer.status !== 200 || (await answer.text()).includes('"error"')) refused++
  }
  const grown = (await subject.weigh()).used - before.used
  t.ok(grown < 4 * MIB, `16 sessions (${refused} refused) whose clients say a MiB of themselves hold ${(grown / MIB).toFixed(1)} MiB; 10 000 may be open`)
})

t.test('class subscription exhaustion  what a listener asks for is not kept without bound', async t => {
  const subject = await Subject.start(t)
  await (await listenTo(subject.url, { toolsListChanged: true })).answer.hangUp()
  const before = await subject.weigh()
  const listeners = []
  for (let i = 0; i < 8; i++) {
    const listener = await listenTo(subject.url, { resourceSubscriptions: Array.from({ length: 100 }, (_, k) => `test:///any/${i}/${k}/${'x'.repeat(10_000)}`) })
    if (listener.answer.status === 200) await listener.next()
    listeners.push(listener)
  }
  const grown = (await subject.weigh()).used - before.used
  for (const { answer } of listeners) answer.hangUp()
  t.ok(grown < 4 * MIB, `8 listeners to 100 URIs of 10 kB hold ${(grown / MIB).toFixed(1)} MiB; 10 000 may be open`)
})

t.test('CVE-2026-48529 process singleton  one server mounted twice keeps its sessions apart', async t => {
  const server: Server = make()
  const [one, two] = [await serve(t, server), await serve(t, server)]
  const headers = await open(one.url)
  t.equal((await say(two.url, { headers, body: ping })).status, 404)
  t.equal((await say(one.url, { headers, body: ping })).status, 200)
})

t.test('GHSA-22jm-h49p-29qw, CVE-2026-52870 IDOR  a task of another session, or of another principal, is a task that never was', async t => {
  const server = make()
  server.tool('long', { taskSupport: 'optional' }, () => 'secret')
  const { url } = await serve(t, server, { principal: req => req.headers.authorization })
  const as = async (authorization?: string): Promise<{ readonly [name: string]: string }> => {
    const who = authorization === undefined ? {} : { authorization }
    const opened = await say(url, { headers: who, body: initialize() })
    await opened.text()
    return { ...who, 'mcp-session-id': opened.headers['mcp-session-id'] as string }
  }
  for (const [name, owner, other] of [['another session', await as(), await as()], ['another principal', await as('alice'), await as('mallory')]] as const) {
    const ask = (headers: { readonly [name: string]: string }, method: string, params: object) => heard(say(url, { headers, body: { jsonrpc: '2.0', id: 1, method, params } }))
    const begun = await ask(owner, 'tools/call', { name: 'long', arguments: {}, task: {} })
    const { taskId } = begun.result!.task as { taskId: string }
    t.match(taskId, UUID, 'not to be guessed')
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
      const stolen = await ask(other, method, { taskId })
      const unknown = await ask(other, method, { taskId: 'nobody\'s' })
      t.equal(stolen.error?.message.replace(taskId, 'nobody\'s'), unknown.error?.message, `${name}: ${method} says what it says of no task`)
      t.ok(stolen.error)
    }
    t.strictSame((await ask(other, 'tasks/list', {})).result?.tasks, [], `${name}: nor is it listed`)
    t.match(await ask(owner, 'tasks/result', { taskId }), { result: { content: [{ text: 'secret' }] } }, 'its owner finds it')
  }
})
