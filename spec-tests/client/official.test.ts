/** Our client with servers of the official SDKs, where they do what is hard: ask, hang up and be polled, speak unasked, end a session. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { type EventStore, StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { acceptDefaults, connect, type ConnectOptions, type Notification } from '../../lib/client.js'

const INFO = { name: 'official', version: '1.0.0' }
const FORM = { type: 'object' as const, properties: { name: { type: 'string' as const, default: 'John' } }, required: ['name'] }

/** Events in order, each under the number it came with. */
class Store implements EventStore {
  readonly #events: { readonly stream: string; readonly message: JSONRPCMessage }[] = []

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    return String(this.#events.push({ stream, message }))
  }

  async getStreamIdForEventId(id: string): Promise<string | undefined> {
    return this.#events[Number(id) - 1]?.stream
  }

  async replayEventsAfter(id: string, { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> }): Promise<string> {
    const { stream } = this.#events[Number(id) - 1]!
    for (const [at, event] of this.#events.entries()) {
      if (at >= Number(id) && event.stream === stream && 'jsonrpc' in event.message) await send(String(at + 1), event.message)
    }
    return stream
  }
}

interface Session {
  handleRequest(req: IncomingMessage, res: ServerResponse): Promise<void>
}

/** A server of sessions, by what makes one; `forget` loses them all, as a restart does. */
const serve = async (t: Test, make: (opened: (id: string, session: Session) => void) => Promise<Session>): Promise<{ url: string; sessions: Map<string, Session> }> => {
  const sessions = new Map<string, Session>()
  const http = createServer((req, res) => {
    const id = req.headers['mcp-session-id']
    const session = typeof id === 'string' ? sessions.get(id) : undefined
    if (session) void session.handleRequest(req, res)
    else if (id !== undefined) res.writeHead(404).end()
    else void make((name, made) => sessions.set(name, made)).then(made => made.handleRequest(req, res))
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    http.closeAllConnections()
    http.close()
  })
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`, sessions }
}

const makeV1 = async (opened: (id: string, session: Session) => void): Promise<Session> => {
  const server = new McpServerV1(INFO, { capabilities: { logging: {} } })
  server.registerTool('ask', {}, async extra => {
    const answer = await server.server.elicitInput({ message: 'who?', requestedSchema: FORM }, { relatedRequestId: extra.requestId })
    return { content: [{ type: 'text', text: JSON.stringify(answer.content) }] }
  })
  server.registerTool('leave', {}, async extra => {
    extra.closeSSEStream!()
    await server.server.sendLoggingMessage({ level: 'info', data: 'while nobody listened' }, extra.sessionId)
    await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'after hanging up' } })
    return { content: [{ type: 'text', text: 'left' }] }
  })
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID, eventStore: new Store(), retryInterval: 5,
    onsessioninitialized: id => opened(id, transport),
    onsessionclosed: () => server.close(),
  })
  await server.connect(transport as Transport)
  return transport
}

const makeV2 = async (opened: (id: string, session: Session) => void): Promise<Session> => {
  const server = new McpServerV2(INFO, { capabilities: { logging: {} } })
  server.registerTool('ask', {}, async ctx => {
    const answer = await ctx.mcpReq.elicitInput({ message: 'who?', requestedSchema: FORM })
    return { content: [{ type: 'text', text: JSON.stringify(answer.content) }] }
  })
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: id => opened(id, transport),
    onsessionclosed: () => server.close(),
  })
  await server.connect(transport)
  return transport
}

const OPTIONS: ConnectOptions = { info: INFO, answers: { elicit: ({ requestedSchema }) => acceptDefaults(requestedSchema) } }

for (const [name, make] of [['SDK 1.32.2', makeV1], ['server 2.4.0', makeV2]] as const) {
  t.test(`official ${name}: a question is answered, a lost session is replaced, DELETE ends it`, async t => {
    const { url, sessions } = await serve(t, make)
    const replaced: string[] = []
    const client = await connect(url, { ...OPTIONS, events: { onSessionReplaced: why => replaced.push(why) } })
    const ask = async (): Promise<unknown> => (await client.callTool('ask').result).content
    t.same(await ask(), [{ type: 'text', text: '{"name":"John"}' }])
    t.equal(sessions.size, 1)
    const [first] = sessions.keys()
    sessions.clear()
    t.same(await ask(), [{ type: 'text', text: '{"name":"John"}' }])
    t.equal(replaced.length, 1)
    const [second] = sessions.keys()
    t.not(first, second)
    await client.close()
    const after = await fetch(url, { headers: { accept: 'text/event-stream', 'mcp-session-id': second! } })
    await after.body?.cancel()
    t.not(after.status, 200, 'the session is over')
  })
}

t.test('official SDK 1.32.2: a call whose stream is closed by the server is polled, and nothing is lost', async t => {
  const { url } = await serve(t, makeV1)
  const client = await connect(url, OPTIONS)
  t.teardown(() => client.close())
  const call = client.callTool('leave')
  const heard: unknown[] = []
  for await (const note of call) heard.push(dataOf(note))
  t.same(heard, ['after hanging up'])
  t.same((await call.result).content, [{ type: 'text', text: 'left' }])
  const { value } = await client.notifications[Symbol.asyncIterator]().next()
  t.equal(dataOf(value), 'while nobody listened', 'the SDK sends what has no request to the standalone stream')
})

const dataOf = (note: Notification): unknown => (note.method === 'notifications/message' ? note.params.data : note.method)
