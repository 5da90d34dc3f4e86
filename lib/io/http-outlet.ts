/** Where one reply's writes become bytes on a node:http response: gathered by turn of the event loop, bounded, watched for hang-ups. */
import type { ServerResponse } from 'node:http'
import { JSON_TYPE, SSE_TYPE, type Write } from '../bindings/http.js'
import { Reply } from '../bindings/streamable-http/reply.js'
import type { Exchange, Outlet } from '../protocol/exchange.js'
import type { ReplayLog } from '../protocol/replay-log.js'
import type { Channel, Session } from '../protocol/session.js'
import type { Revision } from '../revisions/index.js'
import type { RpcMessage, RpcResponse } from '../wire/json-rpc.js'
import { logMessage } from '../server/logging.js'
import { accepts } from '../wire/fields.js'
import { reaches } from '../wire/levels.js'
import type { Observer } from './observe.js'

/** What all outlets of a handler share. */
export interface Outlets {
  readonly maxQueuedBytes: number
  readonly keepAliveMs: number
  readonly streamAfterMs: number
  readonly retryMs: number
  nowMs(): number
  newLog(session: Session): ReplayLog
  /** Outlets that outlived the turn they began in: those a tick, a drain or a shutdown must know. */
  readonly open: Set<HttpOutlet>
  /** Log and progress notifications that slow readers missed. */
  dropped: number
  readonly observer: Observer
  wake(): void
}

const DROPPABLE: ReadonlySet<string> = new Set(['notifications/message', 'notifications/progress'])
/** Characters gathered before they are written without waiting for the turn to end. */
const FLUSH_AT = 65_536
/** Characters from which a body is cheaper to write as bytes: measured, spec-tests/bench. */
const AS_BYTES = 262_144

/** What a reply is made for. */
export interface ReplyTo {
  readonly revision: Revision
  readonly session?: Session | undefined
  /** `Accept` as it came. */
  readonly accept: string | undefined
  /** Further fields of the head. */
  readonly fields?: readonly string[]
  /** It is the stream for what belongs to no request. */
  readonly listens?: boolean
}

const flushNow = (outlet: HttpOutlet): void => outlet.flush()

export class HttpOutlet implements Outlet, Channel {
  #res: ServerResponse | undefined
  #head: { readonly head: number; readonly fields: readonly string[] } | undefined
  #tail = ''
  #scheduled = false
  #blocked = false
  #dropped = 0
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  #watched = false
  readonly #bornMs: number
  #status = 200
  #cancelled = false
  #bytes = 0
  /** When anything was last written, or the wait began. */
  atMs = 0
  /** Set once the exchange exists: told when hanging up cancels. */
  exchange: Exchange | undefined

  readonly reply: Reply
  readonly listens: boolean
  readonly #cancels: boolean
  readonly #session: Session | undefined

  constructor(readonly all: Outlets, res: ServerResponse, { revision, session, accept, fields, listens = false }: ReplyTo) {
    this.#res = res
    this.#session = session
    this.#bornMs = all.nowMs()
    this.listens = listens
    this.#cancels = revision.disconnect === 'cancels'
    this.reply = new Reply({
      revision,
      json: !listens && accepts(accept, JSON_TYPE) > 0,
      sse: accepts(accept, SSE_TYPE) > 0,
      fields,
      logs: session && revision.resumes ? this : undefined,
      nowMs: all.nowMs,
      retryMs: all.retryMs,
    })
  }

  /** The log of this stream, by which it is found again while it lasts. */
  newLog(): ReplayLog {
    const log = this.all.newLog(this.#session!)
    log.carrier = this
    return log
  }

  get live(): boolean {
    return this.#res !== undefined
  }
  get speaks(): boolean {
    return this.reply.speaks && (this.#res !== undefined || this.reply.log !== undefined)
  }

  send(message: RpcMessage): boolean {
    if (!this.#res && !this.reply.log) return false
    if (this.#blocked && this.#queued() > this.all.maxQueuedBytes && 'method' in message && DROPPABLE.has(message.method)) {
      this.#dropped++
      this.all.dropped++
      return false
    }
    this.perform(this.reply.send(message))
    // What is not a log entry must not be lost in silence: a reader this slow is cut off, and comes back or asks again.
    if (this.#blocked && this.#queued() > 2 * this.all.maxQueuedBytes && 'method' in message) this.#res?.destroy()
    return true
  }

  finish(response: RpcResponse | readonly RpcResponse[], status?: number): void {
    this.#sayDropped()
    this.perform(this.reply.finish(response, status))
  }

  /** Everything was taken, and nothing is to be said. */
  accept(): void {
    this.perform(this.reply.accept())
  }

  drop(): void {
    this.#cancelled = true
    this.perform(this.reply.end())
  }

  end(): void {
    this.perform(this.reply.end())
  }

  room(): Promise<void> | undefined {
    if (!this.#blocked || !this.#res) return undefined
    if (!this.#room) {
      let resolve!: () => void
      const promise = new Promise<void>(settle => (resolve = settle))
      this.#room = { promise, resolve }
    }
    return this.#room.promise
  }

  hangUp(retryMs: number): boolean {
    const writes = this.reply.hangUp(retryMs)
    this.perform(writes)
    return writes.length > 0 && this.reply.log !== undefined
  }

  /** Makes a stream of a reply that is still undecided. */
  begin(): void {
    this.perform(this.reply.begin())
  }

  /** Takes the place of a connection that was lost, or is about to be. False: the cursor is not known any more. */
  attach(res: ServerResponse, after: string): boolean {
    const writes = this.reply.resume(after)
    if (!writes) return false
    const old = this.#res
    this.#detach()
    old?.end()
    this.#res = res
    this.#watched = false
    this.watch()
    this.perform(writes)
    return true
  }

  /** From the second turn on: a client may hang up, and a wait may get long. */
  watch(): void {
    const res = this.#res
    if (!res || this.#watched) return
    this.#watched = true
    this.all.open.add(this)
    this.all.wake()
    this.atMs = performance.now()
    res.on('close', () => {
      if (this.#res === res && !res.writableEnded) this.#lost()
      else if (this.#res === undefined) this.all.open.delete(this)
    })
    if (res.destroyed) this.#lost()
  }

  /** One timer serves all outlets. */
  tick(nowMs: number): void {
    const quietMs = nowMs - this.atMs
    if (this.reply.undecided) {
      if (quietMs >= this.all.streamAfterMs && this.reply.canWait) this.begin()
    } else if (quietMs >= this.all.keepAliveMs && !this.#blocked) this.perform(this.reply.heartbeat())
  }

  /** Cuts the connection, and what runs for it: a shutdown has waited long enough. */
  destroy(): void {
    this.#res?.destroy()
    if (this.#res) this.#lost('the server is shutting down')
  }

  perform(writes: readonly Write[]): void {
    if (!this.#res) return
    for (const write of writes) {
      if ('text' in write) this.#tail += write.text
      else if ('head' in write) this.#head = write
      else return this.#end()
    }
    if (this.#tail.length >= FLUSH_AT && !this.#blocked) this.flush()
    else if (!this.#scheduled && (this.#tail !== '' || this.#head)) {
      this.#scheduled = true
      setImmediate(flushNow, this)
    }
  }

  flush(): void {
    this.#scheduled = false
    const res = this.#res
    if (!res || this.#blocked) return
    if (this.#head) {
      res.writeHead(this.#head.head, this.#head.fields as string[])
      this.#head = undefined
      this.watch()
      if (this.#tail === '') res.flushHeaders()
    }
    if (this.#tail === '') return
    const text = this.#tail
    this.#tail = ''
    this.#bytes += text.length
    this.atMs = performance.now()
    if (res.write(text)) return
    this.#blocked = true
    res.once('drain', () => this.#drained(res))
  }

  #end(): void {
    const res = this.#res!
    const body = this.#tail
    const head = this.#head
    this.#detach()
    this.#bytes += body.length
    if (head) this.#status = head.head
    if (this.all.observer.wanted) this.#report(head ? 'object' : 'stream')
    if (head) {
      const bytes = body.length >= AS_BYTES ? Buffer.from(body) : body
      res.writeHead(head.head, [...head.fields, 'Content-Length', String(Buffer.byteLength(bytes))])
      res.end(bytes)
    } else res.end(body)
  }

  #queued(): number {
    return this.#tail.length + (this.#res?.writableLength ?? 0)
  }

  #drained(res: ServerResponse): void {
    if (this.#res !== res) return
    this.#blocked = false
    this.#sayDropped()
    this.flush()
    this.#release()
  }

  /** The peer learns that it missed something, and how much. */
  #sayDropped(): void {
    if (this.#dropped === 0) return
    const dropped = this.#dropped
    this.#dropped = 0
    if (this.all.observer.wanted) this.all.observer.dropped(this.exchange, dropped)
    const threshold = this.exchange ? this.exchange.threshold() : 'debug'
    if (threshold === undefined || !reaches('warning', threshold)) return
    this.perform(this.reply.send(logMessage('warning', { dropped, reason: 'the reader was too slow' }, 'mcpwire')))
  }

  #report(end: 'object' | 'stream' | 'hung up'): void {
    if (!this.exchange || !this.reply.over && end !== 'hung up') return
    const cancelled = this.#cancelled && end !== 'hung up'
    this.all.observer.ended(this.exchange, { status: this.#status, bytes: this.#bytes, durationMs: this.all.nowMs() - this.#bornMs, end: cancelled ? 'cancelled' : end })
  }

  /** The connection went away before the reply was over. `closing`: why it was us. */
  #lost(closing?: string): void {
    this.#detach()
    if (this.all.observer.wanted) this.#report('hung up')
    if (closing !== undefined || this.#cancels) this.exchange?.cancel(closing ?? 'the client hung up')
  }

  #detach(): void {
    this.#res = undefined
    this.#tail = ''
    this.#head = undefined
    this.#blocked = false
    this.all.open.delete(this)
    this.#release()
  }

  #release(): void {
    if (this.#blocked) return
    this.#room?.resolve()
    this.#room = undefined
  }
}
