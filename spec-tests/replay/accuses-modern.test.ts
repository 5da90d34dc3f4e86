/** The runner accuses where there are no sessions: our server and our client, each spoiled in one way, and the case that must say so. */

import { fileURLToPath } from 'node:url'
import t from 'tap'
import { everything } from '../../lib/examples/everything.js'
import { listen } from '../../lib/io/listen.js'
import { playClientCase } from '../../lib/replay/client-case.js'
import { loadSuite } from '../../lib/replay/load.js'
import { socketPeer, type HttpPeer, type PeerReply, type PeerRequest } from '../../lib/replay/peer.js'
import type { Verdict } from '../../lib/replay/report.js'
import { playServerCase } from '../../lib/replay/server-case.js'
import { clientWith, drop, later, method, set, where, type Body, type Fault as ClientFault } from './spoiled-client.js'

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))
const at = suite.revisions.find(row => row.opening === 'each-request')!
const P = 'io.modelcontextprotocol/'

/** What a server does otherwise: it reads requests as they were not meant, or what it says is changed. */
interface Fault {
  /** Changes the message; the fields follow it, as if they had not been looked at. */
  readonly reads?: (message: Body) => void
  /** Fields that say what the message says, whatever they said. */
  readonly believes?: (name: string, message: Body) => string | undefined
  readonly says?: (text: string) => string
  readonly status?: number
  readonly field?: readonly [name: string, value: string]
  /** A client that hangs up is not noticed. */
  readonly clings?: true
}

const spoiled = (peer: HttpPeer, { reads, believes, says, status, field, clings }: Fault): HttpPeer => ({
  ...peer,
  async request(request, signal) {
    const reply = await peer.request(misread(request), clings ? undefined : signal)
    return {
      status: status ?? reply.status,
      fields: field ? { ...reply.fields, [field[0]]: field[1] } : reply.fields,
      chunks: says ? changed(reply, says) : reply.chunks,
      close: () => clings ? undefined : reply.close(),
    }

    function misread(asked: PeerRequest): PeerRequest {
      if (asked.body === undefined || (!reads && !believes)) return asked
      const message = JSON.parse(asked.body) as Body
      reads?.(message)
      const fields = asked.fields.filter(([name]) => believes?.(name.toLowerCase(), message) === undefined)
      const believed = ['mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-param-region'].flatMap(name => {
        const value = believes?.(name, message)
        return value === undefined ? [] : [[name, value] as const]
      })
      return { ...asked, fields: [...fields, ...believed], body: JSON.stringify(message) }
    }
  },
})

async function* changed(reply: PeerReply, says: (text: string) => string): AsyncGenerator<string> {
  for await (const chunk of reply.chunks) yield says(chunk)
}

const believing = (field: string, value: (message: Body) => unknown): Fault => ({
  believes: (name, message) => name === field ? String(value(message)) : undefined,
})
const paramsOf = (message: Body): Record<string, unknown> => message.params ??= {}
const metaOf = (message: Body): Record<string, unknown> => (paramsOf(message)['_meta'] ??= {}) as Record<string, unknown>
const reading = (how: (message: Body) => void): Fault => ({ reads: how })
const saying = (from: string | RegExp, to: string): Fault => ({ says: text => text.replace(from, to) })

/** What is wrong, the case that must say so, and how it says it. */
const SERVERS: readonly (readonly [wrong: string, id: string, fault: Fault, sentence: RegExp])[] = [
  ['never looks at the version header', 'http/mirror/version/different',
    believing('mcp-protocol-version', message => metaOf(message)[`${P}protocolVersion`]), /^\/error: expected .*-32020.*seen nothing/],
  ['never looks at Mcp-Method', 'http/mirror/method/case',
    believing('mcp-method', message => message['method']), /^\/error: expected .*-32020.*seen nothing/],
  ['never looks at Mcp-Name', 'http/mirror/name/missing',
    believing('mcp-name', message => paramsOf(message)['name']), /^\/error: expected .*-32020.*seen nothing/],
  ['never looks at the headers of arguments', 'http/param/different',
    believing('mcp-param-region', () => 'eu'), /^\/error: expected .*-32020.*seen nothing/],
  ['answers a wrong header with 200', 'http/mirror/method/missing', { status: 200 }, /^\/status: expected 400, seen 200/],
  ['wants no capabilities', 'meta/required/no-capabilities',
    reading(message => void (metaOf(message)[`${P}clientCapabilities`] = {})), /^\/error: expected .*-32602.*seen nothing/],
  ['takes any version', 'versioning/unsupported/future',
    { ...believing('mcp-protocol-version', () => at.revision), reads: message => void (metaOf(message)[`${P}protocolVersion`] = at.revision) },
    /^\/error: expected .*-32022.*seen nothing/],
  ['does not say what it supports', 'versioning/unsupported/future',
    saying('"supported":', '"known":'), /^\/error\/data\/supported: expected an array, seen nothing/],
  ['asks for another version than was asked for', 'versioning/unsupported/future',
    saying('"requested":"2099', '"requested":"2098'), /^\/error\/data\/requested: expected "2099-01-01"/],
  ['answers an unknown method with 200', 'methods/none/ping', { status: 200 }, /^\/status: expected 404, seen 200/],
  ['does not say that a result is complete', 'http/stateless/result-type/call',
    saying('"resultType":"complete",', ''), /^\/result\/resultType: expected "complete", seen nothing/],
  ['does not say who it is', 'meta/server-info', saying('serverInfo', 'server'), /serverInfo: expected/],
  ['does not say how long a list may be kept', 'caching/hints/tools',
    saying(/"ttlMs":\d+,/, ''), /^\/result\/ttlMs: expected a value of type integer, seen nothing/],
  ['says that a list may be kept for less than no time', 'caching/hints/tools',
    saying(/"ttlMs":\d+/, '"ttlMs":-1'), /^\/result\/ttlMs: expected a number of at least 0, seen -1/],
  ['has a question kept', 'caching/none/input-required',
    saying('"resultType":"input_required"', '"resultType":"input_required","ttlMs":1'), /^\/result\/ttlMs: expected nothing, seen 1/],
  ['names a session', 'http/stateless/session/not-named',
    { field: ['mcp-session-id', 's-1'] }, /mcp-session-id: expected nothing, seen "s-1"/],
  ['serves GET', 'http/stateless/get', { status: 200 }, /^\/status: expected 405, seen 200/],
  ['logs unasked', 'logging/default/silence', reading(message => void (metaOf(message)[`${P}logLevel`] = 'debug')), /expected/],
  ['does not notice that a client has hung up', 'http/stateless/hang-up/cancels',
    { clings: true }, /expected "released 0", seen "released [1-9]/],
  ['remembers what a client declared', 'meta/capability/not-kept',
    reading(message => void (metaOf(message)[`${P}clientCapabilities`] = { sampling: {} })), /^\/error: expected .*-32021.*seen nothing/],
  ['asks what was not declared', 'mrtr/undeclared/elicitation',
    reading(message => void (metaOf(message)[`${P}clientCapabilities`] = { elicitation: {} })),
    /^\/error: expected .*-32021.*seen nothing/],
  ['does not say what was missing', 'mrtr/undeclared/elicitation',
    saying('requiredCapabilities', 'missing'), /requiredCapabilities: expected .*, seen nothing/],
  ['takes a state that was changed', 'mrtr/state/altered',
    reading(message => {
      const params = paramsOf(message)
      if ('step2' in Object(params['inputResponses'])) params['requestState'] = String(params['requestState']).slice(0, -1)
    }), /^it: expected one of .*"complete"/],
  ['forgets what was answered', 'mrtr/answered/elicitation',
    reading(message => void delete paramsOf(message)['inputResponses']),
    /^\/result\/resultType: expected "complete", seen "input_required"/],
  ['asks by a request with an id', 'mrtr/asks/shape',
    saying('"method":"elicitation/create"', '"id":1,"method":"elicitation/create"'), /user_name\/id: expected nothing, seen 1/],
  ['changes the type of a subscription\'s id', 'subscriptions/id/digits',
    saying(/subscriptionId":"7"/g, 'subscriptionId":7'), /subscriptionId: expected "7", seen 7/],
  ['begins a subscription without acknowledging it', 'subscriptions/acknowledged',
    saying('subscriptions/acknowledged', 'tools/list_changed'), /^\/method: expected "notifications\/subscriptions\/acknowledged"/],
  ['tells what nobody asked for', 'subscriptions/filter/only-asked',
    reading(message => {
      const { notifications } = paramsOf(message)
      if (notifications) (notifications as Body)['promptsListChanged'] = true
    }), /^\/method: expected "notifications\/tools\/list_changed", seen "notifications\/prompts\/list_changed"/],
  ['agrees to what it cannot do', 'subscriptions/filter/honoured',
    saying('"toolsListChanged":true', '"toolsListChanged":true,"weatherChanged":true'), /weatherChanged: expected nothing, seen true/],
  ['lists other versions than it refuses with', 'versioning/unsupported/each-is-served',
    saying(`"supportedVersions":["${at.revision}"`, `"supportedVersions":["2030-01-01","${at.revision}"`),
    /^\/result\/supportedVersions: expected/],
  ['retired a code and uses it', 'errors/retired/resource-not-found',
    saying('-32602', '-32002'), /^\/error\/code: expected -32602, seen -32002/],
  ['makes up a code of the reserved range', 'errors/defined/unknown-tool', saying('-32602', '-32050'), /^it: expected one of .*-32099/],
]

const serving = await listen(everything(), { port: 0 })
const peer = socketPeer(serving.url)
t.teardown(() => serving.close({ graceMs: 0 }))
t.teardown(() => peer.close())

const playServer = (id: string, fault: Fault): Promise<Verdict> =>
  playServerCase(suite.cases.find(one => one.id === id && one.under_test === 'server') as never, at, spoiled(peer, fault))

for (const [wrong, id, fault, sentence] of SERVERS) {
  t.test(`a server that ${wrong} does not pass ${id}`, async t => {
    const verdict = await playServer(id, fault)
    t.not(verdict.outcome, 'pass')
    t.match(verdict.misses[0]?.sentence, sentence)
  })
}

t.test('a server of which nothing is spoiled is accused of nothing', async t => {
  for (const id of new Set(SERVERS.map(([, id]) => id))) t.same((await playServer(id, {})).misses, [], id)
})

/** What a server may do, and the cases that must not fail it for that. */
const LAWFUL: readonly (readonly [may: string, fault: Fault, ids: readonly string[]])[] = [
  ['has the client carry no state', saying(/,"requestState":"[^"]*"/, ''), [
    'mrtr/asks/several', 'mrtr/answered/elicitation', 'mrtr/answered/several', 'mrtr/answered/other-connection', 'mrtr/abandoned', 'mrtr/prompt',
    'mrtr/state/altered', 'mrtr/state/invented', 'mrtr/state/empty', 'mrtr/state/long', 'mrtr/state/other-arguments', 'elicitation/refusal/decline',
  ]],
  ['finds the header at odds with the version that is missing', saying('-32602', '-32020'), [
    'meta/required/no-version', 'meta/required/no-meta', 'meta/required/meta-not-object', 'subscriptions/undeclared',
  ]],
  ['refuses a notification over HTTP', { status: 400 }, ['http/stateless/notification', 'jsonrpc/notification/unknown']],
  ['answers what it does not know with nothing', saying(/"error":\{.*\}\}/, '"result":{}}'), ['errors/defined/bad-cursor', 'errors/defined/unknown-completion']],
  ['has an error of its own outside the reserved ranges', saying(/-32602|-32601/, '-100'), ['errors/defined/unknown-prompt', 'errors/defined/unknown-resource']],
  ['takes a header for an argument that was not given', believing('mcp-param-region', () => 'eu'), ['http/param/surplus']],
]

for (const [may, fault, ids] of LAWFUL) {
  t.test(`a server that ${may} fails no case for that`, async t => {
    for (const id of ids) {
      const { outcome, misses } = await playServer(id, fault)
      t.notOk(outcome === 'fail' || outcome === 'skip', id, { misses: misses.map(({ sentence }) => sentence) })
    }
  })
}

/** Changes the messages that fit. */
const out = (how: (message: Body) => void, fits: Parameters<typeof where>[0]): ClientFault => ({ out: where(fits, (_, body) => void how(body)) })
const call = method('tools/call')

const CLIENTS: readonly (readonly [wrong: string, id: string, fault: ClientFault, sentence: RegExp])[] = [
  ['does not say its version', 'request/client/metadata',
    out(message => void delete metaOf(message)[`${P}protocolVersion`], method('tools/list')), /protocolVersion: expected/],
  ['does not say what it is capable of', 'request/client/metadata',
    out(message => void delete metaOf(message)[`${P}clientCapabilities`], call), /clientCapabilities: expected/],
  ['does not say who it is', 'request/client/who',
    out(message => void delete metaOf(message)[`${P}clientInfo`], call), /clientInfo: expected/],
  ['declares what it cannot do', 'request/client/capabilities',
    out(message => void (metaOf(message)[`${P}clientCapabilities`] = { roots: {}, elicitation: {}, sampling: {} }), call),
    /sampling: expected nothing/],
  ['forgets the version header', 'request/client/version-header',
    { out: where(call, drop('mcp-protocol-version')) }, /mcp-protocol-version: expected/],
  ['says another version in the header', 'request/client/version-header',
    { out: where(call, set('mcp-protocol-version', '2025-11-25')) }, /seen "2025-11-25"/],
  ['forgets Mcp-Method', 'request/client/method-header',
    { out: where(method('tools/list'), drop('mcp-method')) }, /mcp-method: expected "tools\/list", seen nothing/],
  ['spells Mcp-Method its own way', 'request/client/method-header',
    { out: where(call, set('mcp-method', 'Tools/Call')) }, /seen "Tools\/Call"/],
  ['forgets Mcp-Name', 'request/client/name-header',
    { out: where(method('resources/read'), drop('mcp-name')) }, /mcp-name: expected "test:\/\/a", seen nothing/],
  ['accepts JSON alone', 'request/client/accept',
    { out: where(call, set('accept', 'application/json')) }, /accept: expected text matching/],
  ['speaks of a session', 'request/client/no-session', { out: where(call, set('mcp-session-id', 's-1')) }, /expected nothing like/],
  ['asks discovery for something', 'request/client/discover-params',
    out(message => void (paramsOf(message)['cursor'] = 'a'), method('server/discover')), /cursor: expected nothing/],
  ['sends an array', 'request/client/jsonrpc', { out: where(call, (sent, body) => void (sent.text = JSON.stringify([body]))) }, /expected/],
  ['forgets the header of an argument', 'http/client/mirror/text',
    { out: where(call, drop('mcp-param-region')) }, /mcp-param-region: expected "eu-west", seen nothing/],
  ['does not encode what must be', 'http/client/mirror/base64/collision',
    { out: where(call, set('mcp-param-region', '=?base64?literal?=')) }, /mcp-param-region: expected/],
  ['repeats null', 'http/client/mirror/null',
    { out: where(call, set('mcp-param-region', 'null')) }, /mcp-param-region: expected nothing, seen "null"/],
  ['wants another level', 'logging/client/request/alert',
    out(message => void (metaOf(message)[`${P}logLevel`] = 'error'), call), /logLevel: expected "alert", seen "error"/],
  ['changes a state', 'mrtr/client/state/plain',
    out(message => void (paramsOf(message)['requestState'] += 'x'), later(call)), /requestState: expected/],
  ['invents a state', 'mrtr/client/no-state',
    out(message => void (paramsOf(message)['requestState'] = 'x'), later(call)), /requestState: expected nothing/],
  ['answers under another name', 'mrtr/client/answered',
    out(message => void (paramsOf(message)['inputResponses'] = { other: { action: 'accept', content: { name: 'Ada' } } }), later(call)),
    /other: expected nothing|user_name: expected/],
  ['tells the type of its answer', 'mrtr/client/answered',
    out(message => {
      const { user_name: answer } = paramsOf(message)['inputResponses'] as Record<string, Record<string, unknown>>
      answer!['resultType'] = 'complete'
    }, later(call)), /resultType: expected nothing/],
  ['forgets what it had asked', 'mrtr/client/answered',
    out(message => void delete paramsOf(message)['arguments'], later(call)), /arguments: expected/],
  ['takes the id of the first round', 'mrtr/client/rounds/new-ids',
    out(message => void (message['id'] = 2), call), /id: expected anything but/],
  ['listens to more than was wanted', 'subscriptions/client/asked',
    out(message => Object.assign(paramsOf(message)['notifications'] as Body, { promptsListChanged: true }), method('subscriptions/listen')),
    /promptsListChanged: expected nothing/],
  ['does not hang up', 'http/client/cancel/pending', { clings: true }, /in vain for the client to hang up on call/],
  ['does not leave a subscription', 'subscriptions/client/left', { clings: true }, /in vain for the client to hang up on stream/],
  ['asks in a version that was refused', 'opening/discover/refused-and-shared',
    out(message => void (metaOf(message)[`${P}protocolVersion`] = '2099-01-01'), later(method('server/discover'))),
    /protocolVersion: expected "2026-07-28", seen "2099-01-01"/],
]

const playClient = (id: string, fault: ClientFault, deadlineMs = 10_000): Promise<Verdict> =>
  playClientCase(suite.cases.find(one => one.id === id && one.under_test === 'client') as never, at, clientWith(fault), { deadlineMs })

for (const [wrong, id, fault, sentence] of CLIENTS) {
  t.test(`a client that ${wrong} does not pass ${id}`, async t => {
    // What never comes need not be waited for long.
    const verdict = await playClient(id, fault, sentence.source.includes('in vain') ? 400 : undefined)
    t.not(verdict.outcome, 'pass')
    t.match(verdict.misses[0]?.sentence, sentence)
  })
}

t.test('a client of which nothing is spoiled is accused of nothing', async t => {
  for (const id of new Set(CLIENTS.map(([, id]) => id))) t.same((await playClient(id, {})).misses, [], id)
})
