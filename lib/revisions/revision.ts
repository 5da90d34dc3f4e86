/**
 * The questions a dated specification answers. One file per date holds the answers; nothing else in the library
 * may know a date. Clauses are cited as `revision/page#anchor`.
 */
import type { JsonObject } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'

/** A dated specification, as the answers to every question the library asks of one. */
export interface Revision {
  /** The date it is called by on the wire. 2026-07-28/basic/versioning#protocol-version-negotiation */
  readonly id: string
  /** Legacy opens a session by `initialize`; modern says everything in each request. 2026-07-28/basic/versioning#terminology */
  readonly era: 'legacy' | 'modern'
  /** Which binding carries it over HTTP. 2024-11-05/basic/transports#http-with-sse, 2025-03-26/basic/transports#streamable-http */
  readonly http: 'http+sse' | 'streamable'
  /** Is an array of messages taken? 2025-03-26/basic/index#batching; gone in 2025-06-18/changelog#major-changes */
  readonly batches: boolean
  /** May a server name its session in a header field? 2025-11-25/basic/transports#session-management */
  readonly sessions: boolean
  /**
   * The protocol version as a header field: not looked at; assumed to be `ASSUMED` when absent; or required and equal to
   * the body's. 2025-06-18/basic/transports#protocol-version-header, 2026-07-28/basic/transports/streamable-http#protocol-version-header
   */
  readonly versionField: 'unused' | 'assumed' | 'required'
  /**
   * Does a request repeat its method, name and marked arguments in header fields?
   * 2026-07-28/basic/transports/streamable-http#standard-request-headers
   */
  readonly mirrors: boolean
  /** Do events carry ids from which a broken stream is taken up again? 2025-11-25/basic/transports#resumability-and-redelivery */
  readonly resumes: boolean
  /** Does a stream begin with an empty event that carries an id? 2025-11-25/basic/transports#sending-messages-to-the-server */
  readonly primes: boolean
  /**
   * What a client's hanging up means: the session is over; the work goes on and may be fetched later; the request is cancelled.
   * 2024-11-05/basic/transports#http-with-sse, 2025-11-25/basic/transports#sending-messages-to-the-server,
   * 2026-07-28/basic/transports/streamable-http#cancellation
   */
  readonly disconnect: 'ends session' | 'detaches' | 'cancels'
  /**
   * The least severe level to send, given what the request asked for and what the session was set to. `undefined` sends
   * nothing, `'debug'` everything. 2025-11-25/server/utilities/logging#setting-log-level,
   * 2026-07-28/server/utilities/logging#per-request-log-level
   */
  threshold(asked: Level | undefined, set: Level | undefined): Level | undefined
  /** How a server asks its client. 2025-11-25/basic/index#requests, 2026-07-28/basic/patterns/mrtr#multi-round-trip-requests */
  readonly input: 'by request' | 'in results'
  /**
   * Where changes are announced. 2025-11-25/basic/transports#listening-for-messages-from-the-server,
   * 2026-07-28/basic/patterns/subscriptions
   */
  readonly changes: 'stream' | 'GET stream' | 'subscriptions/listen'
  /**
   * What arguments that do not fit the tool's schema earn. 2025-06-18/server/tools#error-handling,
   * 2025-11-25/server/tools#error-handling
   */
  readonly badArguments: 'protocol error' | 'tool error'
  /**
   * A result as this revision wants it on the wire: the same object, or a new one with what every result must carry.
   * 2026-07-28/basic/index#resulttype
   */
  stamp(result: JsonObject, stamp: Stamp): JsonObject
  /** HTTP status of an answer that says the method is not known. 2026-07-28/basic/transports/streamable-http#server-validation */
  readonly unknownMethodStatus: 200 | 404
  /** HTTP status of an error found before the method ran. 2026-07-28/basic/transports/streamable-http#server-validation */
  readonly refusalStatus: 200 | 400
  /**
   * Error code for a resource that does not exist. 2025-11-25/server/resources#error-handling,
   * 2026-07-28/server/resources#error-handling
   */
  readonly missingResourceCode: -32002 | -32602
  /** What `structuredContent` may be. 2025-06-18/server/tools#structured-content, 2026-07-28/server/tools#structured-content */
  readonly structured: 'none' | 'object' | 'any'
  /**
   * Kinds of content block in tool results and prompts. An older peer does not know the newer ones.
   * 2026-07-28/server/tools#tool-result
   */
  readonly content: readonly ContentKind[]
  /** Members by which lists describe what they list. Newer ones are left out for an older peer. 2025-11-25/server/tools#tool */
  readonly members: Readonly<Record<Listed, readonly string[]>>
  /**
   * JSON Schema dialect of a schema that does not name one; `undefined` where the revision does not say.
   * 2025-11-25/basic/index#schema-dialect
   */
  readonly dialect: '2020-12' | undefined
}

/** What lists list. */
export type Listed = 'tool' | 'resource' | 'template' | 'prompt' | 'argument'

/** The `type` of a content block. */
export type ContentKind = 'text' | 'image' | 'audio' | 'resource' | 'resource_link'

/** What a modern server adds to its results. */
export interface Stamp {
  /** Name and version of this server, under `_meta`. 2026-07-28/basic/index#_meta */
  readonly serverInfo: JsonObject
  /** Given for complete results that may be kept, and only for those. 2026-07-28/server/utilities/caching#cacheable-results */
  readonly cache?: Cache
}

/** How long, and by whom, a result may be kept. */
export interface Cache {
  /** Milliseconds, an integer from 0. 2026-07-28/server/utilities/caching#time-to-live-ttl-field */
  readonly ttlMs: number
  /** Whether a shared cache may keep it. 2026-07-28/server/utilities/caching#cache-scope-field */
  readonly cacheScope: 'public' | 'private'
}
