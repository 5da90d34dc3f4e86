/** createServer: what an application registers, and dispatch to it. Carried by anything; does no I/O. */
import type { Cache, Revision } from '../revisions/index.js'
import type { JsonObject, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import type { Caller, Exchange } from '../protocol/exchange.js'
import type { Session } from '../protocol/session.js'
import type { Implementation } from '../protocol/types.js'
import type { JsonSchema, Typed } from '../validation/from-schema.js'
import type { Mirrored } from '../validation/mirrored.js'
import { Changes } from './changes.js'
import { complete, type Completed, type Reference } from './completion.js'
import { Context } from './context.js'
import { customNotification, fitting } from './custom.js'
import { Dispatch, type ErrorPlace } from './dispatch.js'
import { capabilitiesOf, discoverResult, initializeResult } from './lifecycle.js'
import { quietly } from './quietly.js'
import { Prompts, type ArgumentDefinition, type PromptDefinition, type PromptHandler } from './prompts.js'
import type { Listing } from './registry.js'
import { Resources, type Reader, type ResourceDefinition } from './resources.js'
import type { Vault } from './rounds.js'
import { LogGuard } from './log-guard.js'
import { servedBy, type MethodDefinition, type NotificationDefinition, type ServerOptions, type World } from './options.js'
import { NEEDED_FOR } from './subscriptions.js'
import { assertExtended, offerTasks, taskCapabilities } from './task-methods.js'
import { Tasks } from './tasks.js'
import { Tools, type ToolDefinition, type ToolHandler } from './tools.js'

const NOTHING: JsonObject = {}
const UNCACHED: Cache = { ttlMs: 0, cacheScope: 'private' }
/** A server. Register tools on it, then mount it: `listen`, `httpHandler`, `serveStdio`; several at once if need be. */
export class Server {
  /** Revisions served, oldest first. */
  readonly revisions: readonly Revision[]
  /** What is said to clients of the server's own accord, and whom it reaches. */
  readonly changes: Changes
  /** Seals what clients carry between rounds. A mount gives one if the application did not. */
  vault: Vault | undefined
  /** Its clock and randomness. A mount gives them if the application did not. */
  world: World | undefined
  readonly #tools: Tools
  readonly #resources: Resources
  readonly #prompts: Prompts
  readonly #dispatch: Dispatch
  readonly #tasks: Tasks
  readonly #logs: LogGuard | undefined
  readonly #extensions: { [id: string]: JsonObject } = {}
  readonly #onError: (error: unknown, place: ErrorPlace) => void

  constructor(readonly info: Implementation, private readonly options: ServerOptions) {
    if (typeof info?.name !== 'string' || typeof info.version !== 'string') throw new TypeError('createServer: expected { name, version }, both strings')
    this.revisions = servedBy(options)
    // where the application's own reporting fails, there is nobody left to tell
    this.#onError = (error, place) => quietly(() => (options.onError ?? printError)(error, place), () => {})
    this.changes = new Changes(options.listen ?? {}, error => this.#onError(error, { method: 'subscriptions/listen' }))
    this.#dispatch = new Dispatch({
      serverInfo: info as unknown as JsonObject,
      onError: this.#onError,
      cacheOf: ({ method, params }) => (method === 'resources/read' ? this.#resources.cacheOf(params?.uri) : undefined) ?? options.cache?.[method] ?? UNCACHED,
    })
    const logs = new LogGuard(options.logLimits ?? {}, () => this.#placed().nowMs())
    const listing: Listing = { pageSize: options.pageSize ?? 1000, vault: () => this.#sealed(), world: () => this.#placed(), logs: logs.idle ? undefined : logs }
    if (!Number.isInteger(listing.pageSize) || listing.pageSize < 1) throw new TypeError(`createServer: pageSize is ${listing.pageSize}; expected an integer from 1`)
    this.#logs = listing.logs
    this.#tasks = new Tasks(options.tasks ?? {}, () => this.#placed(), (task, exchange) => this.changes.taskChanged(task, exchange, this.#tasks))
    this.#tools = new Tools(this.#onError, listing, this.#tasks)
    this.#resources = new Resources(listing)
    this.#prompts = new Prompts(listing)
    this.#dispatch.offer('initialize', (_, { revision, hears }) => initializeResult(revision, info, this.capabilities(revision, hears), options.instructions))
    this.#dispatch.offer('server/discover', (_, { revision, served }) => discoverResult(served ?? this.revisions, this.capabilities(revision, true), options.instructions))
    this.#dispatch.offer('ping', () => NOTHING)
    if (options.logging !== false) {
      this.#dispatch.offer('logging/setLevel', (params, { session }) => {
        if (session) session.logLevel = params.level as Level
        return NOTHING
      })
    }
    if (options.listen !== false) {
      this.#dispatch.offer('subscriptions/listen', (params, exchange) =>
        this.changes.subscriptions.listen(exchange, params, kind => {
          if (kind === 'taskIds') assertExtended(exchange)
          return this.#dispatch.has(NEEDED_FOR.get(kind)!)
        }, taskId => this.#tasks.owns(taskId, exchange)))
    }
  }

  /**
   * Registers a tool. The handler's arguments are typed from `inputSchema` and have been held against it.
   * @throws TypeError that names the tool, the place and the fault, for a name or a schema that cannot be.
   */
  tool<const In extends JsonSchema, const Out extends JsonSchema = JsonSchema>(name: string, definition: ToolDefinition<In, Out>, handler: ToolHandler<In>): this {
    this.#tools.add(name, definition, handler)
    if (definition.taskSupport && !this.#dispatch.has('tasks/get')) offerTasks(this.#dispatch, this.#tasks, () => this.#sealed())
    this.changes.listChanged('notifications/tools/list_changed')
    this.#dispatch.offer('tools/list', (params, { revision }) => this.#tools.all.list(params, revision))
    this.#dispatch.offer('tools/call', (params, exchange) => this.#tools.call(params, exchange))
    return this
  }

  /** Takes a tool back; clients are told that the list has changed. False when there is none of that name. */
  removeTool(name: string): boolean {
    return this.#changed(this.#tools.all.delete(name), 'tools')
  }

  /**
   * Takes a tool out of sight, or with `true` back into it: not listed, and unknown to who calls it. Calls under way go on, its place in the list is
   * kept, clients are told that the list has changed. False when there is none of that name, or nothing changes.
   */
  enableTool(name: string, enabled = true): boolean {
    return this.#changed(this.#tools.all.enable(name, enabled), 'tools')
  }

  /**
   * Registers a resource by its URI, or a family of them by a template (RFC 6570, levels 1 to 3): `file:///{+path}`.
   * @throws TypeError for a URI or a template that is none, or is registered already.
   */
  resource(uri: string, definition: ResourceDefinition, read: Reader): this {
    this.#resources.add(uri, definition, read)
    this.changes.listChanged('notifications/resources/list_changed')
    this.#dispatch.offer('resources/list', (params, { revision }) => this.#resources.fixed.list(params, revision))
    this.#dispatch.offer('resources/templates/list', (params, { revision }) => this.#resources.families.list(params, revision))
    this.#dispatch.offer('resources/read', (params, exchange) => this.#resources.read(params, exchange))
    if (this.options.listen !== false) {
      this.#dispatch.offer('resources/subscribe', (params, exchange) => (this.#resources.subscribe(params, exchange, this.changes.subscriptions), NOTHING))
      this.#dispatch.offer('resources/unsubscribe', ({ uri: of }, { session }) => {
        if (session?.subscribed?.delete(String(of))) this.changes.subscriptions.unfollow([String(of)])
        return NOTHING
      })
    }
    if (definition.complete) this.#completes()
    return this
  }

  /** Takes a resource, or a family of them, back. */
  removeResource(uri: string): boolean {
    return this.#changed(this.#resources.remove(uri), 'resources')
  }

  /** Takes a resource, or a family of them, out of sight, or with `true` back into it, as `enableTool` does a tool. */
  enableResource(uri: string, enabled = true): boolean {
    return this.#changed(this.#resources.enable(uri, enabled), 'resources')
  }

  /** Tells those who follow a resource that it has changed. Returns how many were told. */
  resourceUpdated(uri: string): number {
    return this.changes.updated(uri)
  }

  /**
   * Tells the client that was asked for it, and no other, that a visit to a page is over: the one with that id of `visit` or `UrlElicitationRequired`.
   * Returns how many were told: 1, or 0 where there is no such visit, its client does not listen, or its revision does not tell of ends.
   */
  elicitationComplete(elicitationId: string): number {
    return this.changes.visited(elicitationId)
  }

  /**
   * Registers a prompt. Its arguments are strings, typed by name from `arguments`.
   * @throws TypeError for a name that is empty or registered already.
   */
  prompt<const A extends { readonly [name: string]: ArgumentDefinition }>(name: string, definition: PromptDefinition<A>, handler: PromptHandler<A>): this {
    this.#prompts.add(name, definition, handler as (args: never, ctx: Context) => unknown)
    this.changes.listChanged('notifications/prompts/list_changed')
    this.#dispatch.offer('prompts/list', (params, { revision }) => this.#prompts.all.list(params, revision))
    this.#dispatch.offer('prompts/get', (params, exchange) => this.#prompts.get(params, exchange))
    if (Object.values(definition.arguments ?? {}).some(({ complete }) => complete)) this.#completes()
    return this
  }

  /** Takes a prompt back. */
  removePrompt(name: string): boolean {
    return this.#changed(this.#prompts.all.delete(name), 'prompts')
  }

  /** Takes a prompt out of sight, or with `true` back into it, as `enableTool` does a tool. */
  enablePrompt(name: string, enabled = true): boolean {
    return this.#changed(this.#prompts.all.enable(name, enabled), 'prompts')
  }

  /** Log entries that belong to no request: `server.log.warning(data)` reaches every session that listens. Returns how many. */
  get log(): Changes['log'] {
    return this.changes.log
  }

  /**
   * Offers a method that the protocol does not have. The handler's params are typed from their schema and have been held against it: -32602.
   * @throws TypeError for a schema that is none
   */
  method<const P extends JsonSchema = JsonSchema>(name: string, { params, at = () => true }: MethodDefinition<P>, handler: (params: Typed<P>, ctx: Context) => JsonObject | Promise<JsonObject>): this {
    const fits = fitting(`method ${name}`, params)
    this.#dispatch.offer(name, async (given, exchange) => handler(await fits(given) as Typed<P>, new Context(exchange, {}, this.#logs)), at)
    return this
  }

  /** Hears a notification that the protocol does not have, from clients with a session. @throws TypeError for a schema that is none */
  onNotification<const P extends JsonSchema = JsonSchema>(name: string, { params }: NotificationDefinition<P>, listener: (params: Typed<P>, session: { readonly principal?: string }) => void): this {
    const fits = fitting(`notification ${name}`, params)
    this.#dispatch.hear(name, async (given, { principal }) => listener(await fits(given) as Typed<P>, { ...(principal !== undefined && { principal }) }))
    return this
  }

  /**
   * Says something that the protocol does not have to every session that listens. Returns how many were told. What belongs to a request is said
   * by `ctx.notify`; who has no session hears of nothing else.
   * @throws TypeError for what the protocol does have
   */
  notify(method: string, params?: JsonObject): number {
    return this.changes.say(customNotification(method, params))
  }

  /** Declares an extension, by its id and settings, among the capabilities. @throws TypeError for an id without a prefix */
  extension(id: string, settings: JsonObject = {}): this {
    // 2026-07-28/basic/versioning#extension-negotiation
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[\w.-]+$/i.test(id)) throw new TypeError(`extension ${JSON.stringify(id)}: expected an id with a prefix, such as com.example/name`)
    this.#extensions[id] = settings
    return this
  }

  /** What this server declares: what is registered, and no more. `hears`: can the client be told of changes? */
  capabilities(revision: Revision, hears: boolean): JsonObject {
    const offers = (method: string): boolean => this.#dispatch.has(method)
    return capabilitiesOf(offers, hears && this.options.listen !== false, offers('tasks/get') ? taskCapabilities(revision, hears) : NOTHING, this.#extensions)
  }

  /** Does anybody here answer that method? @throws ProtocolError -32601 */
  offers({ method }: RpcRequest, revision: Revision): void {
    this.#dispatch.assertOffered(method, revision)
  }

  /** Do the params fit, and does the client, where it is known already, declare what is needed? @throws ProtocolError -32602, -32021 */
  check(request: RpcRequest, revision: Revision, client?: Caller): void {
    this.#dispatch.assertFits(request, revision)
    if (client && request.method === 'tools/call') this.#tools.assertCapable(request.params?.name, client.capabilities)
  }

  /** The arguments of a call that header fields repeat, where its tool says so. */
  mirrored({ method, params }: RpcRequest): readonly Mirrored[] | undefined {
    return method === 'tools/call' ? this.#tools.mirrored(params?.name) : undefined
  }

  /** Answers a request that `offers` and `check` let pass. Never throws, never rejects; the answer is `exchange.finish`. */
  serve(exchange: Exchange): void {
    this.#dispatch.serve(exchange)
  }

  /** Takes what needs no answer: a notification, or the response to a request of ours. What makes no sense is ignored. */
  notice(message: RpcNotification | RpcResponse, session: Session | undefined): void {
    this.#dispatch.notice(message, session)
  }

  /** A session has ended: nobody follows for it any more. Called by the mount that kept it. */
  left(session: Session): void {
    if (session.subscribed) this.changes.subscriptions.unfollow(session.subscribed)
    session.subscribed = undefined
    if (this.world) this.#tasks.abandon(session)
  }

  /** Compiles what first calls would otherwise wait for. Never rejects. */
  warm(): Promise<void> {
    return this.#tools.warm()
  }

  /** Tells the application of an error whose text the peer is not told. Never throws. */
  report(error: unknown, place: ErrorPlace): void {
    this.#onError(error, place)
  }

  #changed(changed: boolean, list: string): boolean {
    if (changed) this.changes.listChanged(`notifications/${list}/list_changed`)
    return changed
  }

  #completes(): void {
    const about = ({ type, name, uri }: Reference): Completed | undefined => (type === 'ref/prompt' ? this.#prompts.all.get(name) : this.#resources.families.get(uri))
    this.#dispatch.offer('completion/complete', params => complete(params, about))
  }

  #placed(): World {
    if (!this.world) throw new TypeError('this server has no clock yet: mount it, or set server.world')
    return this.world
  }

  #sealed(): Vault {
    if (!this.vault) throw new TypeError('this server has no vault: mount it, or set server.vault')
    return this.vault
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
