/** What stands between a handler's log and the client: nothing secret, nothing too large, not too much at once. No I/O; time is an argument. */
import type { Exchange } from '../protocol/exchange.js'

export interface LogLimits {
  /** Entries a client is sent in one second, of one session or, without one, one request. Those beyond are held back and counted, and the client is told how many. Default: no limit. */
  readonly maxPerSecond?: number
  /** Characters of JSON in one entry's data. Longer data is replaced by a note that says how long it was. Default: no limit. */
  readonly maxDataBytes?: number
  /** Sees each entry's data before it is sent, and returns what may be sent: the place to take secrets out. What it throws keeps the entry back. */
  readonly redact?: (data: unknown) => unknown
}

interface Window {
  beganMs: number
  sent: number
  held: number
}

export class LogGuard {
  readonly #windows = new WeakMap<object, Window>()

  constructor(private readonly limits: LogLimits, private readonly nowMs: () => number) {}

  /** Is there anything to guard? */
  get idle(): boolean {
    const { maxPerSecond, maxDataBytes, redact } = this.limits
    return maxPerSecond === undefined && maxDataBytes === undefined && redact === undefined
  }

  /** The data to send, in a box; nothing if the entry is held back. */
  pass(exchange: Exchange, data: unknown, tell: (held: number) => void): { readonly data: unknown } | undefined {
    const { maxPerSecond, maxDataBytes, redact } = this.limits
    if (maxPerSecond !== undefined && !this.#mayPass(exchange, maxPerSecond, tell)) return undefined
    const clean = redact ? redact(data) : data
    if (maxDataBytes === undefined) return { data: clean }
    const bytes = JSON.stringify(clean)?.length ?? 0
    return { data: bytes > maxDataBytes ? { omitted: bytes, reason: `the entry is longer than ${maxDataBytes} characters` } : clean }
  }

  #mayPass(exchange: Exchange, maxPerSecond: number, tell: (held: number) => void): boolean {
    const whose = exchange.session ?? exchange
    const now = this.nowMs()
    let window = this.#windows.get(whose)
    if (!window) this.#windows.set(whose, (window = { beganMs: now, sent: 0, held: 0 }))
    const told = (): void => {
      const { held } = window
      window.held = 0
      if (held > 0) tell(held)
    }
    if (now - window.beganMs >= 1000) {
      window.beganMs = now
      window.sent = 0
      told()
    }
    if (window.sent++ < maxPerSecond) return true
    // whatever is still held back when the request ends is told before its answer
    if (window.held++ === 0) exchange.whenFinishing(told)
    return false
  }
}
