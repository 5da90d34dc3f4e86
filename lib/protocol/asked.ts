/** Our own requests to the other side that are still unanswered, by the id we chose. No I/O. */
import type { JsonObject, RpcId, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import { RpcError, Timeout } from './errors.js'

interface Pending {
  readonly method: string
  /** When a sweep first saw it. */
  sinceMs?: number
  resolve(result: JsonObject): void
  reject(error: Error): void
}

export class Asked {
  /** Made with the first question: of ten thousand sessions few are asked any. */
  #asked: Map<RpcId, Pending> | undefined
  #last = 0

  /**
   * A request with an id never used here before, and the promise of its result. Rejects with `RpcError` when the answer is an error: one
   * of `as`, where the request asks for another's outcome.
   */
  ask(method: string, params?: JsonObject, as = method): { readonly request: RpcRequest; readonly answer: Promise<JsonObject> } {
    const id = ++this.#last
    const request: RpcRequest = params === undefined ? { jsonrpc: '2.0', id, method } : { jsonrpc: '2.0', id, method, params }
    const answer = new Promise<JsonObject>((resolve, reject) => this.#pending.set(id, { method: as, resolve, reject }))
    return { request, answer }
  }

  /** Hands a response to whoever asked. False when nobody did, or no longer waits: late answers are no fault. */
  settle(response: RpcResponse): boolean {
    if (response.id === undefined) return false
    const pending = this.#pending.get(response.id)
    if (!pending) return false
    this.#pending.delete(response.id)
    if ('result' in response) pending.resolve(response.result)
    else pending.reject(new RpcError(response.error, pending.method))
    return true
  }

  /** Stops waiting for one answer. */
  forget(id: RpcId, why: Error): void {
    this.#pending.get(id)?.reject(why)
    this.#pending.delete(id)
  }

  /** Stops waiting for what has been unanswered for `timeoutMs`. Called now and then, with the time. */
  sweep(nowMs: number, timeoutMs: number): void {
    for (const [id, pending] of this.#asked ?? []) {
      pending.sinceMs ??= nowMs
      if (nowMs - pending.sinceMs >= timeoutMs) this.forget(id, new Timeout(`${pending.method}: the client has not answered for ${timeoutMs} ms`, 'timeoutMs', timeoutMs))
    }
  }

  /** Stops waiting for all of them. */
  forgetAll(why: Error): void {
    for (const id of [...(this.#asked?.keys() ?? [])]) this.forget(id, why)
  }

  get size(): number {
    return this.#asked?.size ?? 0
  }

  get #pending(): Map<RpcId, Pending> {
    return (this.#asked ??= new Map())
  }
}
