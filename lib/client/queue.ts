/** Notifications that wait to be looked at: bounded, so that whoever does not look costs little. */

export class Queue<T> implements AsyncIterableIterator<T> {
  /** Oldest first, from `#first` on. */
  #items: T[] = []
  #first = 0
  #ended = false
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = []
  /** How many were dropped, oldest first, because more than `max` waited. */
  dropped = 0

  /** @param max how many may wait. Beyond it the oldest goes. */
  constructor(private readonly max: number, private readonly onDropped?: (total: number) => void) {}

  push(item: T): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting) return waiting({ value: item, done: false })
    this.#items.push(item)
    if (this.#items.length - this.#first <= this.max) return
    this.#take()
    this.dropped++
    this.onDropped?.(this.dropped)
  }

  /** Nothing more will come; what waits can still be read. */
  end(): void {
    this.#ended = true
    for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true })
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#first < this.#items.length) return Promise.resolve({ value: this.#take(), done: false })
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

  /** Moves an index rather than the array, and tidies when half of it is behind. */
  #take(): T {
    const item = this.#items[this.#first++]!
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}
