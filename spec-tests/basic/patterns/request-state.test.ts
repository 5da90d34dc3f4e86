/** requestState where a fixture cannot show it: in the wrong hands, changed, too late, under keys that change. */
import t, { type Test } from 'tap'
import { createVault, needs, type Context, type Question, type Server, type VaultOptions } from '../../../lib/server.js'
import { heard, make, modern, serve, type Said } from '../../http.js'

const FORM: Question = { method: 'elicitation/create', params: { message: 'Which?', requestedSchema: { type: 'object', properties: { which: { type: 'string' } } } } }
const CAPABLE = { capabilities: { elicitation: {} } }
const accept = (which: string): object => ({ action: 'accept', content: { which } })
const whichOf = (answer: unknown): unknown => (answer as { content: { which: unknown } }).content.which

const stateOf = ({ result }: Said): string => result!.requestState as string
const textOf = ({ result }: Said): string | undefined => (result?.content as { text: string }[] | undefined)?.[0]?.text
const call = (url: string, params: object, how: object = CAPABLE): Promise<Said> => heard(modern(url, 'tools/call', params, how))

/** A server with two tools, each of which asks one question. */
const asking = (vault: VaultOptions = {}): Server => {
  const server = make()
  const handler = (_: unknown, { answers }: Context) => (answers.which ? `chose ${whichOf(answers.which)}` : needs({ which: FORM }))
  server.tool('choose', {}, handler)
  server.tool('pick', {}, handler)
  server.vault = createVault(vault)
  return server
}
const KEY_A = { id: 'a', secret: 'a secret of sixteen bytes or more' }
const KEY_B = { id: 'b', secret: 'another secret of that length' }

t.test('2026-07-28 basic/patterns/mrtr#server-requirements-basic-workflow: requestState is believed only where and as it was given', async t => {
  const params = { name: 'choose', arguments: { x: 1, y: { a: 1, b: [2] } } }
  const retry = (url: string, requestState: string, over: object = {}, how: object = CAPABLE): Promise<Said> =>
    call(url, { ...params, inputResponses: { which: accept('tea') }, requestState, ...over }, how)
  const refused = (t: Test, said: Said, why: string): void => {
    t.match(said, { error: { code: -32602, message: /requestState/ } }, why)
  }

  t.test('flipping any of its characters, or cutting any off, is noticed', async t => {
    const { url } = await serve(t, asking({ keys: [KEY_A, KEY_B] }))
    const state = stateOf(await call(url, params))
    t.equal(textOf(await retry(url, state)), 'chose tea', 'as it was given it opens')
    const spoilt = [...state].flatMap((was, at) => {
      const others = was === 'A' ? ['B', '.'] : was === '.' ? ['_', 'A'] : ['A', was === 'a' ? 'b' : 'a']
      return others.filter(other => other !== was).map(other => state.slice(0, at) + other + state.slice(at + 1))
    })
    // one bit of each character, where that is another character of the alphabet
    const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let at = 2; at < state.length; at++) spoilt.push(state.slice(0, at) + ALPHABET[ALPHABET.indexOf(state[at]!) ^ 1] + state.slice(at + 1))
    for (let at = 0; at < state.length; at += 7) spoilt.push(state.slice(0, at), state.slice(at + 1))
    spoilt.push('', `${state}A`, `${state}==`, ` ${state}`, `${state}\n`, `b${state.slice(1)}`, state.toUpperCase(), state.replace('.', '..'))
    const wrong: string[] = []
    for (const one of spoilt) {
      if (one === state) continue
      const { error } = await retry(url, one)
      if (error?.code !== -32602) wrong.push(one)
    }
    t.strictSame(wrong, [])
    t.ok(spoilt.length > 3 * (state.length - 2), `${spoilt.length} spoilt states`)
  })

  t.test('another principal, and nobody, cannot use it', async t => {
    const { url } = await serve(t, asking(), { principal: req => req.headers.authorization })
    const as = (authorization?: string): object => ({ ...CAPABLE, headers: { authorization } })
    const state = stateOf(await call(url, params, as('alice')))
    refused(t, await retry(url, state, {}, as('mallory')), 'mallory')
    refused(t, await retry(url, state, {}, as()), 'nobody')
    t.equal(textOf(await retry(url, state, {}, as('alice'))), 'chose tea', 'alice')
    const nobodys = stateOf(await call(url, params, as()))
    refused(t, await retry(url, nobodys, {}, as('alice')), 'what was given to nobody')
    refused(t, await retry(url, nobodys, {}, as('null')), 'a principal that is called null')
  })

  t.test('nor does it fit another tool, other arguments, or none', async t => {
    const { url } = await serve(t, asking())
    const state = stateOf(await call(url, params))
    refused(t, await retry(url, state, { name: 'pick' }), 'another tool')
    refused(t, await retry(url, state, { arguments: { x: 2, y: { a: 1, b: [2] } } }), 'another value')
    refused(t, await retry(url, state, { arguments: { x: '1', y: { a: 1, b: [2] } } }), 'another type')
    refused(t, await retry(url, state, { arguments: { x: 1, y: { a: 1, b: [2, 3] } } }), 'a longer list')
    refused(t, await retry(url, state, { arguments: { x: 1, y: { a: 1, b: [2] }, z: 0 } }), 'one more')
    refused(t, await retry(url, state, { arguments: undefined }), 'none')
    t.equal(textOf(await retry(url, state, { arguments: { y: { b: [2], a: 1 }, x: 1 } })), 'chose tea', 'the same in another order')
  })

  t.test('nor another method', async t => {
    const server = asking()
    server.prompt('choose', {}, (_, { answers }) => (answers.which ? 'chosen' : needs({ which: FORM })))
    const { url } = await serve(t, server)
    const bare = { name: 'choose' }
    const state = stateOf(await call(url, bare))
    const retried = { ...bare, inputResponses: { which: accept('tea') }, requestState: state }
    refused(t, await heard(modern(url, 'prompts/get', retried, CAPABLE)), 'prompts/get')
    t.equal(textOf(await call(url, retried)), 'chose tea', 'tools/call')
  })

  t.test('it expires at the time it was given, not before', async t => {
    let now = 1_000_000
    const { url } = await serve(t, asking({ ttlMs: 60_000, nowMs: () => now }))
    const state = stateOf(await call(url, params))
    now += 59_999
    t.equal(textOf(await retry(url, state)), 'chose tea', 'a millisecond before')
    now += 1
    refused(t, await retry(url, state), 'at the time')
    t.equal(textOf(await retry(url, stateOf(await call(url, params)))), 'chose tea', 'a fresh one opens')
  })

  t.test('after rotation an old key still opens, a removed one does not, and the new one seals', async t => {
    const [before, between, after] = [asking({ keys: [KEY_A] }), asking({ keys: [KEY_B, KEY_A] }), asking({ keys: [KEY_B] })]
    const [old, both, fresh] = await Promise.all([before, between, after].map(async server => (await serve(t, server)).url)) as [string, string, string]
    const byA = stateOf(await call(old, params))
    t.equal(textOf(await retry(both, byA)), 'chose tea', 'the old key opens')
    refused(t, await retry(fresh, byA), 'the old key is gone')
    const byB = stateOf(await call(both, params))
    t.equal(textOf(await retry(fresh, byB)), 'chose tea', 'the first key sealed')
    refused(t, await retry(old, byB), 'a key that is not known yet')
    const { url } = await serve(t, asking({ keys: [{ id: 'a', secret: KEY_B.secret }] }))
    refused(t, await retry(url, byA), 'the same id over another secret')
  })

  t.test('once: each state opens one time', async t => {
    for (const later of [false, true]) {
      const used = new Set<string>()
      const fresh = (id: string): boolean => !used.has(id) && Boolean(used.add(id))
      const { url } = await serve(t, asking({ once: later ? async id => fresh(id) : fresh }))
      const [first, second] = [stateOf(await call(url, params)), stateOf(await call(url, params))]
      t.equal(textOf(await retry(url, first)), 'chose tea', `the first time, ${later ? 'by promise' : 'at once'}`)
      refused(t, await retry(url, first), 'the second time')
      t.equal(textOf(await retry(url, second)), 'chose tea', 'another state of the same request')
    }
  })

  t.test('once leaves cursors alone: a page may be asked for again', async t => {
    const used = new Set<string>()
    const server = make({ pageSize: 1 })
    server.vault = createVault({ once: id => !used.has(id) && Boolean(used.add(id)) })
    server.tool('one', {}, () => '').tool('two', {}, () => '')
    const { url } = await serve(t, server)
    const { result } = await heard(modern(url, 'tools/list'))
    for (const time of ['first', 'second']) {
      t.match(await heard(modern(url, 'tools/list', { cursor: result!.nextCursor })), { result: { tools: [{ name: 'two' }] } }, `the ${time} time`)
    }
  })

  t.test('a cursor is no state, and a state no cursor', async t => {
    const server = asking()
    const { url } = await serve(t, server)
    const state = stateOf(await call(url, params))
    t.match(await heard(modern(url, 'tools/list', { cursor: state })), { error: { code: -32602 } })
    refused(t, await retry(url, server.vault!.seal({ after: 'choose' }, 'tools/list')), 'a cursor')
  })

  t.test('what was answered travels unreadable', async t => {
    const server = make()
    server.tool('two', {}, (_, { answers }) => (answers.a && answers.b ? 'done' : needs({ a: FORM, b: FORM })))
    const { url } = await serve(t, server)
    const first = await call(url, { name: 'two' })
    const second = await call(url, { name: 'two', requestState: stateOf(first), inputResponses: { a: accept('marker') } })
    const bytes = Buffer.from(stateOf(second).split('.')[1]!, 'base64url')
    t.notMatch(bytes.toString('latin1') + stateOf(second), /marker|elicitation|accept/)
    t.equal(textOf(await call(url, { name: 'two', requestState: stateOf(second), inputResponses: { b: accept('b') } })), 'done', 'yet it was in there')
  })
})
