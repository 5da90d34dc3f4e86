/** The events of one stream that may be asked for again (basic/transports#resumability-and-redelivery). Time is an argument. No I/O. */
import { type Account, type Book, type ReplayBudget, STREAM_WEIGHT } from './replay-budget.js'

/** An event as it went out the first time: an id and the text of its data, empty for a priming event. */
export interface Replayed {
  readonly id: string
  readonly data: string
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
  readonly #account: Account

  /**
   * @param token names the stream: unique in its session and unguessable, so that an event id says nothing.
   * @param book where the session finds the stream by its token; it leaves by itself.
   */
  constructor(readonly token: string, private readonly book: Book, private readonly budget: ReplayBudget, nowMs: number) {
    this.lastMs = nowMs
    book.set(token, this)
    this.#account = budget.begin(book)
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
    if (this.#kept.length > 0) this.#whole = this.#kept.join('\n')
    this.#kept = []
    this.#account.logs.add(this)
    this.budget.weigh(this.#account, STREAM_WEIGHT)
  }

  /** Keeps one event and gives it its id. Called before the event is written, so that no written event is missing here. */
  append(data: string, nowMs: number): string {
    const { limits } = this.budget
    this.lastMs = nowMs
    if (this.#kept.push(data) === 1) this.#account.logs.add(this)
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

  /** Drops all events; the stream itself too once it is over, otherwise it goes on from here, as the youngest of its session. */
  forget(): void {
    this.#first += this.#kept.length
    this.#kept = []
    const held = this.#account.logs.delete(this)
    this.#count(-this.#bytes)
    if (!held || !this.#ended) return
    this.book.delete(this.token)
    this.budget.weigh(this.#account, -STREAM_WEIGHT)
    this.budget.end(this.book, this.#account)
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
    this.budget.weigh(this.#account, bytes)
  }
}

/** The stream an event id belongs to. */
export const tokenOf = (eventId: string): string => eventId.slice(0, Math.max(0, eventId.lastIndexOf('-')))
