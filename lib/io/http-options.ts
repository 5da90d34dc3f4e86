/** What may be said about a mount on node:http, and what it tells of itself. */
import type { IncomingMessage } from 'node:http'
import type { CorsOptions } from '../bindings/cors.js'
import type { GuardOptions } from '../bindings/guard.js'
import type { LoadLimits } from '../protocol/load.js'
import type { ReplayLimits } from '../protocol/replay-budget.js'
import type { SessionLimits } from '../protocol/session.js'
import { JSON_LIMITS } from '../wire/json-rpc.js'
import type { HttpReport } from './observe.js'
import type { SseOptions } from './sse-server.js'

/** What holds of a mount unless others are given. */
export const HTTP_LIMITS = {
  maxBodyBytes: 4 * 1024 * 1024, maxBatch: JSON_LIMITS.maxBatch, maxQueuedBytes: 1024 * 1024, keepAliveMs: 15_000, streamAfterMs: 1000, retryMs: 1000, answerTimeoutMs: 600_000,
}

export interface HttpOptions extends GuardOptions, Partial<SessionLimits>, Partial<LoadLimits>, Partial<ReplayLimits> {
  /** Where the endpoint is. Any other path is a 404, or the next handler's. Default `/mcp`. */
  readonly path?: string
  /** Longest request body, in bytes. Beyond it: 413, connection closed. Default 4 MiB. */
  readonly maxBodyBytes?: number
  /** Messages in one array, where a revision takes arrays. Beyond it: -32600, 400. Default 100. */
  readonly maxBatch?: number
  /** False: no session is opened and every POST stands alone, for hosts that keep nothing. No GET stream, no resuming, no questions to the client. Default true. */
  readonly sessions?: boolean
  /** Bytes waiting for one slow reader. Beyond them its log and progress notifications are dropped and counted; responses never. Default 1 MiB. */
  readonly maxQueuedBytes?: number
  /** Quiet streams say a comment this often, in milliseconds. Default 15 000. */
  readonly keepAliveMs?: number
  /** A call that takes longer becomes a stream where that can be resumed, in milliseconds. Default 1000. */
  readonly streamAfterMs?: number
  /** What clients are told to wait before they come back to a broken stream, in milliseconds. Default 1000. */
  readonly retryMs?: number
  /** How long a client may take to answer a request of ours, in milliseconds: a person may have to. Default 600 000. */
  readonly answerTimeoutMs?: number
  /** Refuse what deployed clients do and the specification does not allow. Default false. */
  readonly strict?: boolean
  /** Answer browsers of the listed `origins` across origins: preflights, and the fields they may read and send. Default: no CORS field is ever sent. */
  readonly cors?: boolean | CorsOptions
  /** Told of each exchange as it ends, each refusal and each drop. The same goes to the diagnostics channel `mcpwire`. What it throws is reported and ignored. */
  readonly onReport?: (report: HttpReport) => void
  /** Serve HTTP+SSE of 2024-11-05 too, on two further paths, for clients that know nothing newer. Default: not at all. */
  readonly sse?: SseOptions
  /** Who is calling, by the host application's own authentication. Sessions are then that caller's alone. */
  readonly principal?: (req: IncomingMessage) => string | undefined
}

/** What is open and what was lost, for dashboards. */
export interface HttpStats {
  /** Open, the two routes of HTTP+SSE included. */
  readonly sessions: number
  readonly sessionsOpened: number
  /** Opened on the two routes of HTTP+SSE, of all that were: once it rises no more, nobody needs them. */
  readonly sseSessionsOpened: number
  readonly sessionsExpired: number
  /** Requests that are being answered, subscriptions aside. */
  readonly inFlight: number
  /** Replies that are waiting or streaming. */
  readonly open: number
  /** Characters of events kept for clients that may come back. */
  readonly replayBytes: number
  /** Notifications that slow readers missed. */
  readonly dropped: number
}
