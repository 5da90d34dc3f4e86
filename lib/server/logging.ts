/** `ctx.log` for eight levels, filtered where it is said, and `logging/setLevel` (server/utilities/logging). No I/O. */
import { LEVELS, reaches, type Level } from '../wire/levels.js'
import type { RpcNotification } from '../wire/json-rpc.js'
import type { Exchange } from '../protocol/exchange.js'
import type { LogGuard } from './log-guard.js'

export interface LogOptions {
  /** Names the part of the application that speaks. */
  readonly logger?: string
}

/**
 * Says `data`, any JSON value, at one level, on the stream of the request it belongs to. Below the client's threshold nothing happens.
 * The promise settles when there is room for more: awaiting it loses nothing to a slow reader; not awaiting it never throws later.
 * @throws TypeError if `data` cannot be written as JSON.
 */
export type Say = (data: unknown, options?: LogOptions) => Promise<void>

/** `log.debug` to `log.emergency`. */
export type Log = { readonly [L in Level]: Say }

/** The notification that carries one log entry. */
export const logMessage = (level: Level, data: unknown, logger?: string): RpcNotification => ({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: logger === undefined ? { level, data } : { level, logger, data },
})

class RequestLog {
  constructor(readonly exchange: Exchange, readonly guard: LogGuard | undefined) {}
}

for (const level of LEVELS) {
  const say = function (this: RequestLog, data: unknown, options?: LogOptions): Promise<void> {
    const { exchange } = this
    const threshold = exchange.threshold()
    if (threshold !== undefined && reaches(level, threshold)) {
      if (data === undefined || typeof data === 'function' || typeof data === 'symbol') throw new TypeError(`log.${level}: data must be a JSON value, not ${typeof data}`)
      const passed = this.guard ? this.guard.pass(exchange, data, held => exchange.send(logMessage('warning', { heldBack: held, reason: 'too many entries in one second' }, 'mcpwire'))) : { data }
      if (passed) exchange.send(logMessage(level, passed.data, options?.logger))
    }
    return exchange.room()
  }
  Object.defineProperty(RequestLog.prototype, level, { value: say })
}

/** The log of one exchange. */
export const logOf = (exchange: Exchange, guard: LogGuard | undefined): Log => new RequestLog(exchange, guard) as unknown as Log
