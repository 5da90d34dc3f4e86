/** Notifications that wait to be looked at: bounded, so that whoever does not look costs little. */

/** What may wait in one queue, by weight: 8 Mi characters. */
export const MAX_QUEUED_WEIGHT = 8 * 1024 * 1024

/** About what a decoded message holds: its characters, and 16 for each value in it. Costs a walk and copies nothing. */
const weightOf = (value: unknown): number => {
  if (typeof value === 'string') return 16 + value.length
  let weight = 16
  if (typeof value === 'object' && value !== null) for (const key in value) weight += key.length + weightOf((value as { [key: string]: unknown })[key])
  return weight
}

export class Queue<T> implements AsyncIterableIterator<T> {
  /** Oldest first, from `#first` on. */
  #items: { readonly item: T; readonly weight: number }[] = []
  #first = 0
  #weight = 0
  #ended = false
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = []
  /** How many were dropped, oldest first, because more than `max`, or more than `MAX_QUEUED_WEIGHT`, waited. */
  dropped = 0

  /** @param max how many may wait. Beyond it, or beyond `MAX_QUEUED_WEIGHT`, the oldest goes; the newest always stays. */
  constructor(private readonly max: number, private readonly onDropped?: (total: number) => void) {}

  push(item: T): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting) return waiting({ value: item, done: false })
    const weight = weightOf(item)
    this.#items.push({ item, weight })
    this.#weight += weight
    while (this.#waits > this.max || (this.#weight > MAX_QUEUED_WEIGHT && this.#waits > 1)) {
      this.#take()
      this.dropped++
      this.onDropped?.(this.dropped)
    }
  }

  /** Nothing more will come; what waits can still be read. */
  end(): void {
    this.#ended = true
    for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true })
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waits > 0) return Promise.resolve({ value: this.#take(), done: false })
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** Leaving a loop ends the loop alone: a later one goes on where it stopped. */
  return(): Promise<IteratorResult<T, undefined>> {
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  get #waits(): number {
    return this.#items.length - this.#first
  }

  /** Moves an index rather than the array, and tidies when half of it is behind. */
  #take(): T {
    const { item, weight } = this.#items[this.#first++]!
    this.#weight -= weight
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}
