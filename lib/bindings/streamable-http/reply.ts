/** Streamable HTTP, server side: the shape of one reply, undecided until something is said, then an object or a stream. No I/O. */
import type { Revision } from '../../revisions/revision.js'
import type { RpcMessage, RpcResponse } from '../../wire/json-rpc.js'
import { encodeComment, encodeData, encodeEvent } from '../../wire/sse.js'
import type { ReplayLog } from '../../protocol/replay-log.js'
import { JSON_TYPE, STREAM_FIELDS, type Write } from '../http.js'

export interface ReplyOptions {
  readonly revision: Revision
  /** Types the client accepts; at least one. */
  readonly json: boolean
  readonly sse: boolean
  /** Further fields of the head, such as the session id: names and values alternating. */
  readonly fields?: readonly string[] | undefined
  /** Makes the log of this stream when it begins; absent where it cannot be resumed. */
  readonly logs?: { newLog(): ReplayLog } | undefined
  readonly nowMs: () => number
  /** What a client that lost the connection is told to wait, in milliseconds. */
  readonly retryMs: number
}

const END: Write = { end: true }
const JSON_FIELDS: readonly string[] = ['Content-Type', JSON_TYPE]
const NOTHING: readonly Write[] = []

export class Reply {
  #shape: 'undecided' | 'stream' | 'over' = 'undecided'
  #log: ReplayLog | undefined
  /** Messages that an object has no place for, where the client accepts no stream. */
  unsaid = 0

  constructor(private readonly how: ReplyOptions) {}

  get undecided(): boolean {
    return this.#shape === 'undecided'
  }
  get over(): boolean {
    return this.#shape === 'over'
  }
  /** What makes the stream resumable, once it is a stream and if it is. */
  get log(): ReplayLog | undefined {
    return this.#log
  }
  /** Can something be said before the response? */
  get speaks(): boolean {
    return this.how.sse
  }

  /** Is a stream better than silence, because its end can be fetched again? */
  get canWait(): boolean {
    return this.how.sse && this.how.logs !== undefined
  }

  /** Makes it a stream before there is anything to say: for a GET, and for a call that takes long. */
  begin(): readonly Write[] {
    if (this.#shape !== 'undecided' || !this.how.sse) return NOTHING
    this.#shape = 'stream'
    const { revision, logs, fields, nowMs, retryMs } = this.how
    const head: Write = { head: 200, fields: fields ? [...STREAM_FIELDS, ...fields] : STREAM_FIELDS }
    if (!logs) return [head]
    this.#log = logs.newLog()
    if (!revision.primes) return [head]
    // 2025-11-25/basic/transports#sending-messages-to-the-server/6: an id and empty data, so that the client can come back
    return [head, { text: encodeEvent({ id: this.#log.append('', nowMs()), data: '', retryMs }) }]
  }

  /** Says something before the end: a message of ours, or one response of a batch. */
  send(message: RpcMessage): readonly Write[] {
    if (this.#shape === 'over') return NOTHING
    if (!this.how.sse) {
      this.unsaid++
      return NOTHING
    }
    const json = JSON.stringify(message) // throws, if it must, before anything is begun
    if (this.#shape === 'stream') return [this.#event(json)]
    return [...this.begin(), this.#event(json)]
  }

  /** Says the response, and ends. One object if nothing was said before and the client takes one. */
  finish(response: RpcResponse | readonly RpcResponse[], status = 200): readonly Write[] {
    if (this.#shape === 'over') return NOTHING
    const json = JSON.stringify(response)
    if (this.#shape === 'undecided' && (this.how.json || !this.how.sse)) {
      const { fields } = this.how
      this.#shape = 'over'
      return [{ head: status, fields: fields ? [...JSON_FIELDS, ...fields] : JSON_FIELDS }, { text: json }, END]
    }
    const writes = [...this.begin(), this.#event(json), END]
    this.#close()
    return writes
  }

  /** Ends without a response: the request was cancelled, or a GET stream is over. */
  end(): readonly Write[] {
    if (this.#shape === 'over') return NOTHING
    const undecided = this.#shape === 'undecided'
    this.#close()
    if (!undecided) return [END]
    // No response follows a cancelled request, yet HTTP needs a status: a stream in which nothing is said is the least.
    return [this.how.sse ? { head: 200, fields: STREAM_FIELDS } : { head: 204, fields: [] }, END]
  }

  /** Notifications and responses were taken: 202, and no body (basic/transports#sending-messages-to-the-server/4). */
  accept(): readonly Write[] {
    this.#shape = 'over'
    return [{ head: 202, fields: [] }, END]
  }

  /** A comment line, for a quiet stream. */
  heartbeat(): readonly Write[] {
    return this.#shape === 'stream' ? [{ text: encodeComment('') }] : NOTHING
  }

  /** Ends the connection, not the stream. Nothing where clients were never told to come back for the rest: before there was priming. */
  hangUp(retryMs: number): readonly Write[] {
    if (!this.how.revision.primes || this.#shape === 'over') return NOTHING
    const head = this.begin()
    return this.#log ? [...head, { text: encodeEvent({ retryMs }) }, END] : head
  }

  /** On a new connection: what the client has not seen, then whatever comes. `undefined`: that is not, or no longer, known. */
  resume(after: string): readonly Write[] | undefined {
    return this.#log && replay(this.#log, after)
  }

  #close(): void {
    this.#shape = 'over'
    this.#log?.end()
  }

  #event(json: string): Write {
    // Logged before written: what a client can have seen can be asked for again.
    return { text: this.#log ? `id: ${this.#log.append(json, this.how.nowMs())}\n${encodeData(json)}` : encodeData(json) }
  }
}

/** A stream again, from after that event: the whole rest of one that is over. `undefined`: the event is not, or no longer, known. */
export const replay = (log: ReplayLog, after: string): readonly Write[] | undefined => {
  const missed = log.after(after)
  if (!missed) return undefined
  const writes: Write[] = [{ head: 200, fields: STREAM_FIELDS }, ...missed.map(({ id, data }): Write => ({ text: encodeEvent({ id, data }) }))]
  return log.ended ? [...writes, END] : writes
}
