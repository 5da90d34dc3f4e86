/** basic/versioning: which revisions there are, how one is agreed on, what each answers, and which methods it has. */
import t from 'tap'
import { ASSUMED, LATEST, LATEST_SESSION, REVISIONS, compare, find, negotiate, newestShared, within } from '../../lib/revisions/index.js'
import type { Revision } from '../../lib/revisions/index.js'
import { definition } from '../../lib/revisions/schemas/index.js'
import { VOCABULARY, asks, declared, speaks } from '../../lib/revisions/vocabulary.js'

const at = (id: string): Revision => find(id)!
const ids = REVISIONS.map((revision) => revision.id)

t.test('the five revisions are known, oldest first, by exact spelling only', async (t) => {
  t.same(ids, ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'])
  t.equal(LATEST.id, '2026-07-28')
  t.equal(LATEST_SESSION.id, '2025-11-25')
  t.equal(ASSUMED.id, '2025-03-26')
  for (const id of ids) t.equal(find(id)?.id, id)
  for (const text of ['', '2025-11-26', '2099-01-01', 'zzz', '2025-11-25 ', '__proto__', 'constructor']) t.notOk(find(text), text)
})

t.test('order is position: within counts both ends, and an open range reaches the newest', async (t) => {
  t.same(REVISIONS.toReversed().toSorted(compare), REVISIONS)
  t.same(REVISIONS.filter((one) => within(one, '2025-03-26', '2025-06-18')).map((one) => one.id), ['2025-03-26', '2025-06-18'])
  t.same(REVISIONS.filter((one) => within(one, '2025-11-25')).map((one) => one.id), ['2025-11-25', '2026-07-28'])
})

t.test('2025-11-25 lifecycle#version-negotiation  a version that is offered is answered with itself', async (t) => {
  for (const id of ids.slice(0, 4)) t.equal(negotiate(id, REVISIONS).id, id)
})

t.test('2025-11-25 lifecycle#version-negotiation  a version that is not offered is countered with the newest that is', async (t) => {
  for (const text of ['1.0', '2099-01-01', 'zzz', '', '__proto__']) t.equal(negotiate(text, REVISIONS).id, '2025-11-25', text)
  t.equal(negotiate('2025-11-25', [at('2025-06-18'), at('2024-11-05')]).id, '2025-06-18')
  t.equal(negotiate('2024-11-05', [at('2025-03-26'), at('2025-06-18')]).id, '2025-06-18', 'also when it is newer than what was asked')
})

t.test('2026-07-28 versioning#terminology  initialize never opens a modern revision', async (t) => {
  t.equal(negotiate('2026-07-28', REVISIONS).id, '2025-11-25')
  t.throws(() => negotiate('2025-11-25', [at('2026-07-28')]), TypeError)
  t.throws(() => negotiate('2025-11-25', []), TypeError)
})

t.test('2026-07-28 versioning#protocol-version-negotiation  a client takes the newest that both know', async (t) => {
  t.equal(newestShared(['2025-06-18', '2026-07-28', '2025-11-25'], REVISIONS)?.id, '2026-07-28')
  t.equal(newestShared(['2099-01-01', '2025-03-26'], REVISIONS)?.id, '2025-03-26')
  t.equal(newestShared(['2026-07-28'], [at('2025-11-25')]), undefined)
  t.equal(newestShared([7, null, {}], REVISIONS), undefined, 'what a server lists may be anything')
})

/** What each revision answers, in the order of `REVISIONS`; one value stands for all five. */
const ANSWERS: readonly (readonly [question: keyof Revision, answers: readonly unknown[]])[] = [
  ['era', ['legacy', 'legacy', 'legacy', 'legacy', 'modern']],
  ['http', ['http+sse', 'streamable', 'streamable', 'streamable', 'streamable']],
  ['batches', [false, true, false, false, false]],
  ['sessions', [false, true, true, true, false]],
  ['versionField', ['unused', 'unused', 'assumed', 'assumed', 'required']],
  ['mirrors', [false, false, false, false, true]],
  ['resumes', [false, true, true, true, false]],
  ['primes', [false, false, false, true, false]],
  ['disconnect', ['ends session', 'detaches', 'detaches', 'detaches', 'cancels']],
  ['input', ['by request', 'by request', 'by request', 'by request', 'in results']],
  ['changes', ['stream', 'GET stream', 'GET stream', 'GET stream', 'subscriptions/listen']],
  ['badArguments', ['protocol error', 'protocol error', 'protocol error', 'tool error', 'tool error']],
  ['unknownMethodStatus', [200, 200, 200, 200, 404]],
  ['refusalStatus', [200, 200, 200, 200, 400]],
  ['missingResourceCode', [-32002, -32002, -32002, -32002, -32602]],
  ['structured', ['none', 'none', 'object', 'object', 'any']],
  ['dialect', [undefined, undefined, undefined, '2020-12', '2020-12']],
]

t.test('each revision answers each question as its specification says', async (t) => {
  for (const [question, answers] of ANSWERS) {
    REVISIONS.forEach((revision, position) => t.equal(revision[question], answers[position], `${revision.id} ${question}`))
  }
  t.same(REVISIONS.map((revision) => revision.content.length), [3, 4, 5, 5, 5])
  t.ok(at('2025-03-26').content.includes('audio'))
  t.ok(at('2025-06-18').content.includes('resource_link'))
  const questions = [...ANSWERS.map(([question]) => question), 'id', 'threshold', 'stamp', 'content', 'members'].sort()
  for (const revision of REVISIONS) t.same(Object.keys(revision).sort(), questions, `${revision.id} answers these and no other`)
})

t.test('2025-11-25 logging#setting-log-level  a session hears what it set, and everything before it set anything', async (t) => {
  for (const id of ids.slice(0, 4)) {
    t.equal(at(id).threshold(undefined, undefined), 'debug', id)
    t.equal(at(id).threshold(undefined, 'error'), 'error', id)
    t.equal(at(id).threshold('info', 'error'), 'error', `${id}: a request cannot ask`)
  }
})

t.test('2026-07-28 logging#per-request-log-level  a request hears what it asked for, and nothing when it did not ask', async (t) => {
  t.equal(LATEST.threshold(undefined, undefined), undefined)
  t.equal(LATEST.threshold('info', undefined), 'info')
  t.equal(LATEST.threshold(undefined, 'debug'), undefined, 'there is nothing a session could have set')
})

t.test('server/tools#tool  a tool is listed with the members that its schema has at the revision', async (t) => {
  for (const revision of REVISIONS) {
    for (const [listed, name] of [['tool', 'Tool'], ['resource', 'Resource'], ['template', 'ResourceTemplate'], ['prompt', 'Prompt'], ['argument', 'PromptArgument']] as const) {
      t.same([...revision.members[listed]].sort(), Object.keys(definition(name, revision)!['properties'] as object).sort(), `${revision.id} ${name}`)
    }
  }
})

const serverInfo = { name: 'files', version: '1.0.0' }
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo'

t.test('2025-11-25 and older  a result goes out as it is', async (t) => {
  for (const id of ids.slice(0, 4)) {
    const result = { content: [] }
    t.equal(at(id).stamp(result, { serverInfo, cache: { ttlMs: 5, cacheScope: 'public' } }), result, id)
  }
})

t.test('2026-07-28 index#resulttype  a result says its type and its server, and how long it may be kept where that is given', async (t) => {
  t.same(LATEST.stamp({ content: [] }, { serverInfo }), { resultType: 'complete', content: [], _meta: { [SERVER_INFO]: serverInfo } })
  t.same(LATEST.stamp({ tools: [] }, { serverInfo, cache: { ttlMs: 5, cacheScope: 'private' } }),
    { resultType: 'complete', ttlMs: 5, cacheScope: 'private', tools: [], _meta: { [SERVER_INFO]: serverInfo } })
})

t.test('2026-07-28 index#resulttype  what a result already says is kept, and the result itself is left alone', async (t) => {
  const own = { resultType: 'input_required', ttlMs: 9, _meta: { note: 1, [SERVER_INFO]: { name: 'other', version: '2' } } }
  const before = structuredClone(own)
  t.same(LATEST.stamp(own, { serverInfo, cache: { ttlMs: 5, cacheScope: 'public' } }), { ...before, cacheScope: 'public' })
  t.same(LATEST.stamp({ _meta: { note: 1 } }, { serverInfo }), { resultType: 'complete', _meta: { note: 1, [SERVER_INFO]: serverInfo } })
  t.same(own, before)
})

t.test('a method exists at a revision for a sender, or not at all', async (t) => {
  const where = (method: string, sender: 'client' | 'server'): string[] =>
    REVISIONS.filter((revision) => speaks(revision, method, sender) !== undefined).map((revision) => revision.id)
  t.same(where('tools/call', 'client'), ids)
  t.same(where('tools/call', 'server'), [])
  t.same(where('ping', 'server'), ids.slice(0, 4))
  t.same(where('logging/setLevel', 'client'), ids.slice(0, 4))
  t.same(where('notifications/progress', 'client'), ids.slice(0, 4))
  t.same(where('notifications/progress', 'server'), ids)
  t.same(where('server/discover', 'client'), ['2026-07-28'])
  t.same(where('elicitation/create', 'server'), ['2025-06-18', '2025-11-25'])
  t.same(where('tasks/get', 'server'), ['2025-11-25'])
  for (const name of ['__proto__', 'constructor', 'toString', '', 'tools/Call']) t.same(where(name, 'client'), [], name)
})

t.test('2026-07-28 mrtr#inputrequests  what a server asks is a request in a session and travels in a result otherwise', async (t) => {
  t.same(REVISIONS.map((revision) => asks(revision, 'sampling/createMessage')?.kind), ['request', 'request', 'request', 'request', 'input'])
  t.same(REVISIONS.map((revision) => asks(revision, 'elicitation/create')?.kind), [undefined, undefined, 'request', 'request', 'input'])
  t.equal(asks(LATEST, 'notifications/message'), undefined)
  t.equal(asks(LATEST, 'tools/call'), undefined)
})

t.test('no method has two meanings for one sender at one revision', async (t) => {
  for (const revision of REVISIONS) {
    const seen = VOCABULARY.filter((row) => within(revision, row.first, row.last)).map((row) => row.method)
    t.same(seen, [...new Set(seen)], revision.id)
  }
})

t.test('2025-11-25 lifecycle#capability-negotiation  a method belongs to a capability, which an object or true declares', async (t) => {
  const row = (method: string, sender: 'client' | 'server' = 'client', revision = LATEST_SESSION) => speaks(revision, method, sender)!
  t.ok(declared({}, row('ping')), 'what needs none is always declared')
  t.ok(declared({ tools: {} }, row('tools/call')))
  t.notOk(declared({}, row('tools/call')))
  t.notOk(declared({ resources: {} }, row('resources/subscribe')))
  t.notOk(declared({ resources: { subscribe: false } }, row('resources/subscribe')))
  t.ok(declared({ resources: { subscribe: true } }, row('resources/subscribe')))
  t.ok(declared({ sampling: {} }, row('sampling/createMessage', 'server')))
  t.notOk(declared({ tasks: {} }, row('tasks/list')))
  t.ok(declared({ tasks: { list: {} } }, row('tasks/list')))
  t.notOk(declared({ tasks: null }, row('tasks/list')))
  t.ok(declared({}, row('completion/complete', 'client', at('2024-11-05'))), 'the oldest revision has no capability for completion')
  t.notOk(declared({}, row('completion/complete')))
})
