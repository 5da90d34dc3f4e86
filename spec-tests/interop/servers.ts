/** The servers of the matrix. Each opens sessions; those within this process offer every tool and can be reached from the test. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { McpServer as ServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CallToolRequestSchema, ListToolsRequestSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { fromJsonSchema, McpServer as ServerV2 } from '@modelcontextprotocol/server'
import { createServer, listen, needs, type PartialResult } from '../../lib/server.js'
import { Events } from './events.js'
import { TOOL, type Ear } from './job.js'
import { beforeAsking, makeTools, QUESTIONS, type Asking, type Hands } from './tools.js'
import { Traffic } from './traffic.js'

export interface RunningServer {
  readonly url: URL
  /** The tools it offers, in order. */
  readonly tools: readonly string[]
  /** Absent for a server in another process. */
  readonly reach?: Reach
  stop(): Promise<void>
}

/** What a test can see and do of a server within this process. */
export interface Reach {
  readonly traffic: Traffic
  /** Says it at info to every session, about no request. */
  announce(data: unknown): Promise<void>
  /** Tells every session that the tools have changed. */
  changeTools(): Promise<void>
}

export interface ServerKind {
  readonly name: string
  readonly ours: boolean
  /** It can be told which revisions to serve. */
  readonly holds: boolean
  /**
   * @param ear for a server within this process; another process goes by `delayMs`
   * @param revisions those it may serve
   */
  readonly start: (ear: Ear, revisions: readonly string[]) => Promise<RunningServer>
}

const INFO = { name: 'interop', version: '1.0.0' }
const CLI = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url))
/** What a client is told to wait before it comes back, so that a test sees it without waiting. */
const RETRY_MS = 1

const serveCommand = async (): Promise<RunningServer> => {
  const child = spawn(process.execPath, [CLI, 'serve', '--example', 'process-files', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^listening on (http:\/\/127\.0\.0\.1:\d+\/mcp)$/.exec(line)?.[1]
    if (url === undefined) continue
    return { url: new URL(url), tools: [TOOL], stop: async () => { child.kill('SIGTERM'); await exit } }
  }
  throw new Error('mcpwire serve ended without the line "listening on http://127.0.0.1:PORT/mcp"')
}

const askedByReturning = (): Promise<never> => Promise.reject(new Error('our server asks by returning needs()'))

const startOurs = async (ear: Ear, revisions: readonly string[]): Promise<RunningServer> => {
  const server = createServer(INFO, { revisions })
  const listening = await listen(server, { port: 0, retryMs: RETRY_MS })
  const traffic = new Traffic(listening.http)
  const tools = makeTools()
  for (const [name, { run, ...definition }] of Object.entries(tools)) {
    server.tool(name, definition, async (args, ctx) => {
      const hands = { ear, log: (data: unknown) => ctx.log.info(data), hangUp: () => ctx.hangUp(RETRY_MS), cut: () => traffic.cut('POST') }
      if (name !== 'ask') return await run(args as never, { ...hands, ask: askedByReturning }) as PartialResult
      if (ctx.answers.it) return JSON.stringify(ctx.answers.it)
      const asking = args as unknown as Asking
      await beforeAsking(asking, hands)
      return needs({ it: QUESTIONS[asking.what] })
    })
  }
  return {
    url: new URL(listening.url),
    tools: Object.keys(tools),
    reach: {
      traffic,
      announce: async data => void server.log.info(data),
      changeTools: async () => { server.tool('late', { description: 'Comes late.' }, () => 'late').removeTool('late') },
    },
    stop: () => listening.close(),
  }
}

/** What both SDKs' servers, each on its Node transport, have in common. */
interface Sdk {
  readonly transport: {
    readonly handleRequest: (req: IncomingMessage, res: ServerResponse) => Promise<void>
    readonly close: () => Promise<void>
  }
  /** Its session has not ended. */
  readonly isOpen: () => boolean
  readonly announce: (data: unknown) => Promise<void>
  readonly changeTools: () => Promise<void>
}

/** An SDK's server for one session; `enter` is called once the session has its id. */
type OpenSdk = (ear: Ear, cut: Hands['cut'], enter: (id: string) => void) => Promise<Sdk>

/** Serves an SDK on node:http, a server per session. */
const serveSdk = (openSdk: OpenSdk) => async (ear: Ear): Promise<RunningServer> => {
  const sessions = new Map<string, Sdk>()
  const http = createHttpServer(async (req, res) => {
    const known = sessions.get(String(req.headers['mcp-session-id']))
    const sdk: Sdk = known ?? await openSdk(ear, () => traffic.cut('POST'), id => void sessions.set(id, sdk))
    await sdk.transport.handleRequest(req, res)
  })
  const traffic = new Traffic(http)
  const all = async (say: (sdk: Sdk) => Promise<void>): Promise<void> => {
    for (const sdk of sessions.values()) if (sdk.isOpen()) await say(sdk)
  }
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`),
    tools: Object.keys(makeTools()),
    reach: {
      traffic,
      announce: data => all(sdk => sdk.announce(data)),
      changeTools: () => all(sdk => sdk.changeTools()),
    },
    stop: async () => {
      for (const sdk of sessions.values()) await sdk.transport.close()
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}

const openV2: OpenSdk = async (ear, cut, enter) => {
  const server = new ServerV2(INFO, { capabilities: { logging: {} } })
  for (const [name, { run, description, inputSchema, outputSchema }] of Object.entries(makeTools())) {
    const input = fromJsonSchema<object>(inputSchema)
    const definition = { description, inputSchema: input, ...outputSchema && { outputSchema: fromJsonSchema(outputSchema) } }
    server.registerTool(name, definition, async (args, ctx) => await run(args as never, {
      ear, cut,
      log: data => ctx.mcpReq.log('info', data),
      ask: async what => {
        if (what === 'sample') return ctx.mcpReq.requestSampling(structuredClone(QUESTIONS.sample.params) as never)
        if (what === 'elicit') return ctx.mcpReq.elicitInput(structuredClone(QUESTIONS.elicit.params) as never)
        return server.server.listRoots()
      },
      hangUp: () => ctx.http!.closeSSE!(),
    }) as never)
  }
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: enter,
    eventStore: new Events<never>(),
    retryInterval: RETRY_MS,
  })
  await server.connect(transport)
  return {
    transport,
    isOpen: () => server.isConnected(),
    announce: data => server.sendLoggingMessage({ level: 'info', data }),
    changeTools: () => server.server.sendToolListChanged(),
  }
}

const openV1: OpenSdk = async (ear, cut, enter) => {
  // Handlers are set below its tool registry, which takes zod schemas only.
  const { server } = new ServerV1(INFO, { capabilities: { tools: { listChanged: true }, logging: {} } })
  const tools = makeTools()
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.entries(tools).map(([name, { run: _, ...definition }]) => ({ name, ...definition }) as never),
  }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { sendNotification, requestId, closeSSEStream }) =>
    await tools[params.name]!.run(params.arguments as never, {
      ear, cut,
      log: data => sendNotification({ method: 'notifications/message', params: { level: 'info', data } }),
      ask: async what => {
        const onTheStreamOfTheCall = { relatedRequestId: requestId }
        if (what === 'sample') return server.createMessage(structuredClone(QUESTIONS.sample.params) as never, onTheStreamOfTheCall)
        if (what === 'elicit') return server.elicitInput(structuredClone(QUESTIONS.elicit.params) as never, onTheStreamOfTheCall)
        return server.listRoots()
      },
      hangUp: () => closeSSEStream!(),
    }) as CallToolResult)
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: enter,
    eventStore: new Events<never>(),
    retryInterval: RETRY_MS,
  })
  // Its own type is not assignable under exactOptionalPropertyTypes.
  await server.connect(transport as Transport)
  return {
    transport,
    isOpen: () => server.transport !== undefined,
    announce: data => server.sendLoggingMessage({ level: 'info', data }),
    changeTools: () => server.sendToolListChanged(),
  }
}

export const SERVERS: readonly ServerKind[] = [
  { name: 'mcpwire serve', ours: true, holds: false, start: serveCommand },
  { name: 'mcpwire server', ours: true, holds: true, start: startOurs },
  { name: 'official server 2.4.0', ours: false, holds: false, start: serveSdk(openV2) },
  { name: 'official SDK 1.32.2 server', ours: false, holds: false, start: serveSdk(openV1) },
]
