/** What a client hears and is asked, as types: notifications told apart by `method`, and the params and results of a server's requests. */
import type { JsonObject, RpcId } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import type { TaskStatus } from '../protocol/tasks.js'
import type { AudioContent, ContentBlock, ImageContent, TextContent, Tool, WithMeta } from '../protocol/types.js'

interface Note<Method extends string, Params> {
  readonly jsonrpc: '2.0'
  readonly method: Method
  readonly params: Params & WithMeta & JsonObject
}
interface Bare<Method extends string> {
  readonly jsonrpc: '2.0'
  readonly method: Method
  readonly params?: WithMeta & JsonObject
}

/** server/utilities/logging#log-message-notifications */
export type LogNotification = Note<'notifications/message', { readonly level: Level; readonly logger?: string; readonly data: unknown }>

/** basic/utilities/progress */
export type ProgressNotification = Note<'notifications/progress', {
  readonly progressToken: RpcId
  readonly progress: number
  readonly total?: number
  readonly message?: string
}>

/**
 * A notification as it was sent, told apart by `method`. One of a method that is not listed here is an extension's: it is delivered as well,
 * and can be told by comparing `method` as a plain string.
 */
export type Notification =
  | LogNotification
  | ProgressNotification
  | Bare<'notifications/tools/list_changed'>
  | Bare<'notifications/prompts/list_changed'>
  | Bare<'notifications/resources/list_changed'>
  | Note<'notifications/resources/updated', { readonly uri: string }>
  | Note<'notifications/elicitation/complete', { readonly elicitationId: string }>
  | Note<'notifications/tasks/status', TaskNote & { readonly ttl: number | null; readonly pollInterval?: number }>
  | Note<'notifications/tasks', TaskNote & { readonly ttlMs: number | null; readonly pollIntervalMs?: number }>

/** The state of a task as the wire has it: 2025-11-25/basic/utilities/tasks#task-status-notification, SEP-2663#task-status-notifications */
interface TaskNote {
  readonly taskId: string
  readonly status: TaskStatus
  readonly statusMessage?: string
  readonly createdAt: string
  readonly lastUpdatedAt: string
}

/** What changes to be told of: 2026-07-28/basic/patterns/subscriptions#notification-filter. What is absent is not asked for. */
export interface SubscriptionFilter {
  readonly toolsListChanged?: boolean
  readonly promptsListChanged?: boolean
  readonly resourcesListChanged?: boolean
  /** URIs of resources whose updates are wanted. */
  readonly resourceSubscriptions?: readonly string[]
  /** Tasks whose state is wanted, without looking: SEP-2663#task-status-notifications. In a session they are told of, or not, as the server likes. */
  readonly taskIds?: readonly string[]
}

/** client/elicitation: a form to be filled in. Params of an older or newer revision may have more members. */
export interface ElicitForm {
  readonly mode?: 'form'
  readonly message: string
  /** A flat object of primitives. */
  readonly requestedSchema: JsonObject
}
/** client/elicitation: a page to be visited, with the user's consent; what happens there is not seen here. */
export interface ElicitUrl {
  readonly mode: 'url'
  readonly message: string
  readonly url: string
  /** Named by the `notifications/elicitation/complete` that may follow, in the one revision that has it. */
  readonly elicitationId?: string
}
export interface ElicitAnswer extends WithMeta {
  /** Sent it; said no; went away without a choice. */
  readonly action: 'accept' | 'decline' | 'cancel'
  /** What was filled in, when it was accepted. */
  readonly content?: { readonly [name: string]: string | number | boolean | readonly string[] }
}

/** client/sampling */
export interface SampleParams {
  readonly messages: readonly SampleMessage[]
  readonly maxTokens: number
  readonly systemPrompt?: string
  readonly temperature?: number
  readonly stopSequences?: readonly string[]
  readonly modelPreferences?: JsonObject
  readonly includeContext?: 'none' | 'thisServer' | 'allServers'
  readonly metadata?: JsonObject
  /** What the model may call, from a client that said `sampleTools`. The server runs it: the answer is a `tool_use`. */
  readonly tools?: readonly Tool[]
  /** Default `auto`. */
  readonly toolChoice?: { readonly mode?: 'auto' | 'required' | 'none' }
}
/** client/sampling#sampling-with-tools: what the model wants to call. */
export interface ToolUseContent extends WithMeta {
  readonly type: 'tool_use'
  readonly id: string
  readonly name: string
  readonly input: JsonObject
}
/** What came of it. */
export interface ToolResultContent extends WithMeta {
  readonly type: 'tool_result'
  readonly toolUseId: string
  readonly content: readonly ContentBlock[]
  readonly structuredContent?: unknown
  readonly isError?: boolean
}
export type SampleContent = TextContent | ImageContent | AudioContent | ToolUseContent | ToolResultContent
export interface SampleMessage {
  readonly role: 'user' | 'assistant'
  readonly content: SampleContent | readonly SampleContent[]
}
export interface SampleAnswer extends WithMeta {
  readonly role: 'user' | 'assistant'
  /** Several, as 2025-11-25 has it. */
  readonly content: SampleContent | readonly SampleContent[]
  readonly model: string
  readonly stopReason?: string
}

/** client/roots */
export interface Root extends WithMeta {
  /** Begins with `file://`. */
  readonly uri: string
  readonly name?: string
}
