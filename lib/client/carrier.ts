/** What a client needs from a transport: say one thing, hear everything said back about it. */
import type { RpcMessage } from '../wire/json-rpc.js'
import { Cancelled, HttpRefusal, InvalidMessage, RpcError } from '../protocol/errors.js'
import type { Standing } from '../protocol/opening.js'
import type { Mirrored } from '../validation/mirrored.js'

/**
 * Who hears what comes back about one message. Called in order; after `end` no more. Must not throw.
 * About a request: messages sent on its behalf, its response, the end. About anything else: the end, once it is delivered.
 */
export interface Hearer {
  hear(message: RpcMessage): void
  /** Nothing more will come. `SessionGone`: the request was not looked at. Any other error: why there is no response, or not more of them. */
  end(error?: Error): void
  /** The name the other side gave the session it opens, before the message that opens it. */
  session?(id: string): void
  /** A rule was broken, and the conversation goes on. */
  fault(error: Error): void
}

/** What is being heard, of a message or unasked. */
export interface Line {
  /** Stops listening: nothing more is called, `end` included. What it means to the other side is the revision's to say. */
  stop(): void
}

/** What is heard unasked, and whether it can be. */
export interface UnaskedLine extends Line {
  /** Settles once the other side has said whether it offers this; never rejects. */
  readonly settled: Promise<void>
}

/** Carries messages to one server. An own one takes a `send`, a `listen`, and a `close` that lets go of what they hold. */
export interface Carrier {
  /** On a pipe, where a server that does not know a question may say nothing: how long to wait for its first answer, in milliseconds. */
  readonly probeMs?: number
  /** Where it finds nothing, there may be an older transport. */
  readonly mayBeOlder?: boolean
  /**
   * Says one thing. Errors are heard, never thrown, but for a message that cannot be carried: a TypeError.
   * `mirrored`: arguments of a call that a carrier over HTTP repeats in header fields, where the revision has that.
   */
  send(message: RpcMessage, standing: Standing, hearer: Hearer, mirrored?: readonly Mirrored[]): Line
  /** Hears what belongs to no message of ours, until stopped. Best effort; `end` says that it is not to be had. */
  listen(standing: Standing, hearer: Hearer): UnaskedLine
  /** Tells the other side that this session is over. Best effort, within a bound; never rejects. */
  leave(standing: Standing): Promise<void>
  /** Drops every connection; what is still heard ends with an error. */
  close(): Promise<void>
}

/** The session has ended on the other side, and what was said in it was not looked at: basic/transports#session-management. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone'
  /** @param cause what the caller is to see if nothing else can be done. */
  constructor(override readonly cause: Error) {
    super((cause.cause instanceof Error ? cause.cause : cause).message)
  }
}

/** Nothing of Streamable HTTP is there; what there is may be older. */
export class OlderTransport extends Error {
  override readonly name = 'OlderTransport'
  constructor(override readonly cause: Error) {
    super(cause.message)
  }
}

/** The error that callers are shown: the refusal itself, where a session's end is what it says. */
export const bared = (error: unknown): Error => (error instanceof SessionGone ? error.cause : error as Error)

/** May it be otherwise the next time? A refusal stands, and so does what was said; what has no name of ours is a connection that failed. */
export const isPassing = (error: Error): boolean => {
  if (error instanceof HttpRefusal) return error.status >= 500 || error.status === 429
  return !(error instanceof RpcError || error instanceof InvalidMessage || error instanceof Cancelled)
}

/** Time, as whoever runs the client has it. */
export interface Clock {
  /** Milliseconds since 1970 began, as they were when the counting began; never going back. */
  nowMs(): number
  /** Runs once, after at least that long, unless the returned function is called first. `holding` keeps the process alive for it. */
  after(ms: number, run: () => void, holding: boolean): () => void
}

/** Time and randomness, as whoever runs the client has them. */
export interface World extends Clock {
  /** Unguessable, and never the same twice. */
  newId(): string
}
