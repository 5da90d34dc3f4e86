/** A carrier straight to a server in the same process: no port, no process, and still text both ways, so that nothing is shared by accident. */
import { randomUUID } from 'node:crypto'
import type { Carrier, Clock, Hearer, Line, UnaskedLine } from '../client/carrier.js'
import type { Standing } from '../protocol/opening.js'
import type { Server } from '../server/server.js'
import type { RpcMessage } from '../wire/json-rpc.js'
import { clock as systemClock } from './clock.js'
import { equip } from './equip.js'
import { Pipe, pipeOptions, type PipeLimits } from './pipe.js'
import { Switchboard } from './switchboard.js'

export interface DirectOptions extends PipeLimits {
  readonly clock?: Clock
}

const NOW = Promise.resolve()
const NOTHING: Line = { stop: () => {} }

/** One client's pipe to a server: both eras, every revision. What is said is heard in a later turn of the event loop, in order. */
export class DirectCarrier implements Carrier {
  readonly #board = new Switchboard()
  readonly #pipe: Pipe
  #turns: (() => void)[] = []
  #closed = false

  constructor(server: Server, { clock = systemClock, ...limits }: DirectOptions = {}) {
    equip(server)
    const say = (json: string): boolean => {
      this.#later(() => this.#board.read(json))
      return true
    }
    this.#pipe = new Pipe(server, pipeOptions(server.revisions, limits), { say, queued: 0 }, { clock, newId: randomUUID })
  }

  send(message: RpcMessage, standing: Standing, hearer: Hearer): Line {
    const text = JSON.stringify(message)
    if (this.#closed) {
      hearer.end(new Error('the connection was closed by this client'))
      return NOTHING
    }
    if ('method' in message && 'id' in message) {
      this.#later(() => this.#pipe.hear(text))
      return this.#board.await(message, standing, hearer, () => {
        // As on stdio: where hanging up cancels, this says so.
        if (standing.revision.disconnect !== 'cancels') return
        const cancelled = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: message.id } })
        this.#later(() => this.#pipe.hear(cancelled))
      })
    }
    this.#later(() => {
      this.#pipe.hear(text)
      hearer.end()
    })
    return NOTHING
  }

  listen(_standing: Standing, hearer: Hearer): UnaskedLine {
    return { ...this.#board.listen(hearer), settled: NOW }
  }

  /** The session ends with the pipe. */
  leave(): Promise<void> {
    return NOW
  }

  close(): Promise<void> {
    if (this.#closed) return NOW
    this.#closed = true
    const why = new Error('the connection was closed by this client')
    this.#board.end(why, why)
    this.#pipe.end('the client has gone')
    return NOW
  }

  #later(run: () => void): void {
    if (this.#turns.push(run) > 1) return
    setImmediate(() => {
      for (const turn of this.#turns.splice(0)) turn()
    })
  }
}
