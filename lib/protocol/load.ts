/** What the requests in flight of one mount weigh together, and whether there is room for one more. No I/O. */
import type { RpcRequest } from '../wire/json-rpc.js'
import { CODES, Refusal } from './errors.js'

export interface LoadLimits {
  /** Requests of all clients that may be in flight at once; subscriptions have a limit of their own. Beyond it: -32603, 503. A `ping` is always answered. Default 10 000. */
  readonly maxRequestsInFlight: number
  /** Requests of one session that may be. Beyond it: -32603, 429. Default 1000. */
  readonly maxRequestsInFlightPerSession: number
  /** Bytes of bodies, those of 16 KiB and less aside, that are being read or belong to requests in flight. Beyond it: -32603, 503, connection closed. Default 256 MiB. */
  readonly maxBodyTotalBytes: number
}
export const LOAD_LIMITS: LoadLimits = { maxRequestsInFlight: 10_000, maxRequestsInFlightPerSession: 1000, maxBodyTotalBytes: 256 * 1024 * 1024 }

/** A body this short is not weighed: there are many, and they cost less than the connection they came on. */
export const LIGHT_BYTES = 16_384

const BUSY = { fields: ['Retry-After', '1'] }

export class Load {
  /** Requests that are being answered, subscriptions aside. Kept by the exchanges. */
  inFlight = 0
  /** Kept by whoever reads, then by the exchange. */
  bodyBytes = 0

  constructor(readonly limits: LoadLimits = LOAD_LIMITS) {}

  /** Why there is no room for a request whose session has so many in flight already; `undefined` when there is. */
  refusalOf({ id, method }: RpcRequest, ofSession: number): Refusal | undefined {
    const { maxRequestsInFlight, maxRequestsInFlightPerSession } = this.limits
    if (ofSession >= maxRequestsInFlightPerSession && method !== 'ping') {
      return new Refusal(429, CODES.internalError, `${ofSession} requests of this session are in flight (maxRequestsInFlightPerSession); wait for an answer`, { ...BUSY, id })
    }
    if (this.inFlight >= maxRequestsInFlight && method !== 'ping' && method !== 'subscriptions/listen') {
      return new Refusal(503, CODES.internalError, `${this.inFlight} requests are in flight (maxRequestsInFlight); try again later`, { ...BUSY, id })
    }
    return undefined
  }

  /** A part of a body was read. False: it is too much with all the others. */
  read(bytes: number): boolean {
    this.bodyBytes += bytes
    return this.bodyBytes <= this.limits.maxBodyTotalBytes
  }

  get tooMuch(): Refusal {
    return new Refusal(503, CODES.internalError, `more than ${this.limits.maxBodyTotalBytes} bytes of bodies are being read or answered (maxBodyTotalBytes); try again later`, BUSY)
  }
}
