/** The clock of this process, and its randomness. */
import { randomUUID } from 'node:crypto'
import type { World } from '../client/carrier.js'

/** A timer may be early by less than a millisecond; nothing may happen sooner than it was asked for. */
export const clock: World = {
  nowMs: () => performance.timeOrigin + performance.now(),
  newId: randomUUID,
  after(ms, run, holding) {
    const timer = setTimeout(run, Math.min(Math.max(0, Math.ceil(ms) + 1), LONGEST_TIMER_MS))
    if (!holding) timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Beyond it, Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
