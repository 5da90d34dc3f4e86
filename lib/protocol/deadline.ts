/** How long one request may take: pushed by progress, bounded by a maximum (basic/lifecycle#timeouts). Time is an argument. No I/O. */
import { Timeout } from './errors.js'

export interface TimeLimits {
  /** Longest wait for a response, counted from the request and again from each progress notification, in milliseconds. Default 60 000. */
  readonly timeoutMs: number
  /** Longest wait in all, whatever progress is reported, in milliseconds. Default 3 600 000. */
  readonly maxTotalMs: number
}
export const TIME_LIMITS: TimeLimits = { timeoutMs: 60_000, maxTotalMs: 3_600_000 }

/** Limits as given, the rest by default. `Infinity` is allowed. @throws TypeError unless both are above zero. */
export const timeLimits = (given: Partial<TimeLimits>, byDefault = TIME_LIMITS): TimeLimits => {
  if (given.timeoutMs === undefined && given.maxTotalMs === undefined) return byDefault
  const limits = { timeoutMs: given.timeoutMs ?? byDefault.timeoutMs, maxTotalMs: given.maxTotalMs ?? byDefault.maxTotalMs }
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== 'number' || !(value > 0)) throw new TypeError(`${name} is ${String(value)}; expected milliseconds above zero`)
  }
  return limits
}

export class Deadline {
  readonly #limits: TimeLimits
  readonly #startedMs: number
  #pushedMs: number
  #holds = 0

  constructor(limits: TimeLimits, nowMs: number) {
    this.#limits = limits
    this.#startedMs = nowMs
    this.#pushedMs = nowMs
  }

  /** The peer showed that it is at work. */
  push(nowMs: number): void {
    this.#pushedMs = nowMs
  }

  /** From here on it is the peer that waits for us: only the maximum runs. */
  hold(): void {
    this.#holds++
  }

  /** We have answered; the peer's time starts anew. */
  release(nowMs: number): void {
    this.#holds--
    this.#pushedMs = nowMs
  }

  /** When it runs out unless it is pushed, on the clock that `nowMs` comes from. */
  get dueMs(): number {
    const lastMs = this.#startedMs + this.#limits.maxTotalMs
    return this.#holds > 0 ? lastMs : Math.min(lastMs, this.#pushedMs + this.#limits.timeoutMs)
  }

  /** The error that says which limit ran out, once one has. */
  expired(what: string, nowMs: number): Timeout | undefined {
    if (nowMs < this.dueMs) return undefined
    const { timeoutMs, maxTotalMs } = this.#limits
    const byMaximum = this.#startedMs + maxTotalMs <= nowMs
    const limit = byMaximum ? 'maxTotalMs' : 'timeoutMs'
    const afterMs = byMaximum ? maxTotalMs : timeoutMs
    return new Timeout(`${what} was not answered within ${afterMs} ms (${limit})`, limit, afterMs)
  }
}
