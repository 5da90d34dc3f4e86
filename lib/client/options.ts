/** What whoever makes a client may say about it. */
import type { Level } from '../wire/levels.js'
import type { Implementation } from '../protocol/types.js'
import type { Answerers } from './answers.js'

/** What a client tells of what nobody asked it about. What these functions throw is let go. */
export interface ClientEvents {
  /** The server had ended the session; a new one has taken over, and knows nothing of what the old one was told. */
  readonly onSessionReplaced?: (why: string) => void
  /** Something failed that no call could report: a stream that is not to be had, an answer not taken, a message that breaks a rule. */
  readonly onError?: (error: Error) => void
  /** Notifications were dropped because too many waited: how many, in all, of that call or of `client.notifications`. */
  readonly onDropped?: (total: number) => void
}

export interface ClientOptions {
  /** Who this client says it is: `clientInfo`. */
  readonly info: Implementation
  /** Least severe log notifications wanted. A server that declares no logging is not asked. Default: as the server likes. */
  readonly logLevel?: Level
  /** Longest wait for one response, in milliseconds; each progress notification gives as much again. Beyond it: `Timeout`. Default 60 000. */
  readonly timeoutMs?: number
  /** Longest wait in all, whatever progress is reported, in milliseconds. Beyond it: `Timeout`. Default 3 600 000. */
  readonly maxTotalMs?: number
  /** Functions that answer what servers ask. Each is declared as a capability. */
  readonly answers?: Answerers
  /** Hear what the server says about no call, as `client.notifications`. Default true; a server that does not offer it is left in peace. */
  readonly listen?: boolean
  /** Notifications that may wait to be looked at, for each call and for `client.notifications`. Beyond it the oldest go. Default 1000. */
  readonly maxQueuedNotifications?: number
  readonly events?: ClientEvents
}
