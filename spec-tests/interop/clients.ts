/** The clients of the matrix, each behind the same few verbs. */
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { connect } from '../../lib/client.js'
import { TOOL, type Facts, type Job } from './job.js'

export interface Note { readonly level: string; readonly data: Facts }
export interface Result { readonly isError?: boolean | undefined; readonly content: readonly { readonly type: string }[] }

/** A client that has opened a session and asked for log messages from info upwards. */
export interface OpenClient {
  readonly revision: string | undefined
  ping(): Promise<unknown>
  toolNames(): Promise<string[]>
  /** Calls `process_files`; `onNote` runs as each log notification arrives. Aborting cancels the call. */
  processFiles(job: Job, onNote: (note: Note) => void, signal?: AbortSignal): Promise<Result>
  close(): Promise<void>
}

export interface ClientKind {
  readonly name: string
  readonly ours: boolean
  readonly open: (url: URL) => Promise<OpenClient>
}

const INFO = { name: 'interop', version: '1.0.0' }
const names = (tools: readonly { readonly name: string }[]): string[] => tools.map(({ name }) => name)

const openOurs = async (url: URL): Promise<OpenClient> => {
  const client = await connect(url.href, { info: INFO, logLevel: 'info' })
  return {
    revision: client.revision.id,
    ping: () => client.ping(),
    toolNames: async () => names(await client.listTools()),
    processFiles: async (job, onNote, signal) => {
      const call = client.callTool(TOOL, { ...job }, { timeoutMs: 20_000, ...signal && { signal } })
      for await (const note of call) {
        if (note.method === 'notifications/message') onNote(note.params as unknown as Note)
      }
      return await call.result as Result
    },
    close: () => client.close(),
  }
}

const openV2 = async (url: URL): Promise<OpenClient> => {
  const client = new ClientV2(INFO)
  await client.connect(new TransportV2(url))
  await client.setLoggingLevel('info')
  return {
    revision: client.getNegotiatedProtocolVersion(),
    ping: () => client.ping(),
    toolNames: async () => names((await client.listTools()).tools),
    processFiles: (job, onNote, signal) => {
      client.setNotificationHandler('notifications/message', ({ params }) => onNote(params as Note))
      return client.callTool({ name: TOOL, arguments: { ...job } }, { ...signal && { signal } })
    },
    close: () => client.close(),
  }
}

const openV1 = async (url: URL): Promise<OpenClient> => {
  const client = new ClientV1(INFO)
  const transport = new TransportV1(url)
  // Its own type is not assignable under exactOptionalPropertyTypes.
  await client.connect(transport as Transport)
  await client.setLoggingLevel('info')
  return {
    revision: transport.protocolVersion,
    ping: () => client.ping(),
    toolNames: async () => names((await client.listTools()).tools),
    processFiles: async (job, onNote, signal) => {
      client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => onNote(params as Note))
      return await client.callTool({ name: TOOL, arguments: { ...job } }, undefined, { ...signal && { signal } }) as Result
    },
    close: () => client.close(),
  }
}

export const CLIENTS: readonly ClientKind[] = [
  { name: 'mcpwire client', ours: true, open: openOurs },
  { name: 'official client 2.4.0', ours: false, open: openV2 },
  { name: 'official SDK 1.32.2 client', ours: false, open: openV1 },
]
