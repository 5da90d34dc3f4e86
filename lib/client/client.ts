/** A client of one server: calls, notifications, answers. What it is carried by is a `Carrier`'s business. No I/O. */
import type { JsonObject, RpcNotification, RpcRequest } from '../wire/json-rpc.js'
import { isLevel, type Level, LEVELS } from '../wire/levels.js'
import { timeLimits, type TimeLimits } from '../protocol/deadline.js'
import { Cancelled, InvalidMessage } from '../protocol/errors.js'
import { limitsOf } from '../protocol/limits.js'
import { saysItself } from '../protocol/meta.js'
import type { Standing } from '../protocol/opening.js'
import type { Implementation } from '../protocol/types.js'
import type { Revision } from '../revisions/index.js'
import { clientChecks } from '../validation/client-checks.js'
import type { JsonSchema, Typed } from '../validation/from-schema.js'
import { lint } from '../validation/lint.js'
import { AnswerDesk, capabilitiesOf } from './answers.js'
import type { Call, CallOptions, RequestOptions } from './call.js'
import { Calls } from './calls.js'
import { bared, type Carrier, SessionGone, type World } from './carrier.js'
import { Link } from './link.js'
import { Methods } from './methods.js'
import type { OpenCall } from './open-call.js'
import { CLIENT_LIMITS, type ClientEvents, type ClientOptions } from './options.js'
import { QuestionTasks } from './question-tasks.js'
import { Queue } from './queue.js'
import type { Subscription, SubscriptionOptions } from './subscription.js'
import { Subscriptions } from './subscriptions.js'
import type { Notification, SubscriptionFilter } from './typed.js'
import { Voice } from './voice.js'

export class Client extends Methods {
  /** What belongs to no call, as it comes, subscriptions included; ends when the client is closed. One reader at a time. */
  readonly notifications: AsyncIterable<Notification>

  readonly #events: ClientEvents
  readonly #limits: TimeLimits
  readonly #voice: Voice
  readonly #link: Link
  readonly #answers: AnswerDesk
  /** Tasks that are the server's questions. */
  readonly #asked: QuestionTasks | undefined
  readonly #calls: Calls
  readonly #notes: Queue<Notification>
  readonly #subscriptions: Subscriptions
  #lastId = 0
  #closing: Promise<void> | undefined

  /** Not opened: `openClient` does that. */
  constructor(carrier: Carrier, clock: World, offered: readonly Revision[], options: ClientOptions, remembered?: Revision['era']) {
    super()
    const { info, answers = {}, extensions = {}, tasks = true, listen = true, cache = true, events = {} } = options
    const { listenWaitMs, maxQueuedNotifications, maxOpenQuestions, maxRounds } = limitsOf(CLIENT_LIMITS, options)
    const newId = (): number => ++this.#lastId
    const fault = (error: unknown): void => this.#fault(error)
    const capabilities = (revision: Revision): JsonObject => capabilitiesOf(answers, revision, extensions)
    const dropped = (total: number): void => this.#tell(() => events.onDropped?.(total))
    this.#events = events
    this.#limits = timeLimits(options)
    const { timeoutMs: withinMs } = this.#limits
    const { asTasks = false } = answers
    this.#asked = asTasks ? new QuestionTasks(asTasks === true ? {} : asTasks, clock) : undefined
    this.#answers = new AnswerDesk(answers, maxOpenQuestions, fault, this.#asked)
    this.#notes = new Queue(maxQueuedNotifications, dropped)
    this.notifications = this.#notes
    const link = this.#link = new Link(carrier, clock, {
      offered, info, listen, listenWaitMs, remembered, newId, withinMs, capabilities,
      heard: (message, standing) => this.#heard(message, standing),
      onError: fault,
      onDeaf: why => this.#subscriptions.deaf(why),
      onRenewed: why => this.#renewed(why),
    })
    const voice = this.#voice = new Voice(info, capabilities, tasks, () => link.server.capabilities)
    link.level = voice.level = options.logLevel
    this.#calls = new Calls({
      clock, link, voice, answers: this.#answers, cached: cache, tasks, maxQueuedNotifications, maxRounds, newId, fault, dropped,
      heard: (message, standing, call) => this.#heard(message, standing, call),
      cancelled: (requestId, reason, standing) => {
        const params = reason === undefined ? { requestId } : { requestId, reason }
        void this.#say(link.tell({ jsonrpc: '2.0', method: 'notifications/cancelled', params }, standing), standing)
      },
      request: (method, params, of) => this.request(method, params, of),
      listTools: () => this.listTools({ fresh: true }),
      told: listener => this.#tell(listener),
      toolRejected: (name, reason) => this.#tell(() => events.onToolRejected?.(name, reason)),
    })
    this.#subscriptions = new Subscriptions({
      ground: {
        carrier, clock, withinMs, fault,
        standing: () => link.standing,
        write: (method, params, { revision }) => voice.request(newId(), method, params, {}, revision),
        heard: note => {
          this.#calls.ofTask(note)
          this.#announce(note)
        },
        missed: () => this.#calls.cache?.clear(),
      },
      capabilities: () => link.server.capabilities,
      maxQueued: maxQueuedNotifications,
      ask: (method, params) => this.request(method, params).result,
      hear: () => link.hear(),
      dropped,
    })
  }

  /** The revision in force. A new session may bring another. */
  get revision(): Revision {
    return this.#link.standing.revision
  }

  /** Who the server says it is: `serverInfo`. One without sessions need not say. */
  get server(): Implementation | undefined {
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
  request<const R extends JsonSchema = JsonSchema>(method: string, params?: JsonObject, options: RequestOptions<R> = {}): Call<Typed<R>> {
    const fault = options.result === undefined ? undefined : lint(options.result)
    if (fault) throw new TypeError(`request ${method}: result${fault.pointer} ${fault.sentence}`)
    return this.#calls.begin(method, params, timeLimits(options, this.#limits), options, this.#refused)
  }

  /**
   * Asks to be told of changes. What comes is delivered by the subscription, and as `notifications`, and makes what was kept of it stale.
   * In a session it is what the session's own stream brings, and `resources/subscribe` for the resources named; without one it is a stream of
   * its own, with no time-out (2026-07-28/basic/patterns/subscriptions). Several may be open at once.
   */
  listen(filter: SubscriptionFilter, options: SubscriptionOptions = {}): Subscription {
    if (this.#closing) throw new Cancelled('listen: the client is closed')
    return this.#subscriptions.listen(filter, options)
  }

  /**
   * The least severe level from now on: server/utilities/logging#setting-log-level, also for a session that takes over; without a session
   * each later request says it.
   * @throws TypeError for an unknown level, or if the server declares no logging.
   */
  async setLogLevel(level: Level): Promise<void> {
    if (!isLevel(level)) throw new TypeError(`level is ${JSON.stringify(level)}; expected one of ${LEVELS.join(', ')}`)
    const perRequest = saysItself(this.revision)
    if (!perRequest) this.mayAsk('logging/setLevel')
    else if (!this.#voice.logs(this.revision)) throw new TypeError('the server declares no logging')
    this.#link.level = this.#voice.level = level
    if (!perRequest) await this.request('logging/setLevel', { level }).result
  }

  /** Sends a notification; settles once the server has taken it. */
  async notify(method: string, params?: JsonObject): Promise<void> {
    if (this.#closing) throw new Cancelled(`${method}: the client is closed`)
    const say = (standing: Standing): Promise<void> => this.#link.tell(this.#voice.notification(method, params, standing.revision), standing)
    await this.#link.renewing
    const { standing } = this.#link
    try {
      await say(standing)
    } catch (error) {
      if (!(error instanceof SessionGone)) throw error
      await this.#link.renew(standing, error)
      await say(this.#link.standing).catch((again: unknown) => Promise.reject(bared(again)))
    }
  }

  /** Ends every call with `Cancelled`, every subscription, the session, and the connections. Never rejects; a silent server holds it up for a moment only. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** @internal */
  open(): Promise<void> {
    return this.#link.open()
  }

  protected resume(method: string, taskId: string, options: CallOptions = {}): Call {
    return this.#calls.resume(method, taskId, timeLimits(options, this.#limits), options, this.#refused)
  }

  /** Why nothing can be asked, if so. */
  get #refused(): string | undefined {
    return this.#closing && 'the client is closed'
  }

  protected forgetList(method: string): boolean {
    return this.#calls.cache?.forgetList(method) ?? false
  }

  async #close(): Promise<void> {
    this.#calls.close()
    this.#subscriptions.close()
    this.#answers.close()
    this.#notes.end()
    await this.#link.close()
  }

  #renewed(why: string | undefined): void {
    this.#asked?.abandon(this.#link.standing)
    this.#calls.cache?.clear()
    if (why !== undefined) this.#tell(() => this.#events.onSessionReplaced?.(why))
    this.#subscriptions.renewed()
  }

  /** What came on a call's behalf, or, without one, on nobody's. */
  #heard(message: RpcRequest | RpcNotification, standing: Standing, call?: OpenCall): void {
    const { method, params } = message
    if ('id' in message) {
      if (standing.revision.input === 'by request') return void this.#answer(message, standing, this.#calls.ofTask(message) ?? call)
      const seen = `the server asks ${method}; at ${standing.revision.id} it may only ask in results`
      return this.#fault(new InvalidMessage(seen, 'basic/transports/streamable-http#receiving-messages'))
    }
    const fault = clientChecks(standing.revision, method)?.params?.(params)
    // A cancellation is ignored when it makes no sense: basic/utilities/cancellation#error-handling
    if (method === 'notifications/cancelled') return fault ? undefined : this.#answers.withdraw(params?.requestId)
    if (fault) return this.#fault(new InvalidMessage(`${method}: ${fault.sentence}`))
    const note = message as Notification
    // Whichever stream it came on, the token says whose it is; after the call's end, nobody's.
    if (note.method === 'notifications/progress') return this.#calls.find(note.params.progressToken)?.progress(note)
    // 2025-11-25/basic/utilities/tasks#input-required-status: what belongs to a task may come on any stream.
    const whose = this.#calls.ofTask(message) ?? call
    if (!whose) return this.#announce(message)
    this.#changed(message)
    whose.yield(note)
  }

  #announce(message: RpcNotification): void {
    this.#changed(message)
    this.#notes.push(message as Notification)
  }

  #changed(message: RpcNotification): void {
    this.#calls.cache?.heard(message)
    this.#subscriptions.heard(message as Notification)
  }

  async #answer(request: RpcRequest, standing: Standing, call: OpenCall | undefined): Promise<void> {
    const asker = new AbortController()
    const answered = this.#answers.answer(request, standing, asker, message => this.#say(this.#link.tell(message, standing), standing))
    await (call ? call.whileAnswering(asker, answered) : answered)
  }

  /** What nobody waits for fails into an event; but a dead session is replaced, whoever finds it: basic/transports#session-management. */
  #say(said: Promise<void>, standing: Standing): Promise<void> {
    return said.catch((error: unknown) => {
      this.#fault(bared(error))
      if (error instanceof SessionGone && !this.#closing) this.#link.renew(standing, error).catch((why: unknown) => this.#fault(why))
    })
  }

  #fault(error: unknown): void {
    if (!this.#closing) this.#tell(() => this.#events.onError?.(error instanceof Error ? error : new Error(String(error))))
  }

  /** A listener's failure is its own: it must not break the conversation it listens to. */
  #tell(listener: () => unknown): void {
    try {
      const returned = listener()
      if (returned instanceof Promise) returned.catch(() => {})
    } catch {
      // as above
    }
  }
}

/** Opens a conversation over any carrier. On failure the carrier is closed. @throws what the opening failed with */
export const openClient = async (carrier: Carrier, clock: World, offered: readonly Revision[], options: ClientOptions, remembered?: Revision['era']): Promise<Client> => {
  const client = new Client(carrier, clock, offered, options, remembered)
  try {
    await client.open()
    return client
  } catch (error) {
    await carrier.close()
    throw error
  }
}
