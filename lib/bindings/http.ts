/** HTTP as plain data: what a binding reads and what it tells a shell to write. No I/O. */

/** Header fields by lower-case name; a field given several times is one value joined by commas. */
export type Fields = { readonly [name: string]: string | undefined }

/** A request before its body is read. */
export interface HttpHead {
  readonly method: string
  /** Path and query as sent: `/mcp?x=1`. */
  readonly target: string
  readonly fields: Fields
}

/** A request with its body read, bounded and decoded. */
export interface HttpRequest extends HttpHead {
  readonly body: string
}

/** An instruction to the shell, to be performed in order. `fields`: names and values alternating. */
export type Write =
  | { readonly head: number; readonly fields: readonly string[] }
  | { readonly text: string }
  | { readonly end: true }

export const JSON_TYPE = 'application/json'
export const SSE_TYPE = 'text/event-stream'

/** Fields of every event stream: a proxy must neither store, change nor hold back what is in it. */
export const STREAM_FIELDS: readonly string[] = [
  'Content-Type', SSE_TYPE, 'Cache-Control', 'no-cache, no-transform', 'X-Accel-Buffering', 'no',
]
