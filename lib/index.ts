/**
 * `mcpwire`: both sides. A server alone is `mcpwire/server`, which loads less. What `mcpwire/sans-io` has is for whoever does the I/O
 * themselves, under names such as `find` and `House` that mean something only there: it stays apart.
 */
export {
  accessLine, asTask, createServer, createVault, httpHandler, listen, MAX_ROUNDS, MAX_VALUES, MAX_VISITS, needs, NoChannel, serveStdio,
  Server, ToolError, UrlElicitationRequired, visit,
  type Announce, type Answers, type ArgumentDefinition, type Complete, type Context, type CorsOptions, type DropReport, type ErrorPlace,
  type ExchangeReport, type FromSchema, type HttpHandler, type HttpOptions, type HttpReport, type HttpStats, type JsonSchema, type Listening,
  type ListenLimits, type ListenOptions, type Log, type LogLimits, type LogOptions, type MethodDefinition, type Needs, type NotificationDefinition, type PartialResult,
  type ProgressOptions, type PromptDefinition, type PromptHandler, type PromptReturn, type Question, type Reader, type Reading, type ReadRequest,
  type RefusalReport, type ResourceDefinition, type Say, type ServerOptions, type SseOptions, type StdioOptions, type StdioServing,
  type StdioStats, type TaskLimits, type ToolDefinition, type ToolHandler, type ToolReturn, type Vault, type VaultKey, type VaultOptions,
  type Typed, type Visit, type World,
} from './server.js'
export {
  acceptDefaults, BrokenStream, Cancelled, CODES, connect, EraCache, HttpRefusal, InvalidMessage, LEVELS, notificationOf, OPENING_TABLE, ProtocolError, RpcError,
  ServerExited, SessionGone, TaskExpired, Timeout,
  type Answerers, type Asker, type Call, type CallOptions, type Carrier, type Client, type ClientEvents, type ClientOptions, type Command,
  type CompletionReference, type ConnectOptions, type ElicitAnswer, type ElicitForm, type ElicitUrl, type Hearer, type JsonObject, type Level,
  type Line, type LogNotification, type Notification, type Page, type ProgressNotification, type ReconnectLimits, type RequestOptions, type Revision, type Root,
  type RpcId, type RpcMessage, type RpcNotification, type RpcRequest, type RpcResponse, type SampleAnswer, type SampleContent, type SampleMessage,
  type SampleParams, type Standing, type Subscription, type SubscriptionFilter, type SubscriptionOptions, type Target, type Task, type TaskStatus,
  type ToolResultContent, type ToolUseContent, type TraceContext, type UnaskedLine,
} from './client.js'
export type * from './protocol/types.js'
