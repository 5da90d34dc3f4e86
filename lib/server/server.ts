/** createServer: what an application registers, and dispatch to it. Carried by anything; does no I/O. */
import { find, REVISIONS, type Cache, type Revision } from '../revisions/index.js'
import { speaks } from '../revisions/vocabulary.js'
import type { JsonObject, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import { CODES, failure, ProtocolError } from '../protocol/errors.js'
import type { Caller, Exchange } from '../protocol/exchange.js'
import type { Session } from '../protocol/session.js'
import type { Implementation } from '../protocol/types.js'
import type { JsonSchema } from '../validation/from-schema.js'
import type { Mirrored } from '../validation/mirrored.js'
import { serverChecks } from '../validation/server-checks.js'
import { Changes } from './changes.js'
import { discoverResult, initializeResult } from './lifecycle.js'
import type { Vault } from './rounds.js'
import type { Filter, ListenLimits } from './subscriptions.js'
import { Tools, type ErrorPlace, type ToolDefinition, type ToolHandler } from './tools.js'

export interface ServerOptions {
  /** How to use this server, for the client's model to read. */
  readonly instructions?: string
  /** Revisions to serve, by date. Default: all that this library knows. */
  readonly revisions?: readonly string[]
  /** Offer logging: `ctx.log` reaches clients. Default true. */
  readonly logging?: boolean
  /** How long, and by whom, lists and what they describe may be kept, by method: `{ 'tools/list': { ttlMs: 60_000, cacheScope: 'public' } }`. Default: not at all, privately. */
  readonly cache?: { readonly [method: string]: Cache }
  /** False: `subscriptions/listen` is not offered, nor is any change announced, for hosts that cannot hold a stream open. Or its limits. */
  readonly listen?: false | ListenLimits
  /** Told every error whose text is kept from the peer. Default: one line on the console. What it throws is ignored. */
  readonly onError?: (error: unknown, place: ErrorPlace) => void
}

/** Answers one method. May throw, or reject with, a ProtocolError. */
type Answer = (params: JsonObject, exchange: Exchange) => JsonObject | Promise<JsonObject>

const NO_PARAMS: JsonObject = {}
const NOTHING: JsonObject = {}
/** 2026-07-28/server/utilities/caching#cacheable-results */
const CACHEABLE: ReadonlySet<string> = new Set(['server/discover', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'resources/read'])
const UNCACHED: Cache = { ttlMs: 0, cacheScope: 'private' }
/** The notification by which a list is announced as changed, for each kind of a listener's filter. */
const LISTS: ReadonlyMap<keyof Filter, string> = new Map([
  ['toolsListChanged', 'tools/list'],
  ['promptsListChanged', 'prompts/list'],
  ['resourcesListChanged', 'resources/list'],
  ['resourceSubscriptions', 'resources/read'],
])

/** A server. Register tools on it, then mount it: `listen`, `httpHandler`, `serveStdio`; several at once if need be. */
export class Server {
  /** Revisions served, oldest first. */
  readonly revisions: readonly Revision[]
  /** What is said to clients of the server's own accord, and whom it reaches. */
  readonly changes: Changes
  /** Seals what clients carry between rounds. A mount gives one if the application did not. */
  vault: Vault | undefined
  readonly #tools: Tools
  readonly #answers = new Map<string, Answer>()
  readonly #onError: (error: unknown, place: ErrorPlace) => void

  constructor(readonly info: Implementation, private readonly options: ServerOptions) {
    if (typeof info?.name !== 'string' || typeof info.version !== 'string') throw new TypeError('createServer: expected { name, version }, both strings')
    this.revisions = options.revisions ? REVISIONS.filter(revision => options.revisions!.includes(revision.id)) : REVISIONS
    const unknown = options.revisions?.find(id => !find(id))
    if (unknown !== undefined) throw new TypeError(`createServer: revision ${JSON.stringify(unknown)} is not known; ${REVISIONS.map(({ id }) => id).join(', ')} are`)
    if (this.revisions.length === 0) throw new TypeError('createServer: revisions is empty, so nothing could be served')
    this.#onError = (error, place) => {
      try {
        ;(options.onError ?? printError)(error, place)
      } catch {
        // the application's own reporting failed: there is nobody left to tell
      }
    }
    this.changes = new Changes(options.listen || {})
    this.#tools = new Tools(this.#onError, () => this.#sealed())
    this.#answers.set('initialize', (_, { revision, hears }) => initializeResult(revision, info, this.capabilities(hears), options.instructions))
    this.#answers.set('server/discover', () => discoverResult(this.revisions, this.capabilities(true), options.instructions))
    this.#answers.set('ping', () => NOTHING)
    if (options.logging !== false) {
      this.#answers.set('logging/setLevel', (params, { session }) => {
        if (session) session.logLevel = params.level as Level
        return NOTHING
      })
    }
    if (options.listen !== false) {
      this.#answers.set('subscriptions/listen', (params, exchange) =>
        this.changes.subscriptions.listen(exchange, params, kind => this.#answers.has(LISTS.get(kind)!)))
    }
  }

  /**
   * Registers a tool. The handler's arguments are typed from `inputSchema` and have been held against it.
   * @throws TypeError that names the tool, the place and the fault, for a name or a schema that cannot be.
   */
  tool<const In extends JsonSchema, const Out extends JsonSchema = JsonSchema>(name: string, definition: ToolDefinition<In, Out>, handler: ToolHandler<In>): this {
    this.#tools.add(name, definition, handler)
    this.changes.listChanged('notifications/tools/list_changed')
    this.#answers.set('tools/list', (params, { revision }) => this.#tools.list(params, revision))
    this.#answers.set('tools/call', (params, exchange) => this.#tools.call(params, exchange))
    return this
  }

  /** Takes a tool back; clients are told that the list has changed. False when there is none of that name. */
  removeTool(name: string): boolean {
    const removed = this.#tools.remove(name)
    if (removed) this.changes.listChanged('notifications/tools/list_changed')
    return removed
  }

  /** Log entries that belong to no request: `server.log.warning(data)` reaches every session that listens. Returns how many. */
  get log(): Changes['log'] {
    return this.changes.log
  }

  /** What this server declares: what is registered, and no more. `hears`: can the client be told of changes? */
  capabilities(hears: boolean): JsonObject {
    const listed = hears && this.options.listen !== false ? { listChanged: true } : {}
    return {
      ...(this.#answers.has('logging/setLevel') && { logging: {} }),
      ...(this.#answers.has('tools/call') && { tools: listed }),
    }
  }

  /** Does anybody here answer that method? @throws ProtocolError -32601 */
  offers({ method }: RpcRequest, revision: Revision): void {
    if (speaks(revision, method, 'client')?.kind !== 'request') {
      throw new ProtocolError(CODES.methodNotFound, `${show(method)} is no request that a client of ${revision.id} can send`)
    }
    if (!this.#answers.has(method)) throw new ProtocolError(CODES.methodNotFound, `${show(method)} is not offered by this server`)
  }

  /** Do the params fit, and does the client, where it is known already, declare what is needed? @throws ProtocolError -32602, -32021 */
  check({ method, params }: RpcRequest, revision: Revision, client?: Caller): void {
    const fault = serverChecks(revision, method)?.params?.(params ?? NO_PARAMS)
    if (fault) throw new ProtocolError(CODES.invalidParams, fault.sentence)
    if (client && method === 'tools/call') this.#tools.assertCapable(params?.name, client.capabilities)
  }

  /** The arguments of a call that header fields repeat, where its tool says so. */
  mirrored({ method, params }: RpcRequest): readonly Mirrored[] | undefined {
    return method === 'tools/call' ? this.#tools.mirrored(params?.name) : undefined
  }

  /** Answers a request that `offers` and `check` let pass. Never throws, never rejects; the answer is `exchange.finish`. */
  serve(exchange: Exchange): void {
    const { method, params } = exchange.request
    try {
      const outcome = this.#answers.get(method)!(params ?? NO_PARAMS, exchange)
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
    if (serverChecks(session.revision, message.method)?.params?.(message.params ?? NO_PARAMS)) return
    if (message.method === 'notifications/initialized') session.ready = true
    // basic/utilities/cancellation#behavior-requirements: unknown or finished requests are no fault
    if (message.method === 'notifications/cancelled') {
      const { requestId, reason } = (message.params ?? NO_PARAMS) as { requestId?: string | number; reason?: string }
      if (requestId !== undefined) session.inFlight.find(requestId)?.cancel(reason)
    }
  }

  /** Compiles what first calls would otherwise wait for. Never rejects. */
  warm(): Promise<void> {
    return this.#tools.warm()
  }

  /** Tells the application of an error whose text the peer is not told. Never throws. */
  report(error: unknown, place: ErrorPlace): void {
    this.#onError(error, place)
  }

  #sealed(): Vault {
    if (!this.vault) throw new TypeError('this server has no vault: mount it, or set server.vault')
    return this.vault
  }

  #succeed(exchange: Exchange, result: JsonObject): void {
    const { revision, request: { id, method } } = exchange
    const cacheable = CACHEABLE.has(method) && result.resultType === undefined
    const stamped = revision.stamp(result, { serverInfo: this.info as unknown as JsonObject, ...(cacheable && { cache: this.options.cache?.[method] ?? UNCACHED }) })
    try {
      exchange.finish({ jsonrpc: '2.0', id, result: stamped })
    } catch (error) {
      // not writable as JSON: a cycle, a BigInt
      this.#fail(exchange, error)
    }
  }

  #fail(exchange: Exchange, error: unknown): void {
    if (!exchange.open) return
    const { request: { id, method }, revision } = exchange
    if (error instanceof ProtocolError) return exchange.finish(failure(id, error), error.code === CODES.missingCapability ? revision.refusalStatus : 200)
    this.#onError(error, { method })
    exchange.finish(failure(id, new ProtocolError(CODES.internalError, 'Internal error')))
  }
}

/**
 * A server that does no I/O by itself.
 * @throws TypeError without a name and a version, or for a revision that is not known.
 */
export const createServer = (info: Implementation, options: ServerOptions = {}): Server => new Server(info, options)

const printError = (error: unknown, { method, tool }: ErrorPlace): void => {
  console.error(`mcpwire: ${tool === undefined ? method : `tool ${tool}`}:`, error)
}

const show = (method: string): string => JSON.stringify(method.length > 100 ? `${method.slice(0, 97)}…` : method)
