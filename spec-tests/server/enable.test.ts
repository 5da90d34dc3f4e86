/** What is registered may be out of sight for a while: not listed, not known to who asks for it, announced both times. */
import t from 'tap'
import { connect } from '../../lib/client.js'
import { ToolError, type Server } from '../../lib/server.js'
import { asker, gate, make, MODERN, serve } from '../http.js'

const KINDS = [
  { list: 'tools', key: 'name', names: ['a', 'b', 'c'], add: (s: Server, name: string) => s.tool(name, {}, () => name), use: (name: string) => ['tools/call', { name, arguments: {} }], enable: (s: Server, ...how: [string, boolean?]) => s.enableTool(...how), remove: (s: Server, name: string) => s.removeTool(name) },
  { list: 'prompts', key: 'name', names: ['a', 'b', 'c'], add: (s: Server, name: string) => s.prompt(name, {}, () => name), use: (name: string) => ['prompts/get', { name }], enable: (s: Server, ...how: [string, boolean?]) => s.enablePrompt(...how), remove: (s: Server, name: string) => s.removePrompt(name) },
  { list: 'resources', key: 'uri', names: ['x:a', 'x:b', 'x:c'], add: (s: Server, uri: string) => s.resource(uri, {}, () => uri), use: (uri: string) => ['resources/read', { uri }], enable: (s: Server, ...how: [string, boolean?]) => s.enableResource(...how), remove: (s: Server, name: string) => s.removeResource(name) },
  { list: 'resourceTemplates', key: 'uriTemplate', names: ['x:a/{n}', 'x:b/{n}', 'x:c/{n}'], add: (s: Server, uri: string) => s.resource(uri, {}, () => uri), use: (uri: string) => ['resources/read', { uri: uri.replace('{n}', '1') }], enable: (s: Server, ...how: [string, boolean?]) => s.enableResource(...how), remove: (s: Server, name: string) => s.removeResource(name) },
] as const
const methodOf = (list: string): string => (list === 'resourceTemplates' ? 'resources/templates/list' : `${list}/list`)

for (const { list, key, names, add, use, enable, remove } of KINDS) {
  t.test(`${list}: out of sight it is neither listed nor known; back in sight it is where it was`, async t => {
    const server = make()
    for (const name of names) add(server, name)
    const { url } = await serve(t, server)
    const ask = await asker(url, MODERN)
    const listed = async (): Promise<unknown> => ((await ask(methodOf(list), {})).result![list] as { [key: string]: string }[]).map(entry => entry[key])
    const used = async (name: string): Promise<unknown> => (await ask(...(use(name) as [string, object]))).error?.code

    t.equal(enable(server, names[1], false), true)
    t.equal(enable(server, names[1], false), false, 'nothing changes')
    t.equal(enable(server, 'none', false), false)
    t.same(await listed(), [names[0], names[2]])
    t.equal(await used(names[1]), -32602)
    t.equal(await used(names[2]), undefined)
    t.throws(() => add(server, names[1]), /registered already/, 'its name is taken all the same')
    t.equal(enable(server, names[1]), true)
    t.same(await listed(), names)
    t.equal(await used(names[1]), undefined)
    enable(server, names[1], false)
    t.equal(remove(server, names[1]), true, 'it can be taken back for good')
    add(server, names[1])
    t.same(await listed(), [names[0], names[2], names[1]], 'and one of that name registered anew is in sight')
  })
}

t.test('a page goes on behind the one before, whatever went out of sight between the two', async t => {
  const server = make({ pageSize: 2 })
  for (const name of ['a', 'b', 'c', 'd', 'e']) server.tool(name, {}, () => name)
  const { url } = await serve(t, server)
  const ask = await asker(url, MODERN)
  const page = async (cursor?: unknown): Promise<{ names: string[]; next: unknown }> => {
    const { result } = await ask('tools/list', cursor === undefined ? {} : { cursor })
    return { names: (result!.tools as { name: string }[]).map(({ name }) => name), next: result!.nextCursor }
  }
  const first = await page()
  t.same(first.names, ['a', 'b'])
  for (const name of ['a', 'b', 'd']) server.enableTool(name, false)
  t.same((await page(first.next)).names, ['c', 'e'])
})

t.test('clients are told once, and a call that is under way goes on', async t => {
  const server = make()
  const { opened, open } = gate()
  server.tool('slow', {}, async () => {
    await opened
    return 'done'
  })
  server.tool('off', {}, () => {
    if (!server.enableTool('slow', false)) throw new ToolError('it was off already')
    return 'off'
  })
  const client = await connect(server, { info: { name: 'test', version: '1' }, revision: '2025-11-25' })
  t.teardown(() => client.close())
  const slow = client.callTool('slow', {})
  await client.callTool('off', {}).result
  t.match(await client.notifications[Symbol.asyncIterator]().next(), { value: { method: 'notifications/tools/list_changed' } })
  await t.rejects(client.callTool('slow', {}).result, { code: -32602, message: /Unknown tool: slow/ })
  open()
  t.match(await slow.result, { content: [{ text: 'done' }] })
})
