/** What whoever makes a client may say about it. */
import type { JsonObject } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import type { Implementation } from '../protocol/types.js'
import type { Answerers } from './answers.js'

/** What a client tells of what nobody asked it about. What these functions throw is let go. */
export interface ClientEvents {
  /** The server had ended the session; a new one has taken over, and knows nothing of what the old one was told. */
  readonly onSessionReplaced?: (why: string) => void
  /** Something failed that no call could report: a stream that is not to be had, an answer not taken, a message that breaks a rule. */
  readonly onError?: (error: Error) => void
  /** A listed tool was left out, because what it says about header fields breaks a rule: its name and why. 2026-07-28 */
  readonly onToolRejected?: (name: string, reason: string) => void
  /** Notifications were dropped because too many waited: how many, in all, of that call or of `client.notifications`. */
  readonly onDropped?: (total: number) => void
}

export interface ClientOptions {
  /** Who this client says it is: `clientInfo`. */
  readonly info: Implementation
  /**
   * Least severe log notifications wanted: said once to a session, and with each request where there is none. A server that declares no
   * logging is not asked. Default: as the server likes, which without a session is none.
   */
  readonly logLevel?: Level
  /** Longest wait for one response, in milliseconds; each progress notification gives as much again. Beyond it: `Timeout`. Default 60 000. */
  readonly timeoutMs?: number
  /** Longest wait in all, whatever progress is reported, in milliseconds. Beyond it: `Timeout`. Default 3 600 000. */
  readonly maxTotalMs?: number
  /** Functions that answer what servers ask. Each is declared as a capability. */
  readonly answers?: Answerers
  /**
   * May servers go on with a tool as a task? The call is the same: it is followed to its end, and its result is the tool's. `false`: not
   * declared, and a tool that runs as nothing else is an error, unless a call says otherwise. Default true. Whether servers may ask their
   * questions as tasks is another matter: `answers.asTasks`.
   */
  readonly tasks?: boolean
  /** Extensions this client has, by id, with their settings: declared among its capabilities (2026-07-28/basic/versioning#extension-negotiation). */
  readonly extensions?: { readonly [id: string]: JsonObject }
  /**
   * Hear what the server says about no call, as `client.notifications`. Default true; a server that does not offer it is left in peace.
   * Without a session nothing is said unasked: `client.listen` asks.
   */
  readonly listen?: boolean
  /**
   * How long opening a session waits for the answer to "may I listen?", in milliseconds: the first call may already make the server speak
   * there, and what is said before is lost with many. One that answers only once it has something to say costs this much. Default 1000.
   */
  readonly listenWaitMs?: number
  /** Keep results for as long as the server allows, in bounds (2026-07-28/server/utilities/caching). Default true. */
  readonly cache?: boolean
  /**
   * Questions of a server's that may be open at once, its answer not yet taken by the server among them, and those that one result may ask.
   * Beyond it: -32603, and as many again beyond that no answer, which `onError` tells; in a result, `InvalidMessage`. Default 100.
   */
  readonly maxOpenQuestions?: number
  /** Times one request may be answered by questions and sent again with the answers. Beyond it: `InvalidMessage`. Default 10. */
  readonly maxRounds?: number
  /** Notifications that may wait to be looked at, for each call and for `client.notifications`. Beyond it, or beyond 8 Mi characters, the oldest go. Default 1000. */
  readonly maxQueuedNotifications?: number
  readonly events?: ClientEvents
}

/** What holds of a client unless others are given, times aside. */
export const CLIENT_LIMITS = { listenWaitMs: 1000, maxQueuedNotifications: 1000, maxOpenQuestions: 100, maxRounds: 10 }
