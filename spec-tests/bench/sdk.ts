/** The official SDK's v2 server under measure, with sessions, as its README wires it to `node:http`. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { DONE, ECHO_SCHEMA, EMPTY_SCHEMA, NOTES, SERVER_INFO, turn } from './traffic.js'

const said = (text: string) => ({ content: [{ type: 'text' as const, text }] })

const build = (): McpServer => {
  const server = new McpServer(SERVER_INFO, { capabilities: { logging: {} } })
  server.registerTool('echo', { inputSchema: fromJsonSchema<{ text: string }>(ECHO_SCHEMA) }, ({ text }) => said(text))
  server.registerTool('burst', { inputSchema: fromJsonSchema<object>(EMPTY_SCHEMA) }, async (_args, ctx) => {
    for (const note of NOTES) void ctx.mcpReq.log('info', note)
    return said(DONE)
  })
  server.registerTool('spread', { inputSchema: fromJsonSchema<object>(EMPTY_SCHEMA) }, async (_args, ctx) => {
    for (const note of NOTES) {
      void ctx.mcpReq.log('info', note)
      await turn()
    }
    return said(DONE)
  })
  return server
}

const sessions = new Map<string, NodeStreamableHTTPServerTransport>()

const openSession = async (): Promise<NodeStreamableHTTPServerTransport> => {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: id => void sessions.set(id, transport),
  })
  await build().connect(transport)
  return transport
}

const http = createServer(async (req, res) => {
  const transport = sessions.get(String(req.headers['mcp-session-id'])) ?? await openSession()
  await transport.handleRequest(req, res)
})
http.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`))
