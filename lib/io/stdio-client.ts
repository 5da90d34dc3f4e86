/** A client's carrier over a server process's standard streams (basic/transports/stdio). The process starts with the first message. */
import type { RpcMessage } from '../wire/json-rpc.js'
import { encodeLine, LineTooLong } from '../wire/lines.js'
import { InvalidMessage } from '../protocol/errors.js'
import type { Standing } from '../protocol/opening.js'
import { type Carrier, type Clock, type Hearer, type Line, type Listening, SessionGone } from '../client/carrier.js'
import { Child, type ChildOptions, type Command } from './child.js'
import { Lives, type RestartOptions } from './lives.js'
import { Switchboard } from './switchboard.js'

export interface StdioClientOptions extends ChildOptions, RestartOptions {
  /** How long a server may take to answer the first question before it is taken to know nothing newer than `initialize`, in milliseconds. Default 5000. */
  readonly probeTimeoutMs?: number
}

/** A process that runs, and whether it has said anything yet. */
interface Life {
  readonly name: string
  readonly child: Child
  spoke: boolean
}

const NOW = Promise.resolve()
const NOTHING: Line = { stop: () => {} }

export class StdioCarrier implements Carrier {
  readonly probeMs: number
  readonly #board = new Switchboard()
  readonly #lives: Lives
  #life: Life | undefined
  #silent = false
  #why: Error | undefined
  #closed = false

  /** @throws TypeError for a command that is none */
  constructor(private readonly command: Command, private readonly clock: Clock, private readonly options: StdioClientOptions = {}) {
    if (typeof command.command !== 'string' || command.command === '') throw new TypeError('command is empty; expected a program')
    this.#lives = new Lives(options.restarts ?? 3, clock)
    this.probeMs = options.probeTimeoutMs ?? 5000
  }

  send(message: RpcMessage, standing: Standing, hearer: Hearer): Line {
    const line = encodeLine(JSON.stringify(message))
    let life: Life
    try {
      life = this.#living(standing)
    } catch (error) {
      hearer.end(error as Error)
      return NOTHING
    }
    if (!('method' in message && 'id' in message)) {
      life.child.write(line, error => hearer.end(error ? this.#unsaid(error) : undefined))
      return NOTHING
    }
    // The process is what `initialize` opens: a later one knows nothing of it.
    if (message.method === 'initialize') hearer.session?.(life.name)
    const heard = this.#board.await(message, standing, hearer, () => {
      // 2026-07-28/basic/transports/stdio#cancellation: where hanging up cancels, this says so, there being nothing to hang up
      if (standing.revision.disconnect === 'cancels') life.child.write(encodeLine(JSON.stringify(cancelled(message.id))), () => {})
    })
    life.child.write(line, error => {
      // A process that has gone is told by itself, with its exit code.
      if (error && this.#life === life) void life.child.close()
    })
    return heard
  }

  listen(standing: Standing, hearer: Hearer): Listening {
    if (this.#isOver(standing)) {
      hearer.end(this.#over)
      return { ...NOTHING, settled: NOW }
    }
    return { ...this.#board.listen(hearer), settled: NOW }
  }

  /** The session ends with the process. */
  leave(): Promise<void> {
    return NOW
  }

  async close(): Promise<void> {
    this.#closed = true
    const why = new Error('the connection was closed by this client')
    this.#board.end(why, why)
    await this.#life?.child.close()
  }

  /** The process to speak to, started if need be. @throws SessionGone if it is not the one the session was opened with */
  #living(standing: Standing): Life {
    if (this.#closed) throw new Error('the connection was closed by this client')
    if (this.#isOver(standing)) throw this.#over
    if (this.#life) return this.#life
    if (!this.#lives.begin(this.#silent)) throw this.#lives.refusal(this.#why!)
    const life: Life = {
      name: `process ${this.#lives.count}`,
      spoke: false,
      child: new Child(this.command, this.options, this.clock, {
        line: text => {
          life.spoke = true
          this.#board.read(text)
        },
        fault: error => {
          const fault = new InvalidMessage(`the server wrote ${error.message}`, 'basic/transports/stdio')
          if (error instanceof LineTooLong) this.#board.spoil(fault)
          else this.#board.fault(fault)
        },
        gone: error => this.#gone(life, error),
      }),
    }
    this.#life = life
    return life
  }

  /** Was the session opened with a process that is no more? */
  #isOver({ session }: Standing): boolean {
    return session !== undefined && session !== this.#life?.name
  }

  get #over(): SessionGone {
    return new SessionGone(this.#why ?? new Error('the server process is another'))
  }

  #gone(life: Life, error: Error): void {
    this.#life = undefined
    this.#silent = !life.spoke
    this.#why = error
    this.#board.end(error, new SessionGone(error))
  }

  #unsaid(error: Error): Error {
    return this.#why ?? new Error(`the server takes nothing more: ${error.message}`, { cause: error })
  }
}

const cancelled = (requestId: string | number): RpcMessage => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } })
