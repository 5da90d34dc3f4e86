/**
 * What is common to carriers of one pipe, be it a process's streams or an event stream: it is opened with the first message, carries one
 * session at a time, and when it is lost is opened again with the next one, within bounds.
 */
import type { RpcMessage, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import { BrokenStream } from '../protocol/errors.js'
import { limitsOf } from '../protocol/limits.js'
import type { Standing } from '../protocol/opening.js'
import { type Carrier, type Clock, type Hearer, type Line, SessionGone, type UnaskedLine } from '../client/carrier.js'
import { Lives, RESTART_LIMITS, type RestartOptions } from './lives.js'
import { Switchboard } from './switchboard.js'

/** A pipe that is open, or being opened. */
export interface Life {
  /** Says what has no answer; `hearer` is told when it is taken, or why not. */
  tell(message: RpcNotification | RpcResponse, text: string, hearer: Hearer): Line
  /** Says a request. Returns what is done about it when it is given up. */
  ask(request: RpcRequest, text: string, standing: Standing): () => void
  /** Lets go of it; what it holds is gone when this settles. */
  close(why: Error): Promise<void>
}

/** What a pipe tells, in order; nothing after `gone`. Never while it is being made. */
export interface Ear {
  /** A text that should be a message. */
  read(text: string): void
  gone(error: Error): void
}

const NOW = Promise.resolve()
/** The line of what cannot be stopped. */
export const NOTHING: Line = { stop: () => {} }

export abstract class OnePipe implements Carrier {
  protected readonly board = new Switchboard()
  /** Why the pipe before this one was lost. */
  protected why: Error | undefined
  readonly #lives: Lives
  /** The pipe that is, and the name of the session it carries. */
  #now: { readonly name: string; readonly life: Life } | undefined
  #silent = false
  #closed = false

  /** @param kind what the pipe is, in a word */
  constructor(private readonly kind: string, options: RestartOptions, protected readonly clock: Clock) {
    this.#lives = new Lives(limitsOf(RESTART_LIMITS, options).restarts, clock)
  }

  /** Opens a pipe; what it tells, `ear` is told later. */
  protected abstract begin(ear: Ear): Life

  send(message: RpcMessage, standing: Standing, hearer: Hearer): Line {
    const text = JSON.stringify(message)
    let now: { readonly name: string; readonly life: Life }
    try {
      now = this.#living(standing)
    } catch (error) {
      hearer.end(error as Error)
      return NOTHING
    }
    if (!('method' in message && 'id' in message)) return now.life.tell(message, text, hearer)
    // The pipe is what `initialize` opens: a later one knows nothing of it.
    if (message.method === 'initialize') hearer.session?.(now.name)
    return this.board.await(message, standing, hearer, now.life.ask(message, text, standing))
  }

  listen(standing: Standing, hearer: Hearer): UnaskedLine {
    if (this.#isOver(standing)) {
      hearer.end(this.#over)
      return { ...NOTHING, settled: NOW }
    }
    return { ...this.board.listen(hearer), settled: NOW }
  }

  /** The session ends with the pipe. */
  leave(): Promise<void> {
    return NOW
  }

  async close(): Promise<void> {
    this.#closed = true
    const why = closed()
    this.board.end(why, why)
    await this.#now?.life.close(why)
  }

  /** The pipe to speak on, opened if need be. @throws SessionGone if it is not the one the session was opened on */
  #living(standing: Standing): { readonly name: string; readonly life: Life } {
    if (this.#closed) throw closed()
    if (this.#isOver(standing)) throw this.#over
    if (this.#now) return this.#now
    if (!this.#lives.begin(this.#silent)) throw this.#lives.refusal(this.why!)
    this.#silent = true
    const life = this.begin({
      read: text => {
        this.#silent = false
        this.board.read(text)
      },
      gone: error => this.#gone(error),
    })
    return (this.#now = { name: `${this.kind} ${this.#lives.count}`, life })
  }

  /** Was the session opened on a pipe that is no more? */
  #isOver({ session }: Standing): boolean {
    return session !== undefined && session !== this.#now?.name
  }

  get #over(): SessionGone {
    return new SessionGone(this.why ?? new BrokenStream(`the ${this.kind} is another`))
  }

  #gone(error: Error): void {
    this.#now = undefined
    this.why = error
    this.board.end(error, new SessionGone(error))
  }
}

const closed = (): Error => new Error('the connection was closed by this client')
