/** The events of one stream that may be asked for again (basic/transports#resumability-and-redelivery). Time is an argument. No I/O. */

export interface ReplayLimits {
  /** Events kept of one stream. Beyond it the oldest go; asking for what followed them is refused. Default 1000. */
  readonly maxReplayEvents: number
  /** Characters of JSON kept of one stream. Beyond it the oldest go. Default 4 Mi. */
  readonly maxReplayBytes: number
  /** Characters of JSON kept of all streams together. Beyond it the stream begun first is forgotten. Default 64 Mi. */
  readonly maxReplayTotalBytes: number
  /** How long a stream is kept after its last event, in milliseconds. Default 300 000. */
  readonly replayAgeMs: number
}
export const REPLAY_LIMITS: ReplayLimits = { maxReplayEvents: 1000, maxReplayBytes: 4 * 1024 * 1024, maxReplayTotalBytes: 64 * 1024 * 1024, replayAgeMs: 300_000 }

/** What a stream weighs of which nothing is kept, in the same unit. */
const WEIGHT = 512

/** An event as it went out the first time: an id and the text of its data, empty for a priming event. */
export interface Replayed {
  readonly id: string
  readonly data: string
}

/** All logs of a mount, first begun first: what bounds them together. */
export class ReplayBudget {
  bytes = 0
  readonly logs = new Set<ReplayLog>()
  constructor(readonly limits: ReplayLimits = REPLAY_LIMITS) {}

  /** Characters of events kept, without what the streams weigh by themselves. */
  get kept(): number {
    return this.bytes - WEIGHT * this.logs.size
  }

  /** Forgets what is too old. */
  sweep(nowMs: number): void {
    // of a copy: a stream that goes on goes to the end of the line, where it would be met again
    for (const log of [...this.logs]) if (log.lastMs < nowMs - this.limits.replayAgeMs) log.forget()
  }

  /** Forgets the oldest until the rest fits. */
  shrink(): void {
    for (const log of [...this.logs]) {
      if (this.bytes <= this.limits.maxReplayTotalBytes) return
      log.forget()
    }
  }
}

export class ReplayLog {
  #kept: string[] = []
  /** The events of a stream that is over, one a line: one string is less to keep alive than many. Set instead of `#kept`. */
  #whole: string | undefined
  /** Sequence number of `#kept[0]`. */
  #first = 0
  #bytes = 0
  lastMs: number
  #ended = false
  /** Whatever carries the stream, while it lasts: the mount's own. */
  carrier: unknown

  /**
   * @param token names the stream: unique in its session and unguessable, so that an event id says nothing.
   * @param book where the session finds the stream by its token; it leaves by itself.
   */
  constructor(readonly token: string, private readonly book: Map<string, ReplayLog>, private readonly budget: ReplayBudget, nowMs: number) {
    this.lastMs = nowMs
    book.set(token, this)
    budget.logs.add(this)
    budget.bytes += WEIGHT
    if (budget.bytes > budget.limits.maxReplayTotalBytes) budget.shrink()
  }

  /** The stream is over: nothing will be appended. */
  get ended(): boolean {
    return this.#ended
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.carrier = undefined
    this.#whole = this.#kept.join('\n')
    this.#kept = []
  }

  /** Keeps one event and gives it its id. Called before the event is written, so that no written event is missing here. */
  append(data: string, nowMs: number): string {
    const { limits } = this.budget
    this.lastMs = nowMs
    this.#kept.push(data)
    this.#count(data.length)
    while (this.#kept.length > limits.maxReplayEvents || (this.#bytes > limits.maxReplayBytes && this.#kept.length > 1)) this.#shift()
    const id = this.#id(this.#first + this.#kept.length - 1)
    if (this.budget.bytes > limits.maxReplayTotalBytes) this.budget.shrink()
    return id
  }

  /** What came after that event, in order. `undefined`: the id is not of this stream, or what followed it is no longer kept. */
  after(id: string): readonly Replayed[] | undefined {
    const digits = id.slice(this.token.length + 1)
    if (!id.startsWith(`${this.token}-`) || !/^[0-9]{1,15}$/.test(digits)) return undefined
    const next = Number(digits) + 1
    const kept = this.#whole?.split('\n') ?? this.#kept
    if (this.#id(next - 1) !== id || next < this.#first || next > this.#first + kept.length) return undefined
    return kept.slice(next - this.#first).map((data, i) => ({ id: this.#id(next + i), data }))
  }

  /** Drops all events; the stream itself too once it is over, otherwise it goes on from here. */
  forget(): void {
    this.#first += this.#kept.length
    this.#kept = []
    this.#count(-this.#bytes)
    this.budget.logs.delete(this)
    if (this.#ended) {
      if (this.book.delete(this.token)) this.budget.bytes -= WEIGHT
    } else this.budget.logs.add(this)
  }

  #id(sequence: number): string {
    return `${this.token}-${sequence}`
  }

  #shift(): void {
    this.#count(-this.#kept.shift()!.length)
    this.#first++
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.budget.bytes += bytes
  }
}

/** The stream an event id belongs to. */
export const tokenOf = (eventId: string): string => eventId.slice(0, Math.max(0, eventId.lastIndexOf('-')))
