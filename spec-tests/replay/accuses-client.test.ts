/** The runner accuses: our client behind a proxy that spoils one thing each, and the case that must say so. */

import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { ClientCase } from '../../lib/replay/client-steps.js'
import { playClientCase } from '../../lib/replay/client-case.js'
import type { ClientUnderTest } from '../../lib/replay/driver.js'
import { loadSuite } from '../../lib/replay/load.js'
import type { Verdict } from '../../lib/replay/report.js'
import { clientWith, drop, later, method, response, resuming, set, where, type Body, type Fault } from './spoiled-client.js'

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))
const caseOf = (id: string): ClientCase => suite.cases.find((one): one is ClientCase => one.id === id && one.under_test === 'client')!

const at = suite.revisions.find(row => row.revision === '2025-11-25')!
const play = (id: string, fault: Fault, deadlineMs = 10_000): Promise<Verdict> => playClientCase(caseOf(id), at, clientWith(fault), { deadlineMs })

/** A result that is a task. */
interface Task {
  readonly task: Record<string, unknown>
}

/** What is wrong, the case that must say so, and how it says it. */
const ACCUSED: readonly (readonly [wrong: string, id: string, fault: Fault, sentence: RegExp])[] = [
  ['never says that it is initialized', 'lifecycle/client/initialized',
    { out: where(method('notifications/initialized'), () => 202) }, /in vain for notifications\/initialized/],
  ['does not say who it is', 'lifecycle/client/initialize',
    { out: where(method('initialize'), (_, { params }) => void delete params!['clientInfo']) }, /clientInfo: expected/],
  ['says that it is initialized before it is', 'lifecycle/client/initialized',
    { out: where(method('initialize'), (_, body) => void (body['method'] = 'notifications/initialized')) }, /in vain for initialize|expected/],
  ['asks for an older version', 'lifecycle/client/version/newest-2025-11-25',
    { out: where(method('initialize'), (_, { params }) => void (params!['protocolVersion'] = '2024-11-05')) }, /protocolVersion: expected anything but/],
  ['leaves out the jsonrpc member', 'jsonrpc/client/version-member',
    { out: where(method('notifications/initialized'), (_, body) => void delete body['jsonrpc']) }, /jsonrpc: expected "2.0", seen nothing/],
  ['asks under a truth value', 'jsonrpc/client/id-type',
    { out: where(method('ping'), (_, body) => void (body['id'] = true)), in: text => text.replace('"id":true', '"id":6') }, /\/json\/id: expected one of/],
  ['uses an id twice', 'jsonrpc/client/id-unique',
    { out: where(method('tools/call'), (_, body) => void (body['id'] = 1)) }, /\/json\/id: expected anything but/],
  ['sends params as a list', 'jsonrpc/client/params',
    { out: where(method('notifications/initialized'), (_, body) => void (body['params'] = [] as never)) }, /params: expected one of/],
  ['sends an array', 'jsonrpc/client/single',
    { out: where(method('notifications/initialized'), (sent, body) => void (sent.text = JSON.stringify([body]))) }, /batched: expected false/],
  ['answers under an id of another type', 'jsonrpc/client/answer/digits',
    { out: where(response, (_, body) => void (body['id'] = Number(body['id']))) }, /\/json\/id: expected "1", seen 1/],
  ['answers an unknown request', 'jsonrpc/client/method/unknown',
    { out: where(response, (_, body) => void (delete body['error'], body['result'] = {})) }, /error: expected/],
  ['never answers a ping', 'ping/client/answered',
    { out: where(response, () => 202) }, /in vain for response/],
  ['adds to the empty result', 'ping/client/answered',
    { out: where(response, (_, body) => void (body['result'] = { pong: true })) }, /result\/pong: expected nothing/],
  ['cancels by another id', 'cancellation/client/told',
    { out: where(method('notifications/cancelled'), (_, { params }) => void (params!['requestId'] = 'x')) }, /requestId: expected/],
  ['never cancels', 'cancellation/client/timeout',
    { out: where(method('notifications/cancelled'), () => 202) }, /in vain for notifications\/cancelled/],
  ['gives every call one token', 'progress/client/token-unique',
    { out: where(method('tools/call'), (_, { params }) => void (params!['_meta'] = { progressToken: 1 })) }, /progressToken: expected anything but/],
  ['sets another level', 'logging/client/set/alert',
    { out: where(method('logging/setLevel'), (_, { params }) => void (params!['level'] = 'error')) }, /level: expected "alert", seen "error"/],
  ['accepts JSON alone', 'http/client/post/accept',
    { out: where(method('ping'), set('accept', 'application/json')) }, /accept: expected text matching/],
  ['forgets the session', 'http/client/session/repeated',
    { out: where(method('ping'), drop('mcp-session-id')) }, /mcp-session-id: expected "session-1"/],
  ['forgets the session when it leaves', 'http/client/session/deleted',
    { out: where(({ verb }) => verb === 'DELETE', drop('mcp-session-id')) }, /mcp-session-id: expected "session-1"/],
  ['never leaves', 'http/client/session/deleted',
    { out: where(({ verb }) => verb === 'DELETE', () => 200) }, /in vain for DELETE/],
  ['takes its dead session along', 'http/client/session/lost',
    { out: where(later(method('initialize')), set('mcp-session-id', 'session-1')) }, /mcp-session-id: expected nothing/],
  ['forgets the version', 'http/client/version-header/sent',
    { out: where(method('notifications/initialized'), drop('mcp-protocol-version')) }, /mcp-protocol-version: expected "2025-11-25"/],
  ['names another version', 'http/client/version-header/negotiated',
    { out: where(method('ping'), set('mcp-protocol-version', '2024-11-05')) }, /seen "2024-11-05"/],
  ['resumes from where it was before', 'http/client/resume/latest',
    { out: where(resuming, set('last-event-id', 'e-1')) }, /last-event-id: expected "e-2", seen "e-1"/],
  ['comes back too early', 'http/client/retry/closed',
    { in: text => text.replace('retry: 300', 'retry: 1') }, /no sooner than after 300 ms, seen after \d+ ms/],
  ['makes the call again instead of resuming', 'http/client/resume/always-get',
    { twice: 'tools/call' }, /expected nothing like|in vain for resume/],
  ['begins a task that is over', 'tasks/client/asked/created',
    { out: where(response, (_, { result }) => void ((result as Task).task.status = 'completed')) }, /status: expected "working", seen "completed"/],
  ['does not say when it began a task', 'tasks/client/asked/created',
    { out: where(response, (_, { result }) => void delete (result as Task).task['createdAt']) }, /createdAt: expected/],
  ['gives its tasks one id', 'tasks/client/asked/ids',
    { out: where(response, (_, { result }) => void ((result as Task).task.taskId = 't-1')) }, /taskId: expected anything but/],
  ['answers what was asked as a task at once', 'tasks/client/asked/finished',
    { in: text => text.replace(',"task":{"ttl":60000}', '') }, /task: expected|taskId: expected/],
  ['does not say whose a result is', 'tasks/client/asked/finished',
    { out: where(response, (_, { result }) => void delete (result as Body)['_meta']) }, /_meta: expected/],
  ['has another result for a task', 'tasks/client/asked/finished',
    { out: where(response, (_, { result }) => void ((result as Body)['content'] &&= { name: 'Bob' })) }, /name: expected "Ann", seen "Bob"/],
  ['has another error for a task', 'tasks/client/asked/failed',
    { out: where(response, (_, { id, error }) => void (id === 'r' && ((error as Body)['code'] = -1))) }, /error: expected \{"code":-32603.*seen \{"code":-1,/],
  ['does not hold a result back', 'tasks/client/asked/held-back',
    { in: text => text.replace('"tasks/result"', '"tasks/get"') }, /id: expected "p", seen "r"/],
  ['goes on with a task that was cancelled', 'tasks/client/asked/cancelled',
    { out: where(response, (_, { id, result }) => void (id === 'g' && ((result as Body)['status'] = 'completed'))) }, /expected one of/],
  ['cancels a task that is over', 'tasks/client/asked/too-late',
    { in: text => text.replace('"tasks/cancel"', '"tasks/get"') }, /error: expected|result: expected nothing/],
  ['believes the metadata', 'tasks/client/asked/metadata',
    { out: where(response, (_, body) => void (body['id'] === 'n' && (delete body['error'], body['result'] = {}))) }, /error: expected|result: expected nothing/],
  ['takes any cursor', 'tasks/client/asked/cursor',
    { in: text => text.replace('"cursor":"never-given-out"', '"other":1') }, /error: expected|result: expected nothing/],
  ['lists nothing', 'tasks/client/asked/listed',
    { out: where(response, (_, { result }) => void ((result as Body)['tasks'] &&= [])) }, /tasks.*: expected/],
  ['tells half of a task', 'tasks/client/asked/told',
    { out: where(method('notifications/tasks/status'), (_, { params }) => void delete params!['createdAt']) }, /expected nothing like/],
  ['shows another message', 'http/client/resume/latest',
    { in: text => text.replace('"three"', '"two"') }, /data: expected "three", seen "two"/],
]

for (const [wrong, id, fault, sentence] of ACCUSED) {
  t.test(`a client that ${wrong} does not pass ${id}`, async t => {
    // What never comes need not be waited for long.
    const verdict = await play(id, fault, sentence.source.includes('in vain') ? 400 : undefined)
    t.not(verdict.outcome, 'pass')
    t.match(verdict.misses[0]?.sentence, sentence)
  })
}

t.test('behind a proxy that spoils nothing it is accused of nothing', async t => {
  for (const id of new Set(ACCUSED.map(([, id]) => id))) t.same((await play(id, {})).misses, [], id)
})

t.test('a client that takes no questions as tasks is accused of nothing, and one that says it does is held to it', async t => {
  const without = { out: where(method('initialize'), (_, { params }) => void delete (params!['capabilities'] as Body)['tasks']) }
  const { outcome, misses } = await play('tasks/client/asked/created', without)
  t.equal(outcome, 'skip')
  t.match(misses, [{ sentence: 'not offered: the capability tasks.requests.elicitation.create' }])
})

t.test('a client that does not start, or stays silent, fails and is not waited for', async t => {
  const one = caseOf('lifecycle/client/first')
  const absent: ClientUnderTest = { start: () => Promise.reject(new Error('no such program')) }
  t.match((await playClientCase(one, at, absent)).misses, [{ keyword: 'MUST', sentence: 'the client does not start: no such program' }])
  const silent: ClientUnderTest = { start: async () => ({ do: () => new Promise(() => undefined), stop: async () => undefined }) }
  t.match((await playClientCase(one, at, silent, { deadlineMs: 30 })).misses, [{ step: 1, sentence: 'waited 30 ms in vain for 1 to settle' }])
})
