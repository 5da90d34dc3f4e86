/** A client of one server: calls, notifications, answers. What it is carried by is a `Carrier`'s business. No I/O. */
import type { JsonObject, RpcNotification, RpcRequest } from '../wire/json-rpc.js'
import { isLevel, type Level, LEVELS } from '../wire/levels.js'
import { timeLimits, type TimeLimits } from '../protocol/deadline.js'
import { Cancelled, InvalidMessage } from '../protocol/errors.js'
import type { Standing } from '../protocol/opening.js'
import type { CallToolResult, Implementation, Tool } from '../protocol/types.js'
import type { Revision } from '../revisions/index.js'
import { declared, speaks } from '../revisions/vocabulary.js'
import { clientChecks } from '../validation/client-checks.js'
import { AnswerDesk, capabilitiesOf } from './answers.js'
import { type Call, type CallOptions, type Desk, OpenCall } from './call.js'
import { bared, type Carrier, type Clock, SessionGone } from './carrier.js'
import { Deadlines } from './deadlines.js'
import { Link } from './link.js'
import type { ClientEvents, ClientOptions } from './options.js'
import { Queue } from './queue.js'
import type { Notification } from './typed.js'

/** Pages that `listTools` reads. A server with more is taken to be going in circles: `InvalidMessage`. */
export const MAX_PAGES = 1000

export class Client {
  /** What belongs to no call, as it comes; ends when the client is closed. One reader at a time. */
  readonly notifications: AsyncIterable<Notification>

  readonly #link: Link
  readonly #limits: TimeLimits
  readonly #deadlines: Deadlines
  readonly #answers: AnswerDesk
  readonly #notes: Queue<Notification>
  readonly #calls = new Map<unknown, OpenCall>()
  readonly #events: ClientEvents
  readonly #desk: Desk
  #lastId = 0
  #closing: Promise<void> | undefined

  /** Not opened: `openClient` does that. */
  constructor(carrier: Carrier, clock: Clock, offered: readonly Revision[], options: ClientOptions) {
    const { info, answers = {}, listen = true, maxQueuedNotifications = 1000, events = {} } = options
    this.#limits = timeLimits(options)
    this.#events = events
    this.#deadlines = new Deadlines(clock)
    this.#answers = new AnswerDesk(answers, error => this.#fault(error))
    this.#notes = new Queue(maxQueuedNotifications, total => this.#tell(events.onDropped, total))
    this.notifications = this.#notes
    this.#link = new Link(carrier, clock, {
      offered, info, listen,
      capabilities: capabilitiesOf(answers),
      newId: () => ++this.#lastId,
      withinMs: this.#limits.timeoutMs,
      heard: (message, standing) => this.#heard(message, standing),
      onError: error => this.#fault(error),
      onSessionReplaced: why => this.#tell(events.onSessionReplaced, why),
    })
    this.#link.level = options.logLevel
    this.#desk = {
      nowMs: clock.nowMs,
      maxQueuedNotifications,
      send: (call, gone) => this.#send(call, gone),
      heard: (message, standing, call) => this.#heard(message, standing, call),
      ended: (call, untold) => this.#ended(call, untold),
      hurried: call => this.#deadlines.watch(call),
      fault: error => this.#fault(error),
      dropped: total => this.#tell(events.onDropped, total),
    }
  }

  /** The revision in force. A new session may bring another. */
  get revision(): Revision {
    return this.#link.standing.revision
  }

  /** Who the server says it is: `serverInfo`. */
  get server(): Implementation {
    return this.#link.server.info
  }

  /** What the server declared. */
  get capabilities(): JsonObject {
    return this.#link.server.capabilities
  }

  /** How the server wants to be used, in its own words. */
  get instructions(): string | undefined {
    return this.#link.server.instructions
  }

  /**
   * Sends any request, whatever the server declared. The other methods are built on it.
   * @throws TypeError for an option that makes no sense; everything else rejects `result`.
   */
  request(method: string, params?: JsonObject, options: CallOptions = {}): Call {
    const limits = timeLimits(options, this.#limits)
    const id = ++this.#lastId
    // basic/utilities/progress: unique among all active requests, as the id is
    const meta = options.progress ? { ...options.meta, progressToken: id } : options.meta
    const whole = meta ? { ...params, _meta: { ...(params?._meta as object | undefined), ...meta } } : params
    const request: RpcRequest = whole === undefined ? { jsonrpc: '2.0', id, method } : { jsonrpc: '2.0', id, method, params: whole }
    const call = new OpenCall(request, limits, options, this.#link.standing, this.#desk)
    if (this.#closing) call.fail(new Cancelled(`${method}: the client is closed`))
    else if (options.signal?.aborted) call.fail(new Cancelled(`${method} was cancelled before it was sent`))
    else {
      this.#calls.set(id, call)
      this.#deadlines.watch(call)
      this.#send(call)
    }
    return call
  }

  /** server/tools#calling-tools. @throws TypeError if the server declares no tools. */
  callTool(name: string, args?: JsonObject, options?: CallOptions): Call<CallToolResult> {
    this.#mayAsk('tools/call')
    const params = args === undefined ? { name } : { name, arguments: args }
    return this.request('tools/call', params, options) as unknown as Call<CallToolResult>
  }

  /** One page of server/tools#listing-tools, and the cursor of the next, if there is one. */
  async listToolsPage(cursor?: string, options?: CallOptions): Promise<{ readonly tools: readonly Tool[]; readonly nextCursor?: string }> {
    this.#mayAsk('tools/list')
    const result = await this.request('tools/list', cursor === undefined ? undefined : { cursor }, options).result
    return result as unknown as { readonly tools: readonly Tool[]; readonly nextCursor?: string }
  }

  /** Every page, in order; `timeoutMs` is for each. Stops at a cursor it has had: basic/utilities/pagination says it must lead on. */
  async listTools(options?: CallOptions): Promise<Tool[]> {
    const tools: Tool[] = []
    const seen = new Set<string>()
    for (let cursor: string | undefined; seen.size < MAX_PAGES;) {
      const page = await this.listToolsPage(cursor, options)
      tools.push(...page.tools)
      cursor = page.nextCursor
      if (cursor === undefined || seen.has(cursor)) return tools
      seen.add(cursor)
    }
    throw new InvalidMessage(`tools/list: more than ${MAX_PAGES} pages`, 'server/utilities/pagination')
  }

  /** basic/utilities/ping */
  async ping(options?: CallOptions): Promise<void> {
    await this.request('ping', undefined, options).result
  }

  /**
   * server/utilities/logging#setting-log-level. A session that takes over is told as well.
   * @throws TypeError for an unknown level, or if the server declares no logging.
   */
  async setLogLevel(level: Level): Promise<void> {
    if (!isLevel(level)) throw new TypeError(`level is ${JSON.stringify(level)}; expected one of ${LEVELS.join(', ')}`)
    this.#mayAsk('logging/setLevel')
    this.#link.level = level
    await this.request('logging/setLevel', { level }).result
  }

  /** Sends a notification; settles once the server has taken it. */
  async notify(method: string, params?: JsonObject): Promise<void> {
    if (this.#closing) throw new Cancelled(`${method}: the client is closed`)
    const message: RpcNotification = params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params }
    await this.#link.renewing
    const { standing } = this.#link
    try {
      await this.#link.tell(message, standing)
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error
      await this.#link.renew(standing, error)
      await this.#link.tell(message, this.#link.standing).catch((again: unknown) => Promise.reject(bared(again)))
    }
  }

  /** Ends every call with `Cancelled`, the session, and the connections. Never rejects; a silent server holds it up for a moment only. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** @internal */
  open(): Promise<void> {
    return this.#link.open()
  }

  async #close(): Promise<void> {
    for (const call of [...this.#calls.values()]) call.fail(new Cancelled(`${call.request.method}: the client was closed`))
    this.#deadlines.close()
    this.#answers.close()
    this.#notes.end()
    await this.#link.close()
  }

  /** basic/lifecycle#operation: only what was negotiated. */
  #mayAsk(method: string): void {
    const row = speaks(this.revision, method, 'client')
    if (row && declared(this.capabilities, row)) return
    throw new TypeError(row
      ? `${method} needs the capability ${row.capability?.join('.')}, which the server did not declare; request('${method}') asks all the same`
      : `${method} is not part of revision ${this.revision.id}`)
  }

  #send(call: OpenCall, gone?: SessionGone): void {
    const renewed = gone ? this.#link.renew(call.standing, gone) : this.#link.renewing
    if (renewed) renewed.then(() => this.#sendNow(call), (error: unknown) => call.fail(error as Error))
    else this.#sendNow(call)
  }

  #sendNow(call: OpenCall): void {
    if (!call.open) return
    call.standing = this.#link.standing
    try {
      const line = this.#link.carrier.send(call.request, call.standing, call)
      if (call.open) call.line = line
    } catch (error) {
      // Arguments that are no JSON: a cycle, a BigInt.
      call.fail(error as Error)
    }
  }

  #ended(call: OpenCall, untold?: { readonly reason: string | undefined }): void {
    this.#calls.delete(call.request.id)
    this.#deadlines.forget(call)
    const { line, standing, request: { id } } = call
    if (!untold || !line) return
    line.stop()
    // Hanging up alone is no cancellation: basic/transports#sending-messages-to-the-server
    const params = untold.reason === undefined ? { requestId: id } : { requestId: id, reason: untold.reason }
    this.#say(this.#link.tell({ jsonrpc: '2.0', method: 'notifications/cancelled', params }, standing), standing)
  }

  /** What came on a call's behalf, or, without one, on nobody's. */
  #heard(message: RpcRequest | RpcNotification, standing: Standing, call?: OpenCall): void {
    if ('id' in message) return void this.#answer(message, standing, call)
    const { method, params } = message
    const fault = clientChecks(standing.revision, method)?.params?.(params)
    // A cancellation is ignored when it makes no sense: basic/utilities/cancellation#error-handling
    if (method === 'notifications/cancelled') return fault ? undefined : this.#answers.withdraw(params?.requestId)
    if (fault) return this.#fault(new InvalidMessage(`${method}: ${fault.sentence}`))
    const note = message as Notification
    if (note.method !== 'notifications/progress') return call ? call.yield(note) : this.#notes.push(note)
    // Whichever stream it came on, the token says whose it is; after the call's end, nobody's.
    this.#calls.get(note.params.progressToken)?.progress(note)
  }

  async #answer(request: RpcRequest, standing: Standing, call: OpenCall | undefined): Promise<void> {
    const asker = new AbortController()
    const answered = this.#answers.answer(request, standing.revision, asker).then(response => {
      if (response) this.#say(this.#link.tell(response, standing), standing)
    })
    await (call ? call.whileAnswering(asker, answered) : answered)
  }

  /** What nobody waits for fails into an event; but a dead session is replaced, whoever finds it: basic/transports#session-management. */
  #say(said: Promise<void>, standing: Standing): void {
    said.catch((error: unknown) => {
      this.#fault(bared(error))
      if (error instanceof SessionGone && !this.#closing) this.#link.renew(standing, error).catch((why: unknown) => this.#fault(why))
    })
  }

  #fault(error: unknown): void {
    if (!this.#closing) this.#tell(this.#events.onError, error instanceof Error ? error : new Error(String(error)))
  }

  #tell<T>(listener: ((about: T) => void) | undefined, about: T): void {
    try {
      listener?.(about)
    } catch {
      // A listener's failure is its own: it must not break the conversation it listens to.
    }
  }
}

/** Opens a conversation over any carrier. On failure the carrier is closed. @throws what the opening failed with */
export const openClient = async (carrier: Carrier, clock: Clock, offered: readonly Revision[], options: ClientOptions): Promise<Client> => {
  const client = new Client(carrier, clock, offered, options)
  try {
    await client.open()
    return client
  } catch (error) {
    await carrier.close()
    throw error
  }
}
