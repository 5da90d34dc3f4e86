/** Where one exchange's messages go on a shared pipe: all the same way. What a slow reader misses is counted, and said. */
import type { Exchange, Outlet } from '../protocol/exchange.js'
import { logMessage } from '../server/logging.js'
import type { RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import { reaches } from '../wire/levels.js'
import type { Pipe } from './pipe.js'

const DROPPABLE: ReadonlySet<string> = new Set(['notifications/message', 'notifications/progress'])

/** Log and progress, which a server may limit; nothing else is ever dropped. */
export const isDroppable = ({ method }: RpcNotification | RpcRequest): boolean => DROPPABLE.has(method)

export class PipeOutlet implements Outlet {
  readonly speaks = true
  /** Set once it exists. */
  exchange!: Exchange
  #dropped = 0

  constructor(
    private readonly pipe: Pipe,
    private readonly answer: (response?: RpcResponse) => void,
    private readonly done: (exchange: Exchange) => void,
  ) {}

  send(message: RpcNotification | RpcRequest): void {
    if (!this.pipe.full) this.#sayDropped()
    if (!this.pipe.tell(message)) this.#dropped++
  }

  finish(response: RpcResponse): void {
    this.#sayDropped()
    this.answer(response)
    this.done(this.exchange)
  }

  drop(): void {
    this.answer()
    this.done(this.exchange)
  }

  room(): Promise<void> | undefined {
    return this.pipe.room()
  }

  /** The client learns that it missed something, and how much. */
  #sayDropped(): void {
    if (this.#dropped === 0) return
    const dropped = this.#dropped
    this.#dropped = 0
    const threshold = this.exchange.threshold()
    if (threshold === undefined || !reaches('warning', threshold)) return
    this.pipe.say(logMessage('warning', { dropped, reason: 'the reader was too slow' }, 'mcpwire'))
  }
}
