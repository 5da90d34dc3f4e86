/** The same three tools on our server and on those of both official SDKs; as a program, one of them on stdio: `ours`, `v1` or `v2`. */
import { Server as ServerV1 } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CallToolRequestSchema, ListToolsRequestSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { fromJsonSchema, McpServer as ServerV2 } from '@modelcontextprotocol/server'
import { serveStdio as serveStdioV2 } from '@modelcontextprotocol/server/stdio'
import { createServer, needs, serveStdio, type Server } from '../../lib/server.js'

export const TOOLS = ['count', 'ask', 'wait'] as const
export const COUNT = [1, 2, 3]
const INFO = { name: 'transports', version: '1.0.0' }
const inputSchema = { type: 'object' } as const

const said = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] })
const aborted = (signal: AbortSignal): Promise<void> => new Promise(resolve => signal.addEventListener('abort', () => resolve()))
/** Heard by a test on stderr. */
const stopped = (): void => void process.stderr.write('wait was cancelled\n')

/** `onStop`: its work was cancelled. */
export const ours = (onStop = stopped): Server => createServer(INFO)
  .tool('count', {}, (_, ctx) => {
    for (const n of COUNT) void ctx.log.info(n)
    return 'counted'
  })
  .tool('ask', {}, (_, ctx) => (ctx.answers.it ? JSON.stringify(ctx.answers.it) : needs({ it: { method: 'roots/list' } })))
  .tool('wait', {}, async (_, ctx) => {
    void ctx.log.info('waiting')
    await aborted(ctx.signal)
    onStop()
    return ''
  })

export const v1 = (onStop = stopped): ServerV1 => {
  const server = new ServerV1(INFO, { capabilities: { tools: {}, logging: {} } })
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOLS.map(name => ({ name, inputSchema })) }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name } }, { sendNotification, signal }) => {
    const log = (data: unknown): Promise<void> => sendNotification({ method: 'notifications/message', params: { level: 'info', data } })
    if (name === 'ask') return said(JSON.stringify(await server.listRoots()))
    if (name === 'wait') {
      await log('waiting')
      await aborted(signal)
      onStop()
      return said('')
    }
    for (const n of COUNT) await log(n)
    return said('counted')
  })
  return server
}

const v2 = (): ServerV2 => {
  const server = new ServerV2(INFO, { capabilities: { logging: {} } })
  const definition = { inputSchema: fromJsonSchema<object>(inputSchema) }
  server.registerTool('count', definition, async (_, ctx) => {
    for (const n of COUNT) await ctx.mcpReq.log('info', n)
    return said('counted') as never
  })
  server.registerTool('ask', definition, async () => said(JSON.stringify(await server.server.listRoots())) as never)
  server.registerTool('wait', definition, async (_, ctx) => {
    await ctx.mcpReq.log('info', 'waiting')
    await aborted(ctx.mcpReq.signal)
    stopped()
    return said('') as never
  })
  return server
}

const [, program, which] = process.argv
if (program !== undefined && import.meta.url.endsWith(program.slice(program.lastIndexOf('/')))) {
  if (which === 'ours') void serveStdio(ours()).closed.then(() => process.exit())
  else if (which === 'v1') void v1().connect(new StdioServerTransport() as Transport)
  else serveStdioV2(v2)
}
