/** completion/complete where a fixture cannot show it: more than fits, references that lead nowhere, completers that fail. */
import t from 'tap'
import { heard, make, MODERN, modern, open, say, serve, type Headers, type Said } from '../http.js'

const VERSIONS = ['2025-03-26', '2025-06-18', '2025-11-25', MODERN]
type Complete = (ref: object, name: string, value: string, given?: object) => Promise<Said>
const completer = async (url: string, version: string): Promise<Complete> => {
  const headers: Headers = version === MODERN ? {} : await open(url, version)
  return (ref, name, value, given) => {
    const params = { ref, argument: { name, value }, ...given && { context: { arguments: given } } }
    return heard(version === MODERN ? modern(url, 'completion/complete', params) : say(url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'completion/complete', params } }))
  }
}
const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `v${i}`)
const PROMPT = { type: 'ref/prompt', name: 'all' }
const TEMPLATE = { type: 'ref/resource', uri: 'test://{dir}/{file}' }

t.test('2026-07-28 server/utilities/completion#completion-results: at most 100 values, and what there is beside', async t => {
  const server = make()
  const number = (value: string): number => Number(value)
  server.prompt('all', { arguments: {
    list: { complete: value => many(number(value)) },
    later: { complete: async value => many(number(value)) },
    whole: { complete: value => ({ values: many(number(value)) }) },
    counted: { complete: value => ({ values: many(number(value)), total: 5000, hasMore: true }) },
    alone: {},
  } }, () => '')
  const { url } = await serve(t, server)
  for (const version of VERSIONS) {
    const complete = await completer(url, version)
    for (const [count, hasMore] of [[0, false], [1, false], [100, false], [101, true], [250, true]] as const) {
      for (const name of ['list', 'later']) {
        const { result } = await complete(PROMPT, name, String(count))
        t.strictSame(result!.completion, { values: many(Math.min(count, 100)), total: count, hasMore }, `${version}: ${count} of a ${name}`)
      }
    }
    const cut = (await complete(PROMPT, 'whole', '150')).result!.completion as { values: string[]; hasMore?: boolean }
    t.strictSame(cut.values, many(100), `${version}: cut, however it is given`)
    t.equal(cut.hasMore, true, `${version}: and what was cut off is not denied`)
    t.strictSame((await complete(PROMPT, 'counted', '3')).result!.completion, { values: many(3), total: 5000, hasMore: true }, 'what the completer counts is kept')
    t.strictSame((await complete(PROMPT, 'alone', 'x')).result!.completion, { values: [], total: 0, hasMore: false }, 'an argument that nobody completes')
  }
})

t.test('the other arguments are there to go by, for prompts and for templates', async t => {
  const by = (value: string, given: object): string[] => [value, JSON.stringify(Object.entries(given))]
  const server = make()
    .prompt('all', { arguments: { a: { complete: by }, ['__proto__']: { complete: by } } }, () => '')
    .resource('test://{dir}/{file}', { complete: { file: by } }, () => '')
  const { url } = await serve(t, server)
  for (const version of VERSIONS) {
    const complete = await completer(url, version)
    const given = JSON.parse('{"dir":"src","__proto__":"own"}') as object
    const expected = ['x', '[["dir","src"],["__proto__","own"]]']
    t.strictSame((await complete(PROMPT, 'a', 'x', given)).result!.completion, { values: expected, total: 2, hasMore: false }, version)
    t.match((await complete(TEMPLATE, 'file', 'x', given)).result!.completion, { values: expected })
    t.match((await complete(PROMPT, '__proto__', '')).result!.completion, { values: ['', '[]'] }, 'without any, and by a name that is just a name')
    for (const name of ['constructor', 'toString', 'dir']) t.match((await complete(TEMPLATE, name, 'x')).result!.completion, { values: [] }, name)
  }
})

t.test('2026-07-28 server/utilities/completion#error-handling', async t => {
  const errors: string[] = []
  const server = make({ onError: error => errors.push((error as Error).message) })
  server.prompt('all', { arguments: {
    throws: { complete: () => { throw new Error('a secret') } },
    rejects: { complete: async () => { throw new Error('a secret') } },
    nothing: { complete: () => undefined as never },
    text: { complete: () => 'a secret' as never },
    empty: { complete: () => ({}) as never },
  } }, () => '')
  server.resource('test://fixed', {}, () => '')
  const { url } = await serve(t, server)
  for (const version of VERSIONS) {
    const complete = await completer(url, version)
    for (const ref of [{ type: 'ref/prompt', name: 'nobody' }, { type: 'ref/prompt', name: '__proto__' }, { type: 'ref/resource', uri: 'test://{nobody}' }, { type: 'ref/resource', uri: '' }]) {
      t.match(await complete(ref, 'a', ''), { status: 200, error: { code: -32602, message: /is not known here/ } }, `${version}: ${JSON.stringify(ref)}`)
    }
    for (const ref of [{ type: 'ref/tool', name: 'all' }, { type: 'ref/prompt' }, { type: 'ref/resource', name: 'all' }, 'all', null, {}]) {
      t.match(await complete(ref as object, 'a', ''), { error: { code: -32602, message: /params\.ref/ } }, `${version}: ${JSON.stringify(ref)} is no reference`)
    }
    for (const name of ['throws', 'rejects', 'nothing', 'text', 'empty']) {
      errors.length = 0
      const said = await complete(PROMPT, name, 'x')
      t.match(said, { status: 200, error: { code: -32603, message: 'Internal error' } }, `${version}: ${name}`)
      t.notMatch(JSON.stringify(said), /a secret/)
      t.equal(errors.length, 1)
    }
  }
})

t.test('where nobody completes anything, nothing is offered', async t => {
  const server = make().prompt('all', { arguments: { a: {} } }, () => '').resource('test://{x}', {}, () => '')
  const { url } = await serve(t, server)
  t.match(await (await completer(url, MODERN))(PROMPT, 'a', ''), { status: 404, error: { code: -32601 } })
  t.match(await (await completer(url, '2025-11-25'))(PROMPT, 'a', ''), { status: 200, error: { code: -32601 } })
  const { result } = await heard(modern(url, 'server/discover'))
  t.notOk('completions' in (result!.capabilities as object))
  server.prompt('more', { arguments: { a: { complete: () => ['x'] } } }, () => '')
  t.match(await (await completer(url, MODERN))({ type: 'ref/prompt', name: 'more' }, 'a', ''), { result: { completion: { values: ['x'] } } })
  t.match((await heard(modern(url, 'server/discover'))).result!.capabilities, { completions: {} })
})

t.test('what completes no variable is refused where it is registered', async t => {
  t.throws(() => make().resource('test://{x}', { complete: { y: () => [] } }, () => ''), { name: 'TypeError', message: /complete\.y completes no variable/ })
  t.throws(() => make().resource('test://x', { complete: { x: () => [] } }, () => ''), { name: 'TypeError', message: /has no variables to complete/ })
})
