/** How often a connection that was lost may be made again, so that a server that cannot live is not started for ever. */
import type { Clock } from '../client/carrier.js'
import { BrokenStream } from '../protocol/errors.js'

export interface RestartOptions {
  /** Times in any minute that a server which was lost is started, or connected to, again: when something is next said to it. 0: never. Default 3. */
  readonly restarts?: number
}

export const RESTART_LIMITS = { restarts: 3 }
const PER_MS = 60_000

export class Lives {
  /** How many there were: the number of the one that is, or was last. */
  count = 0
  #again: number[] = []
  #probed = false

  constructor(private readonly restarts: number, private readonly clock: Clock) {
    if (!(restarts >= 0)) throw new TypeError(`restarts is ${restarts}; expected a number from 0`)
  }

  /**
   * May there be one more? `silent`: the one before ended without a word. Once that is free: a server that dies of a first request it does not
   * know is one to be opened in the other way.
   */
  begin(silent: boolean): boolean {
    const nowMs = this.clock.nowMs()
    if (this.count > 0 && !(silent && !this.#probed)) {
      this.#again = this.#again.filter(ms => nowMs - ms < PER_MS)
      if (this.#again.length >= this.restarts) return false
      this.#again.push(nowMs)
    } else if (this.count > 0) this.#probed = true
    this.count++
    return true
  }

  /** What whoever asks once too often is told. */
  refusal(why: Error): BrokenStream {
    return new BrokenStream(`${why.message}; it is not tried again: ${this.restarts} restarts in a minute are allowed (restarts)`, { cause: why })
  }
}
