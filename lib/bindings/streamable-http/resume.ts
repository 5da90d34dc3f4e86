/** Streamable HTTP, client side: when to come back for a stream (basic/transports#resumability-and-redelivery). Time is an argument. No I/O. */
import { MAX_EVENT_BYTES } from '../../wire/sse.js'

export interface HearLimits {
  /** Longest event of a stream, in bytes, and longest JSON body. Beyond either: `InvalidMessage`, connection closed. Default 64 MiB each. */
  readonly maxEventBytes: number
  readonly maxBodyBytes: number
  /** Tries in a row to take a stream up again that bring nothing. Beyond it: `BrokenStream`. Default 5. Does not bound the standalone stream. */
  readonly maxResumes: number
  /** Wait before the first such try when the server names none, in milliseconds; doubles with each that brings nothing. Default 500. */
  readonly resumeDelayMs: number
  /** Longest wait that doubling leads to; a longer `retry` of the server's is still respected. Default 30 000. */
  readonly maxResumeDelayMs: number
}

export const HEAR_LIMITS: HearLimits = { maxEventBytes: MAX_EVENT_BYTES, maxBodyBytes: MAX_EVENT_BYTES, maxResumes: 5, resumeDelayMs: 500, maxResumeDelayMs: 30_000 }


/** Grows while coming back is in vain, and never below what the server asks for. */
export class Patience {
  /** Tries to come back, in all. */
  tries = 0
  #vain = 0
  #retryMs: number | undefined

  constructor(private readonly limits: Pick<HearLimits, 'resumeDelayMs' | 'maxResumeDelayMs'>) {}

  /** Tries in a row that brought nothing. */
  get vain(): number {
    return this.#vain
  }

  /** Something came. */
  rewarded(): void {
    this.#vain = 0
  }

  /** The server said when to come back: it has work in hand, even if it had nothing to say yet. */
  asked(retryMs: number): void {
    this.#retryMs = retryMs
    this.#vain = 0
  }

  /** Counts one more try, and says how long to wait before it, in milliseconds. */
  next(): number {
    const { resumeDelayMs, maxResumeDelayMs } = this.limits
    const growing = Math.min(maxResumeDelayMs, resumeDelayMs * 2 ** this.#vain)
    // basic/transports#sending-messages-to-the-server: its word is a minimum. It may also be less than we would wait.
    const delayMs = this.#vain === 0 ? (this.#retryMs ?? growing) : Math.max(this.#retryMs ?? 0, growing)
    this.#vain++
    this.tries++
    return Math.max(LEAST_DELAY_MS, delayMs)
  }
}

/** Between two connections for one stream, in milliseconds, even if the server says 0. */
const LEAST_DELAY_MS = 10
