/** Which methods there are and who answers them: from an admitted request to a response, whatever happens. No I/O. */
import type { Cache, Revision } from '../revisions/index.js'
import { speaks } from '../revisions/vocabulary.js'
import type { JsonObject, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import { CODES, failure, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import type { Session } from '../protocol/session.js'
import { serverChecks } from '../validation/server-checks.js'
import { isA, quietly } from './quietly.js'
import { isRetry } from './rounds.js'
import { asTold, UrlElicitationRequired } from './visits.js'

/** Answers one method. May throw, or reject with, a ProtocolError. */
export type Answer = (params: JsonObject, exchange: Exchange) => JsonObject | Promise<JsonObject>

/** Where an error that the peer is not told about happened. */
export interface ErrorPlace {
  readonly method: string
  readonly tool?: string
}

export interface Reporting {
  /** What `_meta` of a modern result says of this server. */
  readonly serverInfo: JsonObject
  /** How long, and by whom, the result of a cacheable method may be kept. */
  cacheOf(request: RpcRequest): Cache
  onError(error: unknown, place: ErrorPlace): void
}

interface Offer {
  readonly answer: Answer
  /** Revisions that have the method although their vocabulary does not. */
  readonly at: ((revision: Revision) => boolean) | undefined
}

const NO_PARAMS: JsonObject = {}
const UNCACHED: Cache = { ttlMs: 0, cacheScope: 'private' }
/** 2026-07-28/server/utilities/caching#cacheable-results */
const CACHEABLE: ReadonlySet<string> = new Set(['server/discover', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'resources/read'])

export class Dispatch {
  readonly #offers = new Map<string, Offer>()
  readonly #listeners = new Map<string, (params: JsonObject, session: Session) => unknown>()

  constructor(private readonly reporting: Reporting) {}

  /** Offers a method from here on. `at`: revisions that have it although their vocabulary does not. */
  offer(method: string, answer: Answer, at?: (revision: Revision) => boolean): void {
    this.#offers.set(method, { answer, at })
  }

  has(method: string): boolean {
    return this.#offers.has(method)
  }

  /** Calls back for a notification of a session's client. */
  hear(method: string, listener: (params: JsonObject, session: Session) => unknown): void {
    this.#listeners.set(method, listener)
  }

  /** Does anybody here answer that method? @throws ProtocolError -32601 */
  assertOffered(method: string, revision: Revision): void {
    const offer = this.#offers.get(method)
    if (speaks(revision, method, 'client')?.kind !== 'request' && !offer?.at?.(revision)) {
      throw new ProtocolError(CODES.methodNotFound, `${show(method)} is no request that a client of ${revision.id} can send`)
    }
    if (!offer) throw new ProtocolError(CODES.methodNotFound, `${show(method)} is not offered by this server`)
  }

  /** Do the params fit the method, where the protocol has it? @throws ProtocolError -32602 */
  assertFits({ method, params }: RpcRequest, revision: Revision): void {
    const fault = serverChecks(revision, method)?.params?.(params ?? NO_PARAMS)
    if (fault) throw new ProtocolError(CODES.invalidParams, fault.sentence)
  }

  /** Answers a request that is offered and fits. Never throws, never rejects; the answer is `exchange.finish`. */
  serve(exchange: Exchange): void {
    const { method, params } = exchange.request
    try {
      const outcome = this.#offers.get(method)!.answer(params ?? NO_PARAMS, exchange)
      if (outcome instanceof Promise) outcome.then(result => this.#succeed(exchange, result), (error: unknown) => this.#fail(exchange, error))
      else this.#succeed(exchange, outcome)
    } catch (error) {
      this.#fail(exchange, error)
    }
  }

  /** Takes what needs no answer: a notification, or the response to a request of ours. What makes no sense is ignored. */
  notice(message: RpcNotification | RpcResponse, session: Session | undefined): void {
    if (!session) return
    if (!('method' in message)) return void session.asked.settle(message)
    const { method, params = NO_PARAMS } = message
    if (serverChecks(session.revision, method)?.params?.(params)) return
    if (method === 'notifications/initialized') session.ready = true
    // 2025-11-25/basic/utilities/tasks#task-status-notification: what it says is asked for all the same, only sooner
    if (method === 'notifications/tasks/status') session.watched?.get(params.taskId as string)?.()
    // basic/utilities/cancellation#behavior-requirements: unknown or finished requests are no fault
    if (method === 'notifications/cancelled') {
      const { requestId, reason } = params as { requestId?: string | number; reason?: string }
      if (requestId !== undefined) session.inFlight.find(requestId)?.cancel(reason)
    }
    quietly(() => this.#listeners.get(method)?.(params, session), error => this.reporting.onError(error, { method }))
  }

  #succeed(exchange: Exchange, result: JsonObject): void {
    const { revision, request } = exchange
    try {
      if (typeof result !== 'object' || result === null || Array.isArray(result)) throw new TypeError(`${request.method} was answered with a ${typeof result}; expected an object`)
      const cacheable = CACHEABLE.has(request.method) && result.resultType === undefined
      // What depends on answers, not on the params alone, is not to be kept: 2026-07-28/server/utilities/caching#cache-key
      const cache = cacheable && { cache: isRetry(exchange) ? UNCACHED : this.reporting.cacheOf(request) }
      exchange.finish({ jsonrpc: '2.0', id: request.id, result: revision.stamp(result, { serverInfo: this.reporting.serverInfo, ...cache }) })
    } catch (error) {
      // not writable as JSON: a cycle, a BigInt, a getter that throws
      this.#fail(exchange, error)
    }
  }

  #fail(exchange: Exchange, error: unknown): void {
    if (!exchange.open) return
    const { request: { id, method }, revision } = exchange
    if (isA(error, UrlElicitationRequired)) error = asTold(error, exchange)
    if (isA(error, ProtocolError)) {
      try {
        return exchange.finish(failure(id, error), error.code === CODES.missingCapability ? revision.refusalStatus : 200)
      } catch (unwritable) {
        error = unwritable // its data holds a cycle or a BigInt
      }
    }
    this.reporting.onError(error, { method })
    exchange.finish(failure(id, new ProtocolError(CODES.internalError, 'Internal error')))
  }
}

export const show = (method: string): string => JSON.stringify(method.length > 100 ? `${method.slice(0, 97)}…` : method)
