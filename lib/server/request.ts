/** One request of ours to a client, on the stream of the exchange that needs it. No I/O. */
import type { JsonObject } from '../wire/json-rpc.js'
import { NoChannel, Timeout } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import type { Session } from '../protocol/session.js'
import type { World } from './options.js'

/** Who asks, and when nobody wants to know any more. */
export interface Asker {
  readonly exchange: Exchange
  readonly session: Session
  readonly signal: AbortSignal
}

/**
 * Settles with the result. Rejects with `RpcError`; with `Timeout`, after `within.ms` or the session's own limit; or, when `signal` aborts,
 * with `NoChannel`. Whoever stops waiting says so (basic/lifecycle#timeouts). `as`: the method that an error is to be told of.
 */
export const request = async ({ exchange, session, signal }: Asker, method: string, params: JsonObject | undefined, within?: { readonly ms: number; readonly world: World }, as = method): Promise<JsonObject> => {
  const { request: { id }, request: message, answer } = session.asked.ask(method, params, as)
  const forget = (why: Error): void => session.asked.forget(id, why)
  const onAbort = (): void => forget(new NoChannel(`${as} was cancelled with the request that needed it`))
  const disarm = within?.world.after(within.ms, () => forget(new Timeout(`${method}: the client has not answered for ${within.ms} ms`, 'timeoutMs', within.ms)))
  signal.addEventListener('abort', onAbort, { once: true })
  exchange.send(message)
  try {
    return await answer
  } catch (error) {
    if (error instanceof Timeout || signal.aborted) {
      exchange.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, reason: (error as Error).message } })
    }
    throw error
  } finally {
    disarm?.()
    signal.removeEventListener('abort', onAbort)
  }
}
