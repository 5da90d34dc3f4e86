/** Lists and their pages where a fixture cannot show them: cursors in the wrong hands, and lists that change between two pages. */
import t, { type Test } from 'tap'
import { createVault, type Server, type ServerOptions } from '../../lib/server.js'
import { asker, heard, make, MODERN, modern, serve, type Ask, type Said } from '../http.js'

/** Each list: how it is asked for, where its entries are, what names them, how one is added and taken away. */
const LISTS = [
  { method: 'tools/list', member: 'tools', key: 'name', name: (n: number | string) => `t${n}`, add: (s: Server, name: string) => s.tool(name, {}, () => ''), remove: (s: Server, name: string) => s.removeTool(name) },
  { method: 'prompts/list', member: 'prompts', key: 'name', name: (n: number | string) => `p${n}`, add: (s: Server, name: string) => s.prompt(name, {}, () => ''), remove: (s: Server, name: string) => s.removePrompt(name) },
  { method: 'resources/list', member: 'resources', key: 'uri', name: (n: number | string) => `test://${n}`, add: (s: Server, name: string) => s.resource(name, {}, () => ''), remove: (s: Server, name: string) => s.removeResource(name) },
  { method: 'resources/templates/list', member: 'resourceTemplates', key: 'uriTemplate', name: (n: number | string) => `test://${n}/{x}`, add: (s: Server, name: string) => s.resource(name, {}, () => ''), remove: (s: Server, name: string) => s.removeResource(name) },
] as const
type List = (typeof LISTS)[number]

const filled = (count: number, options: ServerOptions): Server => {
  const server = make(options)
  for (const { add, name } of LISTS) for (let n = 0; n < count; n++) add(server, name(n))
  return server
}
const entries = ({ member, key }: List, { result }: Said): string[] => (result![member] as { [key: string]: string }[]).map(entry => entry[key]!)
const names = ({ name }: List, count: number): string[] => Array.from({ length: count }, (_, n) => name(n))

/** All pages, one after the other. */
const walk = async (ask: Ask, list: List): Promise<string[][]> => {
  const pages: string[][] = []
  let cursor: unknown
  do {
    const said = await ask(list.method, cursor === undefined ? {} : { cursor })
    pages.push(entries(list, said))
    cursor = said.result!.nextCursor
  } while (cursor !== undefined && pages.length < 100)
  return pages
}

t.test('2026-07-28 server/utilities/pagination#pagination-flow: the pages are the list, in the order of registration, at every revision', async t => {
  for (const [count, pageSize, sizes] of [[10, 3, [3, 3, 3, 1]], [9, 3, [3, 3, 3]], [3, 3, [3]], [2, 3, [2]], [4, 1, [1, 1, 1, 1]]] as const) {
    const { url } = await serve(t, filled(count, { pageSize }))
    for (const version of ['2025-03-26', '2025-11-25', MODERN]) {
      const ask = await asker(url, version)
      for (const list of LISTS) {
        const pages = await walk(ask, list)
        t.strictSame(pages.map(page => page.length), sizes, `${count} by ${pageSize}: ${list.method} at ${version}`)
        t.strictSame(pages.flat(), names(list, count))
      }
    }
  }
  t.test('1000 entries are one page, unless told otherwise', async t => {
    const [tools] = LISTS
    const server = make()
    for (let n = 0; n < 1001; n++) tools.add(server, tools.name(n))
    const { url } = await serve(t, server)
    t.strictSame((await walk(await asker(url, MODERN), tools)).map(page => page.length), [1000, 1])
  })
  t.test('a page size is a size', async t => {
    for (const pageSize of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10' as never]) t.throws(() => make({ pageSize }), { name: 'TypeError', message: /pageSize is .*; expected an integer from 1/ }, String(pageSize))
  })
})

t.test('2026-07-28 server/utilities/pagination#error-handling: a cursor that was not given out for this list is refused in words', async t => {
  let now = 0
  const server = filled(4, { pageSize: 2 })
  server.vault = createVault({ ttlMs: 1000, nowMs: () => now })
  const { url } = await serve(t, server)
  const elsewhere = (await serve(t, filled(4, { pageSize: 2 }))).url
  for (const version of ['2025-03-26', '2025-11-25', MODERN]) {
    const ask = await asker(url, version)
    const refused = (t: Test, said: Said, why: string): void => void t.match(said, { error: { code: -32602, message: /cursor/ } }, `${version}: ${why}`)
    const cursors = await Promise.all(LISTS.map(async ({ method }) => (await ask(method)).result!.nextCursor as string))
    for (const [i, list] of LISTS.entries()) {
      for (const [j, cursor] of cursors.entries()) {
        const said = await ask(list.method, { cursor })
        if (i === j) t.strictSame(entries(list, said), names(list, 4).slice(2), `${version}: ${list.method}`)
        else refused(t, said, `${list.method} with the cursor of ${LISTS[j]!.method}`)
      }
      const own = cursors[i]!
      const theirs = (await heard(modern(elsewhere, list.method))).result!.nextCursor as string
      for (const cursor of ['', 'null', 'undefined', '0', '2', own.slice(1), own.slice(0, -1), `${own}A`, `${own} `, own.toUpperCase(), Buffer.from('{"after":"t1"}').toString('base64'), theirs, 'x'.repeat(10_000)]) {
        refused(t, await ask(list.method, { cursor }), `${list.method} ${JSON.stringify(cursor.slice(0, 40))}`)
      }
      for (const cursor of [null, 2, true, ['x'], {}]) refused(t, await ask(list.method, { cursor }), `${list.method} ${JSON.stringify(cursor)}`)
      if (version === MODERN) {
        for (let at = 0; at < own.length; at++) {
          const { error } = await ask(list.method, { cursor: own.slice(0, at) + (own[at] === 'A' ? 'B' : 'A') + own.slice(at + 1) })
          if (error?.code !== -32602) t.fail(`${list.method}: character ${at} of its cursor may be changed`)
        }
        now += 1000
        refused(t, await ask(list.method, { cursor: own }), 'after its time')
        now -= 1000
      }
    }
  }
})

t.test('a list that changes between two pages', async t => {
  for (const list of LISTS) {
    const { add, remove, name, method } = list
    t.test(method, async t => {
      const server = filled(6, { pageSize: 2 })
      const { url } = await serve(t, server)
      const ask = await asker(url, MODERN)
      const first = await ask(method)
      const cursor = first.result!.nextCursor
      t.strictSame(entries(list, first), [name(0), name(1)])
      t.equal(remove(server, name(0)), true)
      t.strictSame(entries(list, await ask(method, { cursor })), [name(2), name(3)], 'what went from an earlier page shifts nothing')
      remove(server, name(3))
      t.strictSame(entries(list, await ask(method, { cursor })), [name(2), name(4)], 'what went from a later one is not listed')
      add(server, name('new'))
      t.strictSame((await walk(ask, list)).flat(), [name(1), name(2), name(4), name(5), name('new')], 'what is new comes last')
      add(server, name(0))
      t.equal(entries(list, await ask(method, { cursor })).includes(name(0)), false)
      t.equal((await walk(ask, list)).flat().at(-1), name(0), 'and so does what came back')
      remove(server, name(1))
      t.match(await ask(method, { cursor }), { error: { code: -32602, message: /begin again without it/ } }, 'the entry that the cursor names is gone')
      t.strictSame((await walk(ask, list)).flat(), [name(2), name(4), name(5), name('new'), name(0)])
    })
  }
})

t.test('2026-07-28 server/tools#listing-tools: the list does not depend on who asks, how often, or after what', async t => {
  const server = filled(3, {})
  const { url } = await serve(t, server, { principal: req => req.headers.authorization })
  const list = async (authorization?: string): Promise<unknown> => {
    const { result } = await heard(modern(url, 'tools/list', {}, { headers: { authorization }, id: authorization ?? 'x', capabilities: authorization ? { sampling: {} } : {} }))
    return result
  }
  const first = await list()
  t.strictSame(await list('alice'), first)
  t.strictSame(await list('bob'), first)
  await heard(modern(url, 'tools/call', { name: 't2' }))
  t.strictSame(await list(), first)
})
