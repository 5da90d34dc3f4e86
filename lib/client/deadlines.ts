/** The deadlines of all open calls under one timer: a call that is answered in time never sets one. */
import type { Deadline } from '../protocol/deadline.js'
import type { Clock } from './carrier.js'

/** Something that may take only so long. */
export interface Timed {
  readonly deadline: Deadline
  /** The time is up. */
  expire(nowMs: number): void
}

export class Deadlines {
  readonly #open = new Set<Timed>()
  #armedMs = Infinity
  #disarm: (() => void) | undefined

  constructor(private readonly clock: Clock) {}

  /** Watches it, or looks at it again after its deadline came nearer. */
  watch(timed: Timed): void {
    this.#open.add(timed)
    this.#arm(timed.deadline.dueMs)
  }

  forget(timed: Timed): void {
    this.#open.delete(timed)
  }

  close(): void {
    this.#open.clear()
    this.#disarm?.()
    this.#armedMs = Infinity
  }

  /** A deadline that moved away leaves the timer where it is: it fires once for nothing, and is set anew. */
  #arm(dueMs: number): void {
    if (dueMs >= this.#armedMs) return
    this.#disarm?.()
    this.#armedMs = dueMs
    this.#disarm = this.clock.after(dueMs - this.clock.nowMs(), () => this.#sweep(), false)
  }

  #sweep(): void {
    this.#armedMs = Infinity
    const nowMs = this.clock.nowMs()
    let nextMs = Infinity
    for (const timed of [...this.#open]) {
      const { dueMs } = timed.deadline
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs)
      else {
        this.#open.delete(timed)
        timed.expire(nowMs)
      }
    }
    this.#arm(nextMs)
  }
}
