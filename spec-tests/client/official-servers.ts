/** Servers of sessions made with the official SDKs, over node:http. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { type EventStore, StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'

export const INFO = { name: 'official', version: '1.0.0' }
export const FORM = { type: 'object' as const, properties: { name: { type: 'string' as const, default: 'John' } }, required: ['name'] }

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

export interface Session {
  handleRequest(req: IncomingMessage, res: ServerResponse): Promise<void>
}

/** Serves until the test ends; returns the endpoint. */
export const host = async (t: Test, listener: RequestListener): Promise<string> => {
  const http = createServer(listener)
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
}

/** A server of sessions, by what makes one; `forget` loses them all, as a restart does. */
export const serve = async (t: Test, make: (opened: (id: string, session: Session) => void) => Promise<Session>): Promise<{ url: string; sessions: Map<string, Session> }> => {
  const sessions = new Map<string, Session>()
  const url = await host(t, (req, res) => {
    const id = req.headers['mcp-session-id']
    const session = typeof id === 'string' ? sessions.get(id) : undefined
    if (session) void session.handleRequest(req, res)
    else if (id !== undefined) res.writeHead(404).end()
    else void make((name, made) => sessions.set(name, made)).then(made => made.handleRequest(req, res))
  })
  return { url, sessions }
}

export const makeV1 = async (opened: (id: string, session: Session) => void): Promise<Session> => {
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

export const makeV2 = async (opened: (id: string, session: Session) => void): Promise<Session> => {
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
