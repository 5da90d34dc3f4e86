/** The servers of the matrix. Each opens a session, offers `process_files` and logs by the notification of the call. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { McpServer as ServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { fromJsonSchema, McpServer as ServerV2 } from '@modelcontextprotocol/server'
import { createServer, listen } from '../../lib/server.js'
import { INPUT_SCHEMA, processFiles, TOOL, type Ear, type Job } from './job.js'

export interface RunningServer {
  readonly url: URL
  /** GET requests so far; not to be known of another process. */
  readonly gets?: () => number
  stop(): Promise<void>
}

export interface ServerKind {
  readonly name: string
  readonly ours: boolean
  /** `ear` is for a server within this process; another process goes by `delayMs`. */
  readonly start: (ear: Ear) => Promise<RunningServer>
}

const INFO = { name: 'interop', version: '1.0.0' }
const CLI = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url))
const content = (text: string) => ({ content: [{ type: 'text' as const, text }] })

const countGets = (http: HttpServer): (() => number) => {
  let gets = 0
  http.on('request', ({ method }: IncomingMessage) => { if (method === 'GET') gets++ })
  return () => gets
}

const serveCommand = async (): Promise<RunningServer> => {
  const child = spawn(process.execPath, [CLI, 'serve', '--example', 'process-files', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^listening on (http:\/\/127\.0\.0\.1:\d+\/mcp)$/.exec(line)?.[1]
    if (url === undefined) continue
    return { url: new URL(url), stop: async () => { child.kill('SIGTERM'); await exit } }
  }
  throw new Error('mcpwire serve ended without the line "listening on http://127.0.0.1:PORT/mcp"')
}

const startOurs = async (ear: Ear): Promise<RunningServer> => {
  const server = createServer(INFO)
  server.tool(TOOL, { description: 'Processes each file.', inputSchema: INPUT_SCHEMA }, ({ paths }, ctx) =>
    processFiles({ paths, delayMs: 0 }, ear, facts => ctx.log.info(facts)))
  // A client that comes back does so at once, so that a test sees it without waiting.
  const listening = await listen(server, { port: 0, retryMs: 1 })
  return { url: new URL(listening.url), gets: countGets(listening.http), stop: () => listening.close() }
}

/** What both SDKs' Node transports have in common. */
interface Sdk {
  readonly handleRequest: (req: IncomingMessage, res: ServerResponse) => Promise<void>
  readonly close: () => Promise<void>
}

/** Serves an SDK on node:http, a transport per session; `open` is told where to enter it once it has its id. */
const serveSdk = async (open: (enter: (id: string, sdk: Sdk) => void) => Promise<Sdk>): Promise<RunningServer> => {
  const sessions = new Map<string, Sdk>()
  const http = createHttpServer(async (req, res) => {
    const known = sessions.get(String(req.headers['mcp-session-id']))
    const sdk = known ?? await open((id, opened) => void sessions.set(id, opened))
    await sdk.handleRequest(req, res)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`),
    gets: countGets(http),
    stop: async () => {
      for (const sdk of sessions.values()) await sdk.close()
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}

const startV2 = (ear: Ear): Promise<RunningServer> => serveSdk(async enter => {
  const server = new ServerV2(INFO, { capabilities: { logging: {} } })
  server.registerTool(TOOL, { inputSchema: fromJsonSchema<Job>(INPUT_SCHEMA) }, async (job, ctx) =>
    content(await processFiles(job, ear, facts => ctx.mcpReq.log('info', facts))))
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: id => enter(id, transport),
  })
  await server.connect(transport)
  return transport
})

const startV1 = (ear: Ear): Promise<RunningServer> => serveSdk(async enter => {
  // Handlers are set below its tool registry, which takes zod schemas only.
  const { server } = new ServerV1(INFO, { capabilities: { tools: {}, logging: {} } })
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [{ name: TOOL, inputSchema: INPUT_SCHEMA as never }] }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { sendNotification }) =>
    content(await processFiles(params.arguments as unknown as Job, ear, data =>
      sendNotification({ method: 'notifications/message', params: { level: 'info', data } }))))
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: id => enter(id, transport),
  })
  // Its own type is not assignable under exactOptionalPropertyTypes.
  await server.connect(transport as Transport)
  return transport
})

export const SERVERS: readonly ServerKind[] = [
  { name: 'mcpwire serve', ours: true, start: serveCommand },
  { name: 'mcpwire server', ours: true, start: startOurs },
  { name: 'official server 2.4.0', ours: false, start: startV2 },
  { name: 'official SDK 1.32.2 server', ours: false, start: startV1 },
]
