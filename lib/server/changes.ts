/** What a server says of its own accord: changed lists, and log entries that belong to no request. No I/O. */
import { speaks } from '../revisions/vocabulary.js'
import type { RpcNotification } from '../wire/json-rpc.js'
import { LEVELS, reaches, type Level } from '../wire/levels.js'
import type { Exchange } from '../protocol/exchange.js'
import type { Session } from '../protocol/session.js'
import type { KeptTask } from '../protocol/task-store.js'
import { statusMessage } from '../protocol/tasks.js'
import { logMessage, type LogOptions } from './logging.js'
import { Subscriptions, type ListenLimits } from './subscriptions.js'
import { detailed, hasExperiment } from './task-methods.js'
import type { Tasks } from './tasks.js'
import { COMPLETE } from './visits.js'

/** Who can be told: the open sessions of one mount. */
export interface Audience {
  values(): Iterable<Session>
}

/** Says `data` to every session whose level lets it pass, on the stream it listens on. Returns how many were told. */
export type Announce = (data: unknown, options?: LogOptions) => number

export class Changes {
  readonly audiences = new Set<Audience>()
  readonly subscriptions: Subscriptions
  readonly #pending = new Set<string>()
  /** `debug` to `emergency`, for what belongs to no request. */
  readonly log: { readonly [L in Level]: Announce }

  /** `limits` false: nothing is announced. */
  constructor(private readonly limits: false | ListenLimits, onError: (error: unknown) => void) {
    this.subscriptions = new Subscriptions(limits || {}, onError)
    const announce = (level: Level): Announce => (data, options) =>
      this.#tell(logMessage(level, data, options?.logger), session => {
        const threshold = session.revision.threshold(undefined, session.logLevel)
        return threshold !== undefined && reaches(level, threshold)
      })
    this.log = Object.fromEntries(LEVELS.map(level => [level, announce(level)])) as { [L in Level]: Announce }
  }

  /** Announces that a list has changed: once, however often it changes before this turn is over. */
  listChanged(method: string): void {
    if (this.limits === false || this.#pending.has(method) || (this.audiences.size === 0 && this.subscriptions.size === 0)) return
    this.#pending.add(method)
    queueMicrotask(() => {
      this.#pending.delete(method)
      const message: RpcNotification = { jsonrpc: '2.0', method }
      this.#tell(message)
      this.subscriptions.tell(message)
    })
  }

  /** Announces that a resource has changed, to those who follow it. Returns how many. */
  updated(uri: string): number {
    const message: RpcNotification = { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } }
    return this.#tell(message, session => session.subscribed?.has(uri) === true) + this.subscriptions.tell(message)
  }

  /** Tells the session whose person was asked to visit a page that this is done. Returns how many were told: 1 or 0. */
  visited(elicitationId: string): number {
    return this.#tell({ jsonrpc: '2.0', method: COMPLETE, params: { elicitationId } }, session => session.visits?.delete(elicitationId) === true)
  }

  /** Tells a task's client how it stands: on its session's stream, or to whoever follows the task. */
  taskChanged(task: KeptTask, { session, revision }: Exchange, tasks: Tasks): void {
    if (hasExperiment(revision)) session?.tell(statusMessage(task))
    else this.subscriptions.tell({ jsonrpc: '2.0', method: 'notifications/tasks', params: detailed(task, tasks) })
  }

  /** Says what the protocol does not have to every session that listens. */
  say(message: RpcNotification): number {
    let told = 0
    for (const audience of this.audiences) for (const session of audience.values()) if (session.ready && session.tell(message)) told++
    return told
  }

  #tell(message: RpcNotification, wants: (session: Session) => boolean = () => true): number {
    let told = 0
    for (const audience of this.audiences) {
      for (const session of audience.values()) {
        // basic/lifecycle#initialization: before `initialized`, a server says nothing but pings and log entries
        if ((session.ready || message.method === 'notifications/message') && speaks(session.revision, message.method, 'server') && wants(session) && session.tell(message)) told++
      }
    }
    return told
  }
}
