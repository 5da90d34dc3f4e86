/** The clients of the matrix, each behind the same few verbs. All of them answer sampling, elicitation and roots. */
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema, LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { connect } from '../../lib/client.js'
import type { Heard, Inbox } from './inbox.js'
import { ANSWERS, type Result } from './tools.js'

export interface Note { readonly level: string; readonly data: unknown }
export interface Listed { readonly name: string; readonly outputSchema?: unknown }

export interface CallOptions {
  /** Runs as each log notification arrives: of this call, or, where the client cannot tell, of any. */
  readonly onNote?: (note: Note) => void
  /** Aborting cancels the call. */
  readonly signal?: AbortSignal
}

/** A client that has opened a session and asked for log messages from info upwards. */
export interface OpenClient {
  readonly revision: string | undefined
  ping(): Promise<unknown>
  tools(): Promise<readonly Listed[]>
  call(name: string, args: object, options?: CallOptions): Promise<Result>
  /** Ends the session and the connections; a second time nothing happens. */
  close(): Promise<void>
}

export interface ClientKind {
  readonly name: string
  readonly ours: boolean
  /** It can be told which revisions to speak. */
  readonly holds: boolean
  /** @param revisions those it may speak, newest first */
  readonly open: (url: URL, inbox: Inbox, revisions: readonly string[]) => Promise<OpenClient>
}

const INFO = { name: 'interop', version: '1.0.0' }
const CAPABILITIES = { sampling: {}, elicitation: { form: {} }, roots: {} }
/** Back at once after a break, so that a test sees it without waiting; as often as they do by themselves. */
const RECONNECT = { initialReconnectionDelay: 1, maxReconnectionDelay: 1, reconnectionDelayGrowFactor: 1, maxRetries: 2 }

const openOurs: ClientKind['open'] = async (url, inbox, revisions) => {
  const client = await connect(url, {
    info: INFO,
    logLevel: 'info',
    answers: ANSWERS,
    resumeDelayMs: 1,
    revisions,
    events: { onSessionReplaced: () => { inbox.replaced++ } },
  })
  const heard = (async () => {
    for await (const { method, params } of client.notifications) inbox.hear(method, params as Heard['params'])
  })()
  return {
    revision: client.revision.id,
    ping: () => client.ping(),
    tools: () => client.listTools(),
    call: async (name, args, { onNote, signal } = {}) => {
      const call = client.callTool(name, { ...args }, { timeoutMs: 20_000, ...signal && { signal } })
      for await (const note of call) {
        if (note.method === 'notifications/message') onNote?.(note.params)
      }
      return call.result
    },
    close: async () => { await client.close(); await heard },
  }
}

/** Both SDKs hear what is said of one call and of none in the same place. */
const openHall = (inbox: Inbox) => {
  const calls = new Set<(note: Note) => void>()
  return {
    log: ({ params }: { params: Note }): void => {
      inbox.hear('notifications/message', params)
      for (const onNote of calls) onNote(params)
    },
    listChanged: (): void => inbox.hear('notifications/tools/list_changed', undefined),
    during: async <T>(onNote: CallOptions['onNote'], call: () => Promise<T>): Promise<T> => {
      if (!onNote) return call()
      calls.add(onNote)
      try {
        return await call()
      } finally {
        calls.delete(onNote)
      }
    },
  }
}

const openV2: ClientKind['open'] = async (url, inbox, revisions) => {
  const client = new ClientV2(INFO, { capabilities: CAPABILITIES, supportedProtocolVersions: [...revisions] })
  client.setRequestHandler('sampling/createMessage', ({ params }) => ANSWERS.sample(params))
  client.setRequestHandler('elicitation/create', ({ params }) => ANSWERS.elicit(params))
  client.setRequestHandler('roots/list', () => ({ roots: ANSWERS.roots() }))
  const hall = openHall(inbox)
  client.setNotificationHandler('notifications/message', note => hall.log(note as { params: Note }))
  client.setNotificationHandler('notifications/tools/list_changed', hall.listChanged)
  const transport = new TransportV2(url, { reconnectionOptions: RECONNECT })
  await client.connect(transport)
  await client.setLoggingLevel('info')
  return {
    revision: client.getNegotiatedProtocolVersion(),
    ping: () => client.ping(),
    tools: async () => (await client.listTools()).tools,
    call: (name, args, { onNote, signal } = {}) =>
      hall.during(onNote, () => client.callTool({ name, arguments: { ...args } }, { ...signal && { signal } })),
    close: async () => { await transport.terminateSession(); await client.close() },
  }
}

const openV1: ClientKind['open'] = async (url, inbox) => {
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES })
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ANSWERS.sample(params))
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => ANSWERS.elicit(params))
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: ANSWERS.roots() }))
  const hall = openHall(inbox)
  client.setNotificationHandler(LoggingMessageNotificationSchema, note => hall.log(note as { params: Note }))
  client.setNotificationHandler(ToolListChangedNotificationSchema, hall.listChanged)
  const transport = new TransportV1(url, { reconnectionOptions: RECONNECT })
  // Its own type is not assignable under exactOptionalPropertyTypes.
  await client.connect(transport as Transport)
  await client.setLoggingLevel('info')
  return {
    revision: transport.protocolVersion,
    ping: () => client.ping(),
    tools: async () => (await client.listTools()).tools,
    call: (name, args, { onNote, signal } = {}) =>
      hall.during(onNote, async () => await client.callTool({ name, arguments: { ...args } }, undefined, { ...signal && { signal } }) as Result),
    close: async () => { await transport.terminateSession(); await client.close() },
  }
}

export const CLIENTS: readonly ClientKind[] = [
  { name: 'mcpwire client', ours: true, holds: true, open: openOurs },
  { name: 'official client 2.4.0', ours: false, holds: true, open: openV2 },
  { name: 'official SDK 1.32.2 client', ours: false, holds: false, open: openV1 },
]
