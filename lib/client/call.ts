/** One call, as an application has it: an async sequence of notifications, then a result. */
import type { JsonObject } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import type { JsonSchema } from '../validation/from-schema.js'
import type { TraceContext } from '../protocol/meta.js'
import type { Task } from '../protocol/tasks.js'
import type { Notification } from './typed.js'

export interface CallOptions {
  /** Ask for progress notifications: basic/utilities/progress. Each one gives the call another `timeoutMs`. Default false. */
  readonly progress?: boolean
  /** Longest wait for the response, from the request or from the latest progress, in milliseconds. Beyond it: `Timeout`. Default: the client's. */
  readonly timeoutMs?: number
  /** Longest wait in all, whatever progress is reported, in milliseconds. Beyond it: `Timeout`. Default: the client's. */
  readonly maxTotalMs?: number
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal
  /**
   * Least severe log notification to yield. Without a session it is what the server is asked for; what a session's level already holds
   * back cannot be had by it. Default: the client's.
   */
  readonly logLevel?: Level
  /** Further members of the request's `_meta`. */
  readonly meta?: JsonObject
  /** Members of `_meta` by which the call belongs to a trace: 2026-07-28/basic/index#opentelemetry-trace-context. */
  readonly trace?: TraceContext
  /** Ask the server even if a result that was kept is still fresh. Default false. */
  readonly fresh?: boolean
  /**
   * May a tool run as a task? Where the client says so (2025-11-25/basic/utilities/tasks) `true` asks for one, to be kept for `ttlMs` from its
   * creation if that is given, of every tool that offers it; the others are called as ever, and a tool that runs only as a task is called as
   * one unasked. Where the server decides (SEP-2663) `true` lets it, and `ttlMs` means nothing. `false`: never. Default: the client's `tasks`.
   */
  readonly task?: boolean | { readonly ttlMs?: number }
  /** Told of each state of the call's task, from its creation on. What it throws is let go. */
  readonly onTask?: (task: Task) => void
}

/** Of `request`, for a method that only the two sides know. */
export interface RequestOptions<R extends JsonSchema = JsonSchema> extends CallOptions {
  /** JSON Schema of the result: what does not fit it is `InvalidMessage`, and its type is that of the call. Say nothing in it of `_meta` and `resultType`. Default: any object. */
  readonly result?: R
}

/**
 * A request on its way. Iterate it for the notifications sent on its behalf, as they come; the loop ends when the call does, and leaving it
 * early changes nothing. `result` rejects when there is none; nobody has to look at it. Where the server asks in its result, the answers are
 * gathered and the request is sent again; where it goes on as a task, that is followed to its end; and all of it is one call.
 */
export interface Call<T = JsonObject> extends AsyncIterable<Notification> {
  /**
   * Rejects with `RpcError`, `Timeout`, `Cancelled`, `InvalidMessage`, `BrokenStream`, `HttpRefusal`, the error of a connection that failed,
   * or what a function that answers the server threw. A task that is cancelled is `Cancelled`, one that fails `RpcError`, one that outlives its
   * time to live `TaskExpired`; while it runs, `timeoutMs` is for each look at it, and `maxTotalMs` for all of it.
   */
  readonly result: Promise<T>
  /** Notifications that were dropped, oldest first, because too many waited. */
  readonly dropped: number
  /** The call's task as it was last seen; stays after the end. Absent: it runs as none. */
  readonly task: Task | undefined
  /** Stops waiting and tells the server, which cancels the task if there is one. Nothing happens once the call has ended. */
  cancel(reason?: string): void
}
