/** `mcpwire/client`: everything a client needs. */
export { connect, type ConnectOptions, type Target } from './io/connect.js'
export { ServerExited, type Command } from './io/child.js'
export type { Client } from './client/client.js'
export type { ClientEvents, ClientOptions } from './client/options.js'
export type { Call, CallOptions, RequestOptions } from './client/call.js'
export { acceptDefaults, type Answerers, type Asker } from './client/answers.js'
export type { TaskLimits } from './protocol/task-store.js'
export { TaskExpired } from './client/tasks.js'
export { notificationOf } from './client/custom.js'
export type { Task, TaskStatus } from './protocol/tasks.js'
export type { Carrier, Hearer, Line, UnaskedLine } from './client/carrier.js'
export { SessionGone } from './client/carrier.js'
export { EraCache } from './client/eras.js'
export type { CompletionReference, Page } from './client/methods.js'
export type { ReconnectLimits, Subscription, SubscriptionOptions } from './client/subscription.js'
export type {
  ElicitAnswer, ElicitForm, ElicitUrl, LogNotification, Notification, ProgressNotification, Root, SampleAnswer, SampleContent, SampleMessage, SampleParams,
  SubscriptionFilter, ToolResultContent, ToolUseContent,
} from './client/typed.js'
export { BrokenStream, Cancelled, CODES, HttpRefusal, InvalidMessage, ProtocolError, RpcError, Timeout } from './protocol/errors.js'
export type {
  Annotations, AudioContent, CallToolResult, Completion, ContentBlock, EmbeddedResource, GetPromptResult, Icon, ImageContent, Implementation, Prompt, PromptArgument,
  PromptMessage, ReadResourceResult, Resource, ResourceContents, ResourceLink, ResourceTemplate, TextContent, Tool, ToolAnnotations,
} from './protocol/types.js'
export type { TraceContext } from './protocol/meta.js'
export { OPENING_TABLE, type Standing } from './protocol/opening.js'
export { type Level, LEVELS } from './wire/levels.js'
export type { JsonObject, RpcId, RpcMessage, RpcNotification, RpcRequest, RpcResponse } from './wire/json-rpc.js'
export type { JsonSchema, Typed } from './validation/from-schema.js'
export type { Revision } from './revisions/index.js'
