/** What may be said about a client's HTTP. Apart from the carrier, so that declarations need nothing of undici's. */
import type { HearLimits } from '../bindings/streamable-http/resume.js'

export interface HttpClientOptions extends Partial<HearLimits> {
  /** Fields sent with every request, such as `authorization`. They go to this endpoint alone: redirects are not followed. */
  readonly headers?: { readonly [name: string]: string }
  /** Longest wait for a connection, in milliseconds. Default 10 000. */
  readonly connectTimeoutMs?: number
  /** Certificate authorities to trust instead of the usual ones, as PEM. */
  readonly ca?: string | Uint8Array
  /** Longest wait for the answer to the DELETE that ends a session, in milliseconds. Default 2000. */
  readonly leaveTimeoutMs?: number
}

/** What holds of it unless others are given, what is heard aside. */
export const HTTP_CLIENT_LIMITS = { connectTimeoutMs: 10_000, leaveTimeoutMs: 2000 }
