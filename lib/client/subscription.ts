/** One subscription, as the application holds it: a sequence of the changes asked for, until it ends. What it rides on is elsewhere. No I/O. */
import { Queue } from './queue.js'
import type { Notification, SubscriptionFilter } from './typed.js'

export interface SubscriptionOptions {
  /**
   * Listen again when the stream breaks, after a wait that doubles with each try in vain. `false`: the subscription ends then.
   * What changed in between is not told: see `onReconnected`. Where sessions are, their own stream is kept open, and this is not looked at;
   * when that is lost for good, or a server has none, the subscription ends with the reason.
   */
  readonly reconnect?: false | ReconnectLimits
  /** The stream broke and is heard again: whatever was subscribed to may have changed meanwhile. */
  readonly onReconnected?: () => void
}

export interface ReconnectLimits {
  /** Tries in a row that bring nothing. Beyond it the subscription ends with the error. Default 5. */
  readonly maxTries?: number
  /** Wait before the first try, in milliseconds. Default 500. */
  readonly delayMs?: number
  /** Longest wait that doubling leads to, in milliseconds. Default 30 000. */
  readonly maxDelayMs?: number
}

export const RECONNECT_LIMITS: Required<ReconnectLimits> = { maxTries: 5, delayMs: 500, maxDelayMs: 30_000 }

/** Changes as they are announced. Leaving a loop over it early closes nothing. One reader at a time. */
export interface Subscription extends AsyncIterable<Notification> {
  /** What the server agreed to tell of. Rejects with why there is no subscription; nobody has to look. */
  readonly acknowledged: Promise<SubscriptionFilter>
  /** How it ended: closed by us, ended by the server in good order, or the error that ended it. Never rejects. */
  readonly closed: Promise<'closed' | 'graceful' | Error>
  /** Notifications that were dropped, oldest first, because too many waited. */
  readonly dropped: number
  /** Ends it. Nothing happens once it has ended. */
  close(): void
}

export class OpenSubscription implements Subscription {
  readonly acknowledged: Promise<SubscriptionFilter>
  readonly closed: Promise<'closed' | 'graceful' | Error>
  /** Leaves what it rides on. */
  leave: () => void = () => {}
  readonly #notes: Queue<Notification>
  #acknowledge!: { resolve(filter: SubscriptionFilter): void; reject(error: Error): void }
  #end!: (how: 'closed' | 'graceful' | Error) => void
  #open = true

  constructor(
    readonly filter: SubscriptionFilter,
    readonly options: SubscriptionOptions,
    maxQueued: number,
    onDropped: (total: number) => void,
    private readonly onEnd: (one: OpenSubscription) => void,
  ) {
    this.#notes = new Queue(maxQueued, onDropped)
    this.acknowledged = new Promise((resolve, reject) => {
      this.#acknowledge = { resolve, reject }
    })
    this.acknowledged.catch(() => {})
    this.closed = new Promise(resolve => {
      this.#end = resolve
    })
  }

  get open(): boolean {
    return this.#open
  }

  get dropped(): number {
    return this.#notes.dropped
  }

  [Symbol.asyncIterator](): AsyncIterator<Notification, undefined> {
    return this.#notes
  }

  close(): void {
    this.end('closed')
  }

  /** The server has said what it will tell of; a second time nothing happens. */
  agree(filter: SubscriptionFilter): void {
    this.#acknowledge.resolve(filter)
  }

  deliver(note: Notification): void {
    this.#notes.push(note)
  }

  end(how: 'closed' | 'graceful' | Error): void {
    if (!this.#open) return
    this.#open = false
    this.leave()
    this.onEnd(this)
    this.#acknowledge.reject(how instanceof Error ? how : new Error('the subscription was closed before the server acknowledged it'))
    this.#notes.end()
    this.#end(how)
  }

  /** Does the filter ask for this? An update may be about a part of the resource that was subscribed to. */
  wants({ method, params }: Notification): boolean {
    const kind = KINDS.get(method)
    if (kind) return this.filter[kind] === true
    if (method === 'notifications/tasks') return (this.filter.taskIds ?? []).includes(String(params?.taskId))
    return method === UPDATED && (this.filter.resourceSubscriptions ?? []).some(uri => isPartOf(uri, (params as { readonly uri: string }).uri))
  }
}

export const UPDATED = 'notifications/resources/updated'

/** The member of a filter that asks for a notification: 2026-07-28/basic/patterns/subscriptions#notification-filter */
export const KINDS: ReadonlyMap<string, 'toolsListChanged' | 'promptsListChanged' | 'resourcesListChanged'> = new Map([
  ['notifications/tools/list_changed', 'toolsListChanged'],
  ['notifications/prompts/list_changed', 'promptsListChanged'],
  ['notifications/resources/list_changed', 'resourcesListChanged'],
])

/** Is the second URI that of the first, or of a part of it? A path, a query or a fragment begins where the first ends. */
export const isPartOf = (whole: string, uri: string): boolean => uri.startsWith(whole) && (uri.length === whole.length || whole.endsWith('/') || '/?#'.includes(uri[whole.length]!))
