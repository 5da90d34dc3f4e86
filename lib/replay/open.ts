/** How a conversation starts and how each message of it is dressed, by era. Written apart from lib/client on purpose: a runner that
 * shared the client's lines would share its mistakes. */

import { encodeFieldValue } from '../wire/fields.js'
import type { Level } from '../wire/levels.js'
import type { Heard } from './heard.js'
import type { Pattern } from './match.js'
import type { PeerRequest } from './peer.js'
import type { RevisionRow } from './load.js'

export type Line = readonly [name: string, value: string]
export type Message = { readonly [key: string]: unknown }

/** One conversation with a server: a session, or in the modern era merely requests alike in what they say of themselves. */
export class Conversation {
  /** The exchange of `initialize`, whose reply names the session. */
  greeting: Heard | undefined
  /** From `log_level`, where each request carries it. */
  level: Level | undefined
  #lastId = 0

  constructor(readonly name: string, readonly at: RevisionRow, readonly capabilities: unknown) {}

  /** Undefined until a server named one. */
  get session(): string | undefined {
    return this.greeting?.head?.fields['mcp-session-id']
  }

  nextId(): number {
    return ++this.#lastId
  }

  /** What `initialize` must carry: basic/lifecycle#initialization. */
  hello(): Message {
    return {
      jsonrpc: '2.0', id: this.nextId(), method: 'initialize',
      params: { protocolVersion: this.at.revision, capabilities: this.capabilities, clientInfo: SELF },
    }
  }

  /** The message with what this revision wants inside every request. */
  stamp(message: Message): Message {
    if (this.at.opening === 'initialize') return message
    const params = message['params'] as { readonly _meta?: object } | undefined
    const _meta = {
      [`${RESERVED}protocolVersion`]: this.at.revision,
      [`${RESERVED}clientInfo`]: SELF,
      [`${RESERVED}clientCapabilities`]: this.capabilities,
      ...(this.level && { [`${RESERVED}logLevel`]: this.level }),
      ...params?._meta,
    }
    return { ...message, params: { ...params, _meta } }
  }

  /** The POST that carries `body`. `value` is what the body says, where it says anything. */
  post(body: string, value?: unknown): PeerRequest {
    return { method: 'POST', fields: [...ALWAYS, ...this.#lines(value)], body }
  }

  #lines(value: unknown): readonly Line[] {
    const { method, params } = (value ?? {}) as { readonly method?: unknown; readonly params?: { readonly [key: string]: unknown } }
    if (this.at.opening === 'initialize') {
      const session = this.session
      return [
        ...(session === undefined ? [] : [['Mcp-Session-Id', session] as const]),
        ...(this.at.version_header && this.greeting ? [['MCP-Protocol-Version', this.at.revision] as const] : []),
      ]
    }
    const named = typeof method === 'string' ? params?.[NAMED_BY[method] ?? ''] : undefined
    return [
      ['MCP-Protocol-Version', this.at.revision],
      ...(typeof method === 'string' ? [['Mcp-Method', method] as const] : []),
      ...(typeof named === 'string' ? [['Mcp-Name', encodeFieldValue(named)] as const] : []),
    ]
  }
}

const SELF = { name: 'mcpwire-replay', version: '1.0.0' }

/** basic/index#_meta */
const RESERVED = 'io.modelcontextprotocol/'

const ALWAYS: readonly Line[] = [
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json, text/event-stream'],
]

/** basic/transports/streamable-http#standard-request-headers: which member Mcp-Name repeats. */
const NAMED_BY: Readonly<Record<string, string>> = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' }

/** What every message has, and what a response to a call has, need not be written in each pattern. */
export const withEnvelope = (pattern: Pattern, callId: unknown): Pattern => {
  if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern)) return pattern
  const fields = pattern as { readonly [key: string]: Pattern }
  if (Object.keys(fields).some(key => key.startsWith('$'))) return pattern
  const answers = ('result' in fields || 'error' in fields) && callId !== undefined
  return { jsonrpc: '2.0', ...(answers && { id: callId as Pattern }), ...fields }
}
