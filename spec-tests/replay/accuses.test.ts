/** The runner accuses: servers that are wrong in one way each, and the case that must say so. */

import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Need, ServerCase } from '../../lib/replay/case.js'
import { loadSuite, type Suite } from '../../lib/replay/load.js'
import type { HttpPeer, PeerReply, PeerRequest } from '../../lib/replay/peer.js'
import { tapPoint, type Verdict } from '../../lib/replay/report.js'
import { playServerCase } from '../../lib/replay/server-case.js'
import { playServer } from '../../lib/replay/suite.js'
import { LEVELS, reaches, type Level } from '../../lib/wire/levels.js'

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))
const at = suite.revisions.find(row => row.revision === '2025-11-25')!

interface Asked { readonly id?: string | number; readonly method: string; readonly params?: { readonly [key: string]: unknown } }
/** What a server does otherwise than a right one. */
interface Fault {
  readonly version?: string
  readonly notificationStatus?: number
  id?(id: unknown): unknown
  pong?: object
  /** From the messages a right server sends for log_each to those this one sends. */
  messages?(right: readonly object[]): readonly object[]
  readonly silentOn?: string
  readonly breaks?: boolean
  readonly unreachable?: boolean
  readonly tools?: readonly string[]
  readonly capabilities?: object
}

/** A right server, small, but for its fault. */
const serverWith = (fault: Fault): HttpPeer => {
  let threshold: Level = 'debug'
  const answer = ({ id, method, params }: Asked): readonly object[] => {
    const result = (value: object): object => ({ jsonrpc: '2.0', id: (fault.id ?? (same => same))(id), result: value })
    if (method === 'initialize') {
      const protocolVersion = fault.version ?? params!['protocolVersion']
      return [result({ protocolVersion, capabilities: fault.capabilities ?? { tools: {}, logging: {} }, serverInfo: { name: 'wrong', version: '1' } })]
    }
    if (method === 'tools/list') {
      return [result({ tools: (fault.tools ?? ['log_each']).map(name => ({ name, inputSchema: { type: 'object' } })) })]
    }
    if (method === 'prompts/list') return [result({ prompts: params ? [{ name: 'second' }] : [{ name: 'first' }], ...(!params && { nextCursor: 'more' }) })]
    if (method === 'resources/list') return [result({ resources: [{ uri: 'test://a' }] })]
    if (method === 'resources/templates/list') return [result({ resourceTemplates: [{ uriTemplate: 'test://{id}' }] })]
    if (method === 'ping') return [result(fault.pong ?? {})]
    if (method === 'logging/setLevel') {
      threshold = params!['level'] as Level
      return [result({})]
    }
    const right = [...LEVELS.filter(level => reaches(level, threshold)).map(log), result({ content: [{ type: 'text', text: 'logged 8' }] })]
    return fault.messages ? fault.messages(right) : right
  }
  return {
    origin: 'http://wrong.example',
    request: async (request, signal) => reply(request, signal),
    close: async () => undefined,
  }

  async function reply({ method, body }: PeerRequest, signal?: AbortSignal): Promise<PeerReply> {
    if (fault.unreachable) throw new Error('connect ECONNREFUSED')
    if (method === 'DELETE') return replyOf(200, {})
    const asked = JSON.parse(body!) as Asked
    if (asked.method === fault.silentOn) await new Promise((_, reject) => signal!.addEventListener('abort', reject))
    if (asked.id === undefined) return replyOf(fault.notificationStatus ?? 202, {})
    const frames = answer(asked).map(message => `data: ${JSON.stringify(message)}\n\n`)
    const cut = fault.breaks && asked.method === 'tools/call'
    return replyOf(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 's-1' }, cut ? frames.slice(0, -1) : frames)
  }

  function replyOf(status: number, fields: Record<string, string>, chunks: readonly string[] = []): PeerReply {
    return { status, fields, close: () => undefined, chunks: body(chunks) }
  }

  async function* body(chunks: readonly string[]): AsyncGenerator<string> {
    yield* chunks
    if (fault.breaks && chunks.length > 1) throw new Error('socket hang up')
  }
}

const caseOf = (id: string): ServerCase => suite.cases.find((one): one is ServerCase => one.id === id && one.under_test === 'server')!
const play = (id: string, fault: Fault, deadlineMs = 10_000): Promise<Verdict> => playServerCase(caseOf(id), at, serverWith(fault), { deadlineMs })

/** All that are accused below, but for the one about two sessions, which this server does not tell apart. */
const SOUND = ['lifecycle/version/echo', 'ping/empty-result', 'jsonrpc/id/digits', 'http/notification/accepted', 'logging/threshold/warning']

t.test('a right server is accused of nothing', async t => {
  for (const id of SOUND) {
    const verdict = await play(id, {})
    t.same({ outcome: verdict.outcome, misses: verdict.misses }, { outcome: 'pass', misses: [] }, id)
  }
})

const log = (level: Level): object => ({ jsonrpc: '2.0', method: 'notifications/message', params: { level, data: { level } } })

/** What is wrong, the case that must say so, and how it says it. */
const ACCUSED: readonly (readonly [wrong: string, id: string, fault: Fault, sentence: RegExp])[] = [
  ['sends a message below the threshold', 'logging/threshold/warning',
    { messages: right => [log('notice'), ...right] }, /^\/params\/level: expected "warning", seen "notice"/],
  ['keeps back the threshold itself', 'logging/threshold/warning',
    { messages: right => right.slice(1) }, /^\/params\/level: expected "warning", seen "error"/],
  ['sends messages in another order', 'logging/threshold/warning',
    { messages: right => [right[1]!, right[0]!, ...right.slice(2)] }, /expected "warning", seen "error"/],
  ['responds before it has logged', 'logging/threshold/warning',
    { messages: right => [right.at(-1)!, ...right.slice(0, -1)] }, /^\/method: expected "notifications\/message", seen nothing/],
  ['says more after the response', 'logging/threshold/warning',
    { messages: right => [...right, log('warning')] }, /^expected nothing more, seen .*"warning"/],
  ['sends a message twice', 'logging/threshold/warning',
    { messages: right => [log('warning'), ...right] }, /expected "error", seen "warning"/],
  ['ends the stream before the response', 'logging/threshold/warning',
    { messages: right => right.slice(0, -1) }, /^expected message .*logged 8.*the reply ended$/],
  ['breaks the stream before the response', 'logging/threshold/warning',
    { breaks: true }, /the connection broke: socket hang up$/],
  ['shares one level between two sessions', 'logging/session/own-level',
    {}, /expected "emergency", seen "debug"/],
  ['leaves out the jsonrpc member', 'logging/threshold/emergency',
    { messages: right => right.map(message => ({ ...message, jsonrpc: undefined })) }, /^\/jsonrpc: expected "2.0", seen nothing/],
  ['turns a text id into a number', 'jsonrpc/id/digits',
    { id: Number }, /^\/id: expected "1", seen 1 /],
  ['answers under an id of its own', 'ping/empty-result',
    { id: id => id === 2 ? 'mine' : id }, /^\/id: expected 2, seen "mine"/],
  ['adds to the empty result', 'ping/empty-result',
    { pong: { _meta: {} } }, /^\/result\/_meta: expected nothing, seen \{\}/],
  ['answers a notification with 200', 'http/notification/accepted',
    { notificationStatus: 200 }, /^\/status: expected 202, seen 200/],
  ['answers with a version that was not asked for', 'lifecycle/version/echo',
    { version: '2024-11-05' }, /expected "2025-11-25", as revision was, seen "2024-11-05"/],
  ['will not open a session in the revision asked for', 'ping/empty-result',
    { version: '2024-11-05' }, /^\/result\/protocolVersion: expected "2025-11-25", seen "2024-11-05"/],
  ['lacks the tool that is needed', 'logging/threshold/warning',
    { tools: ['other'] }, /does not offer what this case needs: the tool log_each$/],
  ['lists tools without names', 'logging/threshold/warning',
    { tools: [null as never] }, /does not offer what this case needs: the tool log_each$/],
  ['cannot be reached', 'ping/empty-result',
    { unreachable: true }, /connect ECONNREFUSED/],
]

for (const [wrong, id, fault, sentence] of ACCUSED) {
  t.test(`a server that ${wrong} fails ${id}`, async t => {
    const verdict = await play(id, fault)
    t.equal(verdict.outcome, 'fail')
    t.match(verdict.misses[0]?.sentence, sentence)
  })
}

t.test('a server that stays silent fails at the deadline, with what was waited for', async t => {
  const verdict = await play('ping/empty-result', { silentOn: 'ping' }, 30)
  t.equal(verdict.outcome, 'fail')
  t.match(verdict.misses[0]?.sentence, /^waited 30 ms in vain for message \{"result".*no status/)
})

const made = (keyword: ServerCase['keyword'], steps: ServerCase['steps'], more: Partial<ServerCase> = {}): ServerCase =>
  ({ id: 'made/up', title: 'made up', keyword, clauses: ['ping.respond'], under_test: 'server', steps, ...more })
const PING: ServerCase['steps'][number] = { post: { call: 'ping' } }

t.test('a missed MUST fails, a missed SHOULD warns, a MAY is noted', async t => {
  const steps: ServerCase['steps'] = [PING, { hear: [{ result: { pong: true } }] }]
  for (const [keyword, outcome] of [['MUST', 'fail'], ['SHOULD', 'warn'], ['MAY', 'note']] as const) {
    t.equal((await playServerCase(made(keyword, steps), at, serverWith({}))).outcome, outcome)
  }
})

t.test('a step of a weaker keyword is judged by it, and the case goes on', async t => {
  const verdict = await playServerCase(made('MUST', [
    PING,
    { hear: [{ result: {} }] },
    { hear: [{ result: { pong: true } }], again: true, keyword: 'MAY' },
    PING,
    { hear: [{ result: { pong: true } }], keyword: 'SHOULD' },
  ]), at, serverWith({}))
  t.equal(verdict.outcome, 'warn')
  t.same(verdict.misses.map(({ step, keyword }) => [step, keyword]), [[2, 'MAY'], [4, 'SHOULD']])
})

t.test('the case stops at a miss of its own keyword', async t => {
  const one = made('SHOULD', [PING, { hear: [{ error: {} }], keyword: 'MUST' }, PING, { hear: [{ error: {} }] }])
  const verdict = await playServerCase(one, at, serverWith({}))
  t.same(verdict.misses.map(({ step, keyword }) => [step, keyword]), [[1, 'SHOULD']])
})

const NEEDS: readonly (readonly [need: Need, capabilities: object, lacking: string | undefined])[] = [
  ['log_each', {}, undefined],
  [{ capability: 'logging' }, { logging: {} }, undefined],
  [{ capability: 'logging' }, {}, 'the capability logging'],
  [{ capability: 'resources.subscribe' }, { resources: { subscribe: true } }, undefined],
  [{ capability: 'resources.subscribe' }, { resources: { subscribe: false } }, 'the capability resources.subscribe'],
  [{ capability: 'resources.subscribe' }, { resources: {} }, 'the capability resources.subscribe'],
  [{ capability: 'resources.subscribe' }, {}, 'the capability resources.subscribe'],
  [{ prompt: 'second' }, { prompts: {} }, undefined],
  [{ prompt: 'third' }, { prompts: {} }, 'the prompt third'],
  [{ prompt: 'first' }, {}, 'the prompt first'],
  [{ resource: 'test://a' }, { resources: {} }, undefined],
  [{ resource: 'test://{id}' }, { resources: {} }, undefined],
  [{ resource: 'test://b' }, { resources: {} }, 'the resource test://b'],
  [{ tool: 'log_each' }, {}, undefined],
  [{ tool: 'other' }, {}, 'the tool other'],
  [{ session: true }, {}, undefined],
]

t.test('what a server is free not to offer is skipped as such, in how the case is judged and in what is said', async t => {
  for (const [need, capabilities, lacking] of NEEDS) {
    const { outcome, misses } = await playServerCase(made('MUST', [PING, { hear: [{ result: {} }] }], { needs: [need] }), at, serverWith({ capabilities }))
    t.same([outcome, misses.map(({ sentence }) => sentence)], lacking === undefined ? ['pass', []] : ['skip', [`not offered: ${lacking}`]], JSON.stringify(need))
  }
  const both = made('MUST', [PING], { needs: ['other', { capability: 'tasks' }] })
  t.match(await playServerCase(both, at, serverWith({})), { outcome: 'skip', misses: [{ sentence: 'not offered: the capability tasks' }] })
})

t.test('a server that lets no conversation begin offers nothing and is excused of nothing', async t => {
  const { outcome, misses } = await playServerCase(made('MUST', [PING], { needs: [{ capability: 'tasks' }] }), at, serverWith({ version: '2024-11-05' }))
  t.equal(outcome, 'fail')
  t.match(misses[0]?.sentence, /^what the server offers cannot be asked: .*expected "2025-11-25", seen "2024-11-05"/)
})

t.test('where a weaker step did not remember a name, the case ends at the step that needs it', async t => {
  const remember = { hear: [{ result: { pong: { $bind: 'x' } } }], again: true, keyword: 'MAY' } as const
  const steps: ServerCase['steps'] = [PING, { hear: [{ result: {} }] }, remember, PING, { hear: [{ result: { pong: { $same: 'x' } } }] }, { hear: [{ error: {} }] }]
  const { outcome, misses } = await playServerCase(made('MUST', steps), at, serverWith({}))
  t.equal(outcome, 'note')
  t.match(misses, [{ step: 2, keyword: 'MAY' }, { step: 4, keyword: 'MAY', sentence: /^the case ends here, because nothing was bound as x/ }])
  await t.rejects(playServerCase(made('MUST', steps.filter(step => step !== remember)), at, serverWith({})), { name: 'Unbound' }, 'else the fixture is wrong')
})

t.test('the transcript has what was sent and what came, in order', async t => {
  const verdict = await playServerCase(made('MUST', [PING, { hear: [{ result: {} }] }]), at, serverWith({}))
  const [sent, head, event] = verdict.transcript.slice(-3)
  t.match(sent, { by: 'runner', text: /^POST \(endpoint\)\nContent-Type: application\/json\n[^]*\n\n\{"jsonrpc":"2.0","id":2,"method":"ping"\}$/ })
  t.match(head, { by: 'peer', text: 'HTTP 200 text/event-stream' })
  t.match(event, { by: 'peer', text: /"result\\":\{\}/ })
})

const suiteOf = (cases: readonly ServerCase[], clauses: Suite['clauses'] = suite.clauses): Suite => ({ cases, clauses, revisions: suite.revisions })
const verdicts = async (of: Suite, fault: Fault = {}, revisions = ['2025-11-25']): Promise<Verdict[]> => {
  const all: Verdict[] = []
  for await (const verdict of playServer(of, serverWith(fault), { revisions })) all.push(verdict)
  return all
}

t.test('what follows from a failure is skipped and names its cause, whatever the order in the file', async t => {
  const cause = made('MUST', [PING, { hear: [{ error: {} }] }], { id: 'made/cause' })
  const consequence = made('MUST', [PING, { hear: [{ result: {} }] }], { id: 'made/consequence', depends_on: ['made/cause'] })
  const [first, second] = await verdicts(suiteOf([consequence, cause]))
  t.match(first, { id: 'made/cause', outcome: 'fail' })
  t.match(second, { id: 'made/consequence', outcome: 'skip', misses: [{ sentence: /made\/cause did not pass/ }], transcript: [] })
})

t.test('a case runs where one of its clauses stands, and nowhere else', async t => {
  const one = made('MUST', [PING, { hear: [{ result: {} }] }], { clauses: ['rpc.batch.receive'] })
  t.same((await verdicts(suiteOf([one]), {}, suite.revisions.map(row => row.revision))).map(verdict => verdict.revision), ['2025-03-26'])
})

t.test('a case accuses no harder than its clauses do at that revision', async t => {
  const clause = { id: 'x', role: 'server', area: 'x', sentence: 'x', source: 'x', testable: 'wire' as const }
  const clauses: Suite['clauses'] = new Map([['x', [
    { ...clause, keyword: 'SHOULD NOT', since: '2025-03-26', until: '2025-06-18' },
    { ...clause, keyword: 'MUST', since: '2025-11-25', until: '2025-11-25' },
  ]]])
  const one = made('MUST', [PING, { hear: [{ error: {} }] }], { clauses: ['x'] })
  const all = await verdicts(suiteOf([one], clauses), {}, ['2024-11-05', '2025-06-18', '2025-11-25'])
  t.same(all.map(({ revision, outcome, keyword }) => [revision, outcome, keyword]), [
    ['2025-06-18', 'warn', 'SHOULD'],
    ['2025-11-25', 'fail', 'MUST'],
  ])
})

t.test('a clause that no ledger holds is refused by its name', async t => {
  const one = made('MUST', [PING], { clauses: ['no.such.clause'] })
  await t.rejects(verdicts(suiteOf([one])), { message: 'made/up cites no.such.clause, which no ledger holds' })
})

t.test('a verdict is one TAP line, and a failure carries the conversation', async t => {
  const [passed] = await verdicts(suiteOf([made('MUST', [PING, { hear: [{ result: {} }] }])]))
  t.equal(tapPoint(passed!, 1), 'ok 1 - made/up @2025-11-25 made up')
  const [warned] = await verdicts(suiteOf([made('SHOULD', [PING, { hear: [{ error: {} }] }])]))
  t.match(tapPoint(warned!, 2), /^ok 2 - made\/up @2025-11-25 made up # WARN\n  ---\n  keyword: SHOULD\n/)
  const [failed] = await verdicts(suiteOf([made('MUST', [PING, { hear: [{ error: {} }] }])]))
  t.match(tapPoint(failed!, 3),
    /^not ok 3 - made\/up @2025-11-25 made up\n  ---\n  keyword: MUST\n  misses:\n    - "MUST, step 2: [^\n]*"\n  transcript:\n    - "> \[[^]*\n  \.\.\.$/)
})
