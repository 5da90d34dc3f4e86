/** `mcpwire`: both sides. A server alone is `mcpwire/server`, which loads less. */
export {
  createServer, httpHandler, listen, MAX_ROUNDS, needs, NoChannel, serveStdio, Server, ToolError,
  type Announce, type Answers, type Context, type ErrorPlace, type FromSchema, type HttpHandler, type HttpOptions, type HttpStats, type JsonSchema,
  type Listening, type ListenOptions, type Log, type LogOptions, type Needs, type PartialResult, type ProgressOptions, type Question, type Say,
  type ServerOptions, type SseOptions, type StdioOptions, type StdioServing, type StdioStats, type ToolDefinition, type ToolHandler, type ToolReturn,
} from './server.js'
export {
  acceptDefaults, BrokenStream, Cancelled, CODES, connect, HttpRefusal, InvalidMessage, LEVELS, ProtocolError, RpcError, SessionGone, Timeout,
  type Answerers, type Call, type CallOptions, type Client, type ClientEvents, type ClientOptions, type ConnectOptions, type JsonObject, type Level,
  type LogNotification, type Notification, type ProgressNotification, type Revision, type RpcId, type RpcMessage, type RpcNotification, type RpcRequest, type RpcResponse,
} from './client.js'
export type * from './protocol/types.js'
