/** The open subscriptions of a client: on streams of their own, or, in a session, out of what the session hears. No I/O. */
import type { JsonObject } from '../wire/json-rpc.js'
import { declared, speaks } from '../revisions/vocabulary.js'
import { type Ground, Listener } from './listener.js'
import { KINDS, OpenSubscription, type Subscription, type SubscriptionOptions, UPDATED } from './subscription.js'
import type { Notification, SubscriptionFilter } from './typed.js'

/** What the book needs of its client. */
export interface Bindery {
  readonly ground: Ground
  /** What the server declares by now. */
  readonly capabilities: () => JsonObject
  readonly maxQueued: number
  /** A request in the session. */
  ask(method: string, params: JsonObject): Promise<unknown>
  /** Listens to what the session says unasked. Settles when it does, or soon. */
  hear(): Promise<void>
  dropped(total: number): void
}

export class Subscriptions {
  /** In a session: they share its stream. */
  readonly #shared = new Set<OpenSubscription>()
  readonly #open = new Set<OpenSubscription>()

  constructor(private readonly client: Bindery) {}

  listen(filter: SubscriptionFilter, options: SubscriptionOptions): Subscription {
    const { maxQueued, dropped } = this.client
    const subscription = new OpenSubscription(filter, options, maxQueued, dropped, one => {
      this.#open.delete(one)
      if (this.#shared.delete(one)) this.#unfollow(one)
    })
    this.#open.add(subscription)
    this.#begin(subscription)
    return subscription
  }

  /** Something was heard that belongs to no subscription's own stream. */
  heard(note: Notification): void {
    for (const subscription of this.#shared) if (subscription.wants(note)) subscription.deliver(note)
  }

  /** A new session has taken over, and knows nothing of what the old one was told. */
  renewed(): void {
    const shared = [...this.#shared]
    this.#shared.clear()
    for (const subscription of shared) {
      this.#begin(subscription)
      subscription.options.onReconnected?.()
    }
  }

  /** The session says nothing unasked any more, or never did: whoever waited for it need not. */
  deaf(why: Error): void {
    for (const subscription of [...this.#shared]) subscription.end(why)
  }

  /** All of them, without a word to a session that is ending itself. */
  close(): void {
    this.#shared.clear()
    for (const subscription of [...this.#open]) subscription.end('closed')
  }

  #begin(subscription: OpenSubscription): void {
    const { ground } = this.client
    if (ground.standing().revision.changes === 'subscriptions/listen') return new Listener(subscription, ground).begin()
    this.#shared.add(subscription)
    void this.client.hear().then(() => this.#follow(subscription)).then(filter => subscription.agree(filter), (error: unknown) => subscription.end(error as Error))
  }

  /** What a session can tell of is what the server declared, and the resources it takes subscriptions to: server/resources#subscriptions. */
  async #follow({ filter }: OpenSubscription): Promise<SubscriptionFilter> {
    const lists = [...KINDS].filter(([method, kind]) => filter[kind] && this.#declared(method)).map(([, kind]) => [kind, true] as const)
    const asked = this.#declared(UPDATED) ? filter.resourceSubscriptions ?? [] : []
    const taken = await Promise.all(asked.map(async uri => {
      try {
        await this.client.ask('resources/subscribe', { uri })
        return [uri]
      } catch (error) {
        this.client.ground.fault(error as Error)
        return []
      }
    }))
    return { ...Object.fromEntries(lists), ...(filter.resourceSubscriptions && { resourceSubscriptions: taken.flat() }) }
  }

  /** Leaves the resources that nobody else here follows. */
  #unfollow({ filter: { resourceSubscriptions = [] } }: OpenSubscription): void {
    if (!this.#declared(UPDATED)) return
    const followed = new Set([...this.#shared].flatMap(({ filter }) => filter.resourceSubscriptions ?? []))
    for (const uri of resourceSubscriptions) {
      if (!followed.has(uri)) this.client.ask('resources/unsubscribe', { uri }).catch((error: unknown) => this.client.ground.fault(error as Error))
    }
  }

  #declared(method: string): boolean {
    const { capabilities, ground } = this.client
    const row = speaks(ground.standing().revision, method, 'server')
    return row !== undefined && declared(capabilities(), row)
  }
}
