/** What `initialize` opened, and the book of open ones. Time and randomness are arguments. No I/O. */
import type { RpcNotification, RpcRequest } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import type { Revision } from '../revisions/revision.js'
import { Asked } from './asked.js'
import { NoChannel } from './errors.js'
import { InFlight, type Caller } from './exchange.js'
import { type ReplayLog, tokenOf } from './replay-log.js'

/** Where a session's messages go that belong to no request: the GET stream, or the one pipe there is. */
export interface Channel {
  /** Is anybody listening now? */
  readonly live: boolean
  /** False when the message is lost: nobody listens, and it is not kept for later either. */
  send(message: RpcNotification | RpcRequest): boolean
  end(): void
}

export class Session {
  /** Least severe level to send, once `logging/setLevel` said so. */
  logLevel: Level | undefined
  /** `notifications/initialized` has arrived. */
  ready = false
  seenMs: number
  ended = false
  channel: Channel | undefined
  /** Messages that belonged to no request and found no stream open. */
  lost = 0
  readonly inFlight = new InFlight()
  readonly asked = new Asked()
  // Made when they are needed: of ten thousand sessions few need any.
  /** What wakes whoever waits for a task that the client runs, by the task's id. */
  watched: Map<string, () => void> | undefined
  /** URIs whose updates this session asked for. */
  subscribed: Set<string> | undefined
  /** Ids of the pages its person was asked to visit, until that is told to be complete. */
  visits: Set<string> | undefined
  /** Streams of this session that can be resumed, by token. */
  readonly streams = new Map<string, ReplayLog>()

  constructor(
    readonly id: string,
    readonly revision: Revision,
    readonly client: Caller,
    nowMs: number,
    /** Who opened it, where the host application authenticates. Nobody else finds it. */
    readonly principal?: string,
  ) {
    this.seenMs = nowMs
  }

  /** Something is running or listening: not idle, whatever the clock says. */
  get busy(): boolean {
    return this.inFlight.size > 0 || this.channel?.live === true
  }

  /** Says something that belongs to no request. False, and counted, when no stream leads to the client. */
  tell(message: RpcNotification): boolean {
    const told = this.channel?.send(message) ?? false
    if (!told) this.lost++
    return told
  }

  /** The log that holds this event, if one still does. */
  logOf(eventId: string): ReplayLog | undefined {
    return this.streams.get(tokenOf(eventId))
  }

  end(why: string): void {
    if (this.ended) return
    this.ended = true
    for (const exchange of this.inFlight) exchange.cancel(why)
    this.asked.forgetAll(new NoChannel(`the session has ended: ${why}`))
    this.channel?.end()
    this.channel = undefined
    for (const log of [...this.streams.values()]) {
      log.end()
      log.forget()
    }
  }
}

export interface SessionLimits {
  /**
   * Sessions open at once. At the limit the one idle longest makes room; but while more than a quarter were never used, the oldest of those.
   * If none is idle, with no call in flight and no stream open, `initialize` is refused with 503. Default 10 000.
   */
  readonly maxSessions: number
  /** How long a session without request or stream is kept, in milliseconds. Default 1 800 000. */
  readonly sessionIdleMs: number
}
export const SESSION_LIMITS: SessionLimits = { maxSessions: 10_000, sessionIdleMs: 1_800_000 }

/** What part of the book sessions may fill that were never used before they push out each other: a quarter. */
const UNUSED_SHARE = 4

/**
 * Open sessions. Those that did no more than open stand apart, and have a quarter of the room to themselves: a flood of them pushes out its own,
 * and nobody who is at work; yet whoever has just come is not pushed out, by the next one, for what others have left behind.
 */
export class Sessions {
  /** Never used, oldest first. */
  readonly #unused = new Map<string, Session>()
  /** Least recently used first. */
  readonly #used = new Map<string, Session>()
  /** The last of `#used`, which need not be moved there. */
  #newest: Session | undefined
  /** Sessions ended because they were idle, or had to make room. */
  expired = 0
  opened = 0

  constructor(
    private readonly world: { readonly nowMs: () => number; readonly newId: () => string },
    readonly limits: SessionLimits = SESSION_LIMITS,
    private readonly onEnd?: (session: Session, why: string) => void,
  ) {}

  get size(): number {
    return this.#unused.size + this.#used.size
  }

  *values(): Generator<Session> {
    yield* this.#unused.values()
    yield* this.#used.values()
  }

  /** `undefined`: the book is full and nobody in it is idle. */
  open(revision: Revision, client: Caller, principal?: string): Session | undefined {
    if (this.size >= this.limits.maxSessions && !this.#makeRoom()) return undefined
    const session = new Session(this.world.newId(), revision, client, this.world.nowMs(), principal)
    this.#unused.set(session.id, session)
    this.opened++
    return session
  }

  /** The open session with that id, if it belongs to this principal; being found keeps it alive. */
  find(id: string, principal?: string): Session | undefined {
    const session = this.#used.get(id) ?? this.#unused.get(id)
    if (session === undefined || session.principal !== principal) return undefined
    const nowMs = this.world.nowMs()
    if (!session.busy && nowMs - session.seenMs > this.limits.sessionIdleMs) {
      this.#expire(session, 'it was idle too long')
      return undefined
    }
    if (this.#newest !== session) {
      if (!this.#used.delete(id)) this.#unused.delete(id)
      this.#used.set(id, session)
      this.#newest = session
    }
    session.seenMs = nowMs
    return session
  }

  end(session: Session, why: string): void {
    if (!this.#used.delete(session.id) && !this.#unused.delete(session.id)) return
    if (this.#newest === session) this.#newest = undefined
    session.end(why)
    this.onEnd?.(session, why)
  }

  /** Ends what has been idle too long. */
  sweep(): void {
    const before = this.world.nowMs() - this.limits.sessionIdleMs
    for (const line of [this.#unused, this.#used]) {
      for (const session of line.values()) {
        if (session.seenMs >= before) break // least recently seen first
        if (!session.busy) this.#expire(session, 'it was idle too long')
      }
    }
  }

  endAll(why: string): void {
    for (const session of [...this.values()]) this.end(session, why)
  }

  #makeRoom(): boolean {
    const crowded = this.#unused.size > this.limits.maxSessions / UNUSED_SHARE
    for (const line of crowded ? [this.#unused, this.#used] : [this.#used, this.#unused]) {
      for (const session of line.values()) {
        if (session.busy) continue
        this.#expire(session, 'a newer session needed its place')
        return true
      }
    }
    return false
  }

  #expire(session: Session, why: string): void {
    this.expired++
    this.end(session, why)
  }
}
