/** The compatibility matrix of 2026-07-28/basic/versioning: our client, unpinned and pinned to either kind, with ours and the official servers of every kind. */
import t, { type Test } from 'tap'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, fromJsonSchema, inputRequired, McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { acceptDefaults, connect, type Client, type ConnectOptions } from '../../lib/client.js'
import { createServer, listen, needs } from '../../lib/server.js'
import { FORM, host, INFO, makeV1, makeV2, serve } from './official-servers.js'
import { MODERN } from './scripted.js'

const SESSION = '2025-11-25'

interface ServerKind {
  readonly name: string
  readonly modern: boolean
  readonly sessions: boolean
  readonly start: (t: Test) => Promise<Running>
}
interface Running {
  readonly url: string
  /** Announces that the tools have changed. */
  readonly change?: () => void
}

const ours = (...revisions: string[]) => async (t: Test): Promise<Running> => {
  const server = createServer(INFO, revisions.length > 0 ? { revisions } : {})
  server.tool('ask', {}, (_, { answers }) => (answers.who ? JSON.stringify(answers.who.content) : needs({ who: { method: 'elicitation/create', params: { message: 'who?', requestedSchema: FORM } } })))
  server.tool('mirrored', { inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } } }, async ({ region }, ctx) => {
    await ctx.log.info('at work')
    return `region ${region}`
  })
  const listening = await listen(server, { port: 0 })
  t.teardown(() => listening.close({ graceMs: 0 }))
  return { url: listening.url, change: () => void server.changes.listChanged('notifications/tools/list_changed') }
}

/** The official server where each request is its own; with `legacy`, it takes `initialize` as well, without sessions. */
const official = (legacy: 'reject' | 'stateless') => async (t: Test): Promise<Running> => {
  const handler = createMcpHandler(() => {
    const server = new McpServerV2(INFO, { capabilities: { logging: {}, tools: { listChanged: true } } })
    server.registerTool('ask', {}, (async (ctx: { mcpReq: { inputResponses?: Record<string, { content?: unknown }> } }) => {
      const who = ctx.mcpReq.inputResponses?.who
      if (!who) return inputRequired({ inputRequests: { who: inputRequired.elicit({ message: 'who?', requestedSchema: FORM }) } })
      return { content: [{ type: 'text', text: JSON.stringify(who.content) }] }
    }) as never)
    const inputSchema = fromJsonSchema<{ region?: string }>({ type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } as object } })
    server.registerTool('mirrored', { inputSchema }, async ({ region }, ctx) => {
      await ctx.mcpReq.log('info', 'at work')
      return { content: [{ type: 'text', text: `region ${region}` }] }
    })
    return server
  }, { legacy })
  t.teardown(() => handler.close())
  return { url: await host(t, toNodeHandler(handler) as never), change: () => handler.notify.toolsChanged() }
}

const SERVERS: readonly ServerKind[] = [
  { name: 'our server', modern: true, sessions: true, start: ours() },
  { name: 'our server of 2026-07-28 alone', modern: true, sessions: false, start: ours(MODERN) },
  { name: 'our server of sessions', modern: false, sessions: true, start: ours('2025-03-26', '2025-06-18', SESSION) },
  { name: 'official server 2.4.0, both kinds', modern: true, sessions: true, start: official('stateless') },
  { name: 'official server 2.4.0 of 2026-07-28 alone', modern: true, sessions: false, start: official('reject') },
  { name: 'official server 2.4.0 with sessions', modern: false, sessions: true, start: t => serve(t, makeV2) },
  { name: 'official SDK 1.32.2 with sessions', modern: false, sessions: true, start: t => serve(t, makeV1) },
]

interface ClientKind {
  readonly name: string
  readonly options: Partial<ConnectOptions>
  readonly speaks: (server: ServerKind) => string | undefined
}

const CLIENTS: readonly ClientKind[] = [
  { name: 'unpinned', options: {}, speaks: ({ modern }) => (modern ? MODERN : SESSION) },
  { name: 'pinned to 2026-07-28', options: { revision: MODERN }, speaks: ({ modern }) => (modern ? MODERN : undefined) },
  { name: 'pinned to 2025-11-25', options: { revision: SESSION }, speaks: ({ sessions }) => (sessions ? SESSION : undefined) },
]

const textOf = async (client: Client, name: string, args: Record<string, unknown>): Promise<unknown> => ((await client.callTool(name, args).result).content[0] as { text: string }).text

for (const server of SERVERS) {
  for (const { name, options, speaks } of CLIENTS) {
    const expected = speaks(server)
    t.test(`${name}, with ${server.name}: ${expected ?? 'refused in words'}`, async t => {
      const { url, change } = await server.start(t)
      const errors: Error[] = []
      const connecting = connect(url, { info: INFO, logLevel: 'info', answers: { elicit: ({ requestedSchema }) => acceptDefaults(requestedSchema) }, events: { onError: error => errors.push(error) }, ...options })
      if (expected === undefined) {
        const { name, message } = await connecting.then(() => ({ name: 'opened', message: '' }), (error: Error) => error)
        t.match(name, /^(RpcError|HttpRefusal)$/, message)
        return
      }
      const client = await connecting
      t.teardown(() => client.close())
      t.equal(client.revision.id, expected)
      t.match(client.server, INFO)
      const names = (await client.listTools()).map(({ name }) => name)
      // Without a session and without questions in results, nothing can be asked of the client.
      const asks = expected === MODERN || server.name !== 'official server 2.4.0, both kinds'
      if (asks) t.equal(await textOf(client, 'ask', {}), '{"name":"John"}')
      if (names.includes('mirrored')) {
        const call = client.callTool('mirrored', { region: 'Zürich' })
        const notes = []
        for await (const note of call) notes.push(note.method)
        t.match((await call.result).content, [{ text: 'region Zürich' }])
        if (asks) t.same(notes, ['notifications/message'])
      }
      if (expected === MODERN) {
        const subscription = client.listen({ toolsListChanged: true })
        t.same(await subscription.acknowledged, { toolsListChanged: true })
        change!()
        const { value } = await subscription[Symbol.asyncIterator]().next()
        t.match(value, { method: 'notifications/tools/list_changed' })
        subscription.close()
        t.same(errors, [])
      }
      await client.ping()
    })
  }
}
