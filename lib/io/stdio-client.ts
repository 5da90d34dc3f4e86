/** A client's carrier over a server process's standard streams (basic/transports/stdio). The process starts with the first message. */
import type { RpcMessage } from '../wire/json-rpc.js'
import { encodeLine, LineTooLong } from '../wire/lines.js'
import { InvalidMessage } from '../protocol/errors.js'
import { limitsOf } from '../protocol/limits.js'
import type { Clock } from '../client/carrier.js'
import { Child, type ChildOptions, type Command } from './child.js'
import type { RestartOptions } from './lives.js'
import { type Ear, type Life, NOTHING, OnePipe } from './one-pipe.js'

export interface StdioClientOptions extends ChildOptions, RestartOptions {
  /** How long a server may take to answer the first question before it is taken to know nothing newer than `initialize`, in milliseconds. Default 5000. */
  readonly probeTimeoutMs?: number
}

/** What holds of it unless others are given, the process aside. */
export const STDIO_CLIENT_LIMITS = { probeTimeoutMs: 5000 }

export class StdioCarrier extends OnePipe {
  readonly probeMs: number

  /** @throws TypeError for a command that is none */
  constructor(private readonly command: Command, clock: Clock, private readonly options: StdioClientOptions = {}) {
    if (typeof command.command !== 'string' || command.command === '') throw new TypeError('command is empty; expected a program')
    super('server process', options, clock)
    this.probeMs = limitsOf(STDIO_CLIENT_LIMITS, options).probeTimeoutMs
  }

  protected begin(ear: Ear): Life {
    const child = new Child(this.command, this.options, this.clock, {
      line: text => ear.read(text),
      fault: error => {
        const fault = new InvalidMessage(`the server wrote ${error.message}`, 'basic/transports/stdio')
        if (error instanceof LineTooLong) this.board.spoil(fault)
        else this.board.fault(fault)
      },
      gone: error => ear.gone(error),
    })
    return {
      tell: (_message, text, hearer) => {
        child.write(encodeLine(text), error => hearer.end(error ? this.#unsaid(error) : undefined))
        return NOTHING
      },
      ask: ({ id }, text, { revision }) => {
        child.write(encodeLine(text), error => {
          // A process that has gone is told by itself, with its exit code.
          if (error) void child.close()
        })
        return () => {
          // 2026-07-28/basic/transports/stdio#cancellation: where hanging up cancels, this says so, there being nothing to hang up
          if (revision.disconnect === 'cancels') child.write(encodeLine(JSON.stringify(cancelled(id))), () => {})
        }
      },
      close: () => child.close(),
    }
  }

  #unsaid(error: Error): Error {
    return this.why ?? new Error(`the server takes nothing more: ${error.message}`, { cause: error })
  }
}

const cancelled = (requestId: string | number): RpcMessage => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } })
