/** What bounds the replay logs of a mount together: whoever fills it makes room in it. No I/O. */
import type { ReplayLog } from './replay-log.js'

export interface ReplayLimits {
  /** Events kept of one stream. Beyond it the oldest go; asking for what followed them is refused. Default 1000. */
  readonly maxReplayEvents: number
  /** Characters of JSON kept of one stream. Beyond it the oldest go. Default 4 Mi. */
  readonly maxReplayBytes: number
  /** Characters of JSON kept of all streams together. Beyond it the session that holds most forgets its oldest stream. Default 64 Mi. */
  readonly maxReplayTotalBytes: number
  /** How long a stream is kept after its last event, in milliseconds. Default 300 000. */
  readonly replayAgeMs: number
}
export const REPLAY_LIMITS: ReplayLimits = { maxReplayEvents: 1000, maxReplayBytes: 4 * 1024 * 1024, maxReplayTotalBytes: 64 * 1024 * 1024, replayAgeMs: 300_000 }

/** What a stream weighs of which nothing is kept, in the same unit. */
export const STREAM_WEIGHT = 512
/** Sessions are told apart by what they hold to within a fourth root of 2, about a fifth: the fullest is found without sorting them. */
const SHELVES_PER_DOUBLING = 4

/** The streams of one session, by token. */
export type Book = Map<string, ReplayLog>

/** What one session holds that can be forgotten: events, and streams that are over. One that goes on weighs something, but has to stay. */
export class Account {
  /** Oldest first. */
  readonly logs = new Set<ReplayLog>()
  streams = 0
  bytes = 0
  /** Where it stands, and the bytes for which that is right. Nowhere: nothing can be forgotten. */
  shelf = -1
  from = 0
  below = 0
}

export class ReplayBudget {
  bytes = 0
  /** Streams that can be asked for. */
  streams = 0
  readonly #accounts = new Map<Book, Account>()
  readonly #shelves: Set<Account>[] = []

  constructor(readonly limits: ReplayLimits = REPLAY_LIMITS) {}

  /** Characters of events kept, without what the streams weigh by themselves. */
  get kept(): number {
    return this.bytes - STREAM_WEIGHT * this.streams
  }

  /** A stream begins. */
  begin(book: Book): Account {
    let account = this.#accounts.get(book)
    if (!account) this.#accounts.set(book, (account = new Account()))
    account.streams++
    this.streams++
    this.bytes += STREAM_WEIGHT
    return account
  }

  /** A stream is forgotten whole. */
  end(book: Book, account: Account): void {
    this.streams--
    this.bytes -= STREAM_WEIGHT
    if (--account.streams === 0) this.#accounts.delete(book)
  }

  /** What can be forgotten of a session is more, or less, by so much. */
  weigh(account: Account, bytes: number): void {
    account.bytes += bytes
    if (account.bytes < account.from || account.bytes >= account.below || account.logs.size === 0) this.#move(account)
  }

  /** Forgets what is too old. */
  sweep(nowMs: number): void {
    const beforeMs = nowMs - this.limits.replayAgeMs
    // of copies: what is forgotten leaves
    for (const { logs } of [...this.#accounts.values()]) for (const log of [...logs]) if (log.lastMs < beforeMs) log.forget()
  }

  /** The session that holds most forgets its oldest stream, until all fits. */
  shrink(): void {
    while (this.bytes > this.limits.maxReplayTotalBytes) {
      const [oldest] = this.#fullest?.logs ?? []
      if (!oldest) return
      oldest.forget()
    }
  }

  get #fullest(): Account | undefined {
    for (let shelf = this.#shelves.length - 1; shelf >= 0; shelf--) {
      const [account] = this.#shelves[shelf] ?? []
      if (account) return account
    }
    return undefined
  }

  #move(account: Account): void {
    const shelf = account.logs.size === 0 ? -1 : Math.floor(SHELVES_PER_DOUBLING * Math.log2(1 + account.bytes))
    account.from = shelf < 0 ? Infinity : 2 ** (shelf / SHELVES_PER_DOUBLING) - 1
    account.below = 2 ** ((shelf + 1) / SHELVES_PER_DOUBLING) - 1
    if (shelf === account.shelf) return
    this.#shelves[account.shelf]?.delete(account)
    account.shelf = shelf
    if (shelf >= 0) (this.#shelves[shelf] ??= new Set()).add(account)
  }
}
