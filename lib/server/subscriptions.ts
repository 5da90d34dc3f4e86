/** `subscriptions/listen`: who asked to be told of which changes (basic/patterns/subscriptions). No I/O. */
import type { JsonObject, RpcNotification } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { withSubscription } from '../protocol/meta.js'
import { quietly } from './quietly.js'
import { MAX_URI_LENGTH } from './uri.js'

/** What a client asks to be told of. */
export interface Filter {
  readonly toolsListChanged?: boolean
  readonly promptsListChanged?: boolean
  readonly resourcesListChanged?: boolean
  readonly resourceSubscriptions?: readonly string[]
  /** Of the tasks extension. */
  readonly taskIds?: readonly string[]
}

/** The method that a server offers which can tell of it. */
export const NEEDED_FOR: ReadonlyMap<keyof Filter, string> = new Map([
  ['toolsListChanged', 'tools/list'],
  ['promptsListChanged', 'prompts/list'],
  ['resourcesListChanged', 'resources/list'],
  ['resourceSubscriptions', 'resources/read'],
  ['taskIds', 'tasks/get'],
])

export interface ListenLimits {
  /** Streams open at once. Beyond it: -32603. Default 10 000. */
  readonly maxSubscriptions?: number
  /** Resources and tasks that one stream, or one session, may follow. Beyond it: -32602. Default 1000. */
  readonly maxSubscribedUris?: number
  /** Told when somebody begins to follow a resource, and when they stop. */
  readonly onFollow?: (uri: string) => void
  readonly onUnfollow?: (uri: string) => void
}

export const LISTEN_LIMITS = { maxSubscriptions: 10_000, maxSubscribedUris: 1000 }

interface Subscription {
  readonly filter: Filter
  /** URIs of resources, ids of tasks. */
  readonly followed: ReadonlySet<string>
  end(result: JsonObject): void
}

/** Which member of a filter a notification needs. */
const WANTED: ReadonlyMap<string, keyof Filter> = new Map([
  ['notifications/tools/list_changed', 'toolsListChanged'],
  ['notifications/prompts/list_changed', 'promptsListChanged'],
  ['notifications/resources/list_changed', 'resourcesListChanged'],
])

const KINDS: ReadonlySet<string> = new Set([...WANTED.values(), 'resourceSubscriptions', 'taskIds'])

export class Subscriptions {
  /** By exchange: an id is unique for one client only. */
  readonly #open = new Map<Exchange, Subscription>()

  constructor(private readonly limits: ListenLimits, private readonly onError: (error: unknown) => void) {}

  get size(): number {
    return this.#open.size
  }

  /**
   * Acknowledges, and settles when the subscription is ended by us; a client that hangs up just leaves.
   * `offers`: kinds this server can tell of; `owns`: tasks that are this client's.
   */
  listen(exchange: Exchange, params: JsonObject, offers: (kind: keyof Filter) => boolean, owns: (taskId: string) => boolean): Promise<JsonObject> {
    const { maxSubscriptions = LISTEN_LIMITS.maxSubscriptions } = this.limits
    const asked = params.notifications as Filter
    const long = asked.resourceSubscriptions?.find(uri => uri.length > MAX_URI_LENGTH)
    if (long !== undefined) throw new ProtocolError(CODES.invalidParams, `a URI of ${long.length} characters cannot be followed; at most ${MAX_URI_LENGTH}`)
    this.assertFew(new Set([...(asked.resourceSubscriptions ?? []), ...(asked.taskIds ?? [])]).size)
    if (this.#open.size >= maxSubscriptions) throw new ProtocolError(CODES.internalError, `${maxSubscriptions} subscriptions are open; try again later`)
    if (!exchange.outlet.speaks) throw new ProtocolError(CODES.invalidRequest, 'subscriptions/listen is answered by a stream, and none is accepted')
    const wanted = Object.entries(asked).filter(([kind, value]) => value !== false && KINDS.has(kind) && offers(kind as keyof Filter))
    const filter: Filter = Object.fromEntries(wanted.map(([kind, value]) => [kind, kind === 'taskIds' ? (value as string[]).filter(owns) : value]))
    const uris = new Set(filter.resourceSubscriptions)
    this.follow(uris)
    return new Promise(resolve => {
      const leave = (): void => {
        if (this.#open.delete(exchange)) this.unfollow(uris)
      }
      this.#open.set(exchange, {
        filter,
        followed: new Set([...uris, ...(filter.taskIds ?? [])]),
        end: result => {
          leave()
          resolve(result)
        },
      })
      exchange.whenCancelled(leave)
      // the acknowledgement is the first message of the subscription
      exchange.send(tagged({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { notifications: filter } }, exchange))
    })
  }

  /** @throws ProtocolError -32602 for more than one client may follow at once */
  assertFew(count: number): void {
    const { maxSubscribedUris = LISTEN_LIMITS.maxSubscribedUris } = this.limits
    if (count > maxSubscribedUris) throw new ProtocolError(CODES.invalidParams, `${count} resources and tasks would be followed at once; at most ${maxSubscribedUris} are`)
  }

  /** Somebody begins to follow resources: a listener, or a session. What the application throws refuses it, and undoes what was begun. */
  follow(uris: Iterable<string>): void {
    const begun: string[] = []
    try {
      for (const uri of uris) {
        const begins: unknown = this.limits.onFollow?.(uri)
        if (begins instanceof Promise) begins.catch(this.onError)
        begun.push(uri)
      }
    } catch (error) {
      this.unfollow(begun)
      throw error
    }
  }

  unfollow(uris: Iterable<string>): void {
    for (const uri of uris) {
      quietly(() => this.limits.onUnfollow?.(uri), this.onError)
    }
  }

  /** Tells those who asked for it. Returns how many. */
  tell(message: RpcNotification): number {
    let told = 0
    const kind = WANTED.get(message.method)
    for (const [exchange, { filter, followed }] of this.#open) {
      const wanted = kind ? filter[kind] === true : followed.has((message.params?.uri ?? message.params?.taskId) as string)
      if (!wanted) continue
      exchange.send(tagged(message, exchange))
      told++
    }
    return told
  }

  /** Ends them gracefully: each request is answered (basic/patterns/subscriptions#graceful-closure). */
  endAll(which: (exchange: Exchange) => boolean): void {
    for (const exchange of [...this.#open.keys()]) if (which(exchange)) this.end(exchange)
  }

  end(exchange: Exchange): void {
    this.#open.get(exchange)?.end({ _meta: withSubscription(undefined, exchange.request.id)._meta })
  }
}

const tagged = (message: RpcNotification, { request }: Exchange): RpcNotification => ({ ...message, params: withSubscription(message.params, request.id) })
