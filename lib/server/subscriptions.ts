/** `subscriptions/listen`: who asked to be told of which changes (basic/patterns/subscriptions). No I/O. */
import type { JsonObject, RpcNotification } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { withSubscription } from '../protocol/meta.js'

/** What a client asks to be told of. */
export interface Filter {
  readonly toolsListChanged?: boolean
  readonly promptsListChanged?: boolean
  readonly resourcesListChanged?: boolean
  readonly resourceSubscriptions?: readonly string[]
  /** Of the tasks extension. */
  readonly taskIds?: readonly string[]
}

export interface ListenLimits {
  /** Streams open at once. Beyond it: -32603. Default 10 000. */
  readonly maxSubscriptions?: number
  /** Resource URIs one stream may name. Beyond it: -32602. Default 1000. */
  readonly maxSubscribedUris?: number
  /** Told when somebody begins to follow a resource, and when they stop. */
  readonly onFollow?: (uri: string) => void
  readonly onUnfollow?: (uri: string) => void
}

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

export class Subscriptions {
  /** By exchange: an id is unique for one client only. */
  readonly #open = new Map<Exchange, Subscription>()

  constructor(private readonly limits: ListenLimits) {}

  get size(): number {
    return this.#open.size
  }

  /** Acknowledges, and settles when the subscription is ended by us; a client that hangs up just leaves. `offers`: kinds this server can tell of. */
  listen(exchange: Exchange, params: JsonObject, offers: (kind: keyof Filter) => boolean): Promise<JsonObject> {
    const { maxSubscriptions = 10_000, maxSubscribedUris = 1000, onFollow, onUnfollow } = this.limits
    const asked = params.notifications as Filter
    const uris = new Set(asked.resourceSubscriptions)
    if (uris.size > maxSubscribedUris) throw new ProtocolError(CODES.invalidParams, `resourceSubscriptions names ${uris.size} resources; at most ${maxSubscribedUris} are followed on one stream`)
    if (this.#open.size >= maxSubscriptions) throw new ProtocolError(CODES.internalError, `${maxSubscriptions} subscriptions are open; try again later`)
    if (!exchange.outlet.speaks) throw new ProtocolError(CODES.invalidRequest, 'subscriptions/listen is answered by a stream, and Accept does not list text/event-stream')
    const filter: Filter = Object.fromEntries(
      Object.entries(asked).filter(([kind, wanted]) => wanted !== false && [...WANTED.values(), 'resourceSubscriptions', 'taskIds'].includes(kind) && offers(kind as keyof Filter)),
    )
    return new Promise(resolve => {
      const leave = (): void => {
        if (!this.#open.delete(exchange) || !filter.resourceSubscriptions) return
        for (const uri of uris) onUnfollow?.(uri)
      }
      this.#open.set(exchange, {
        filter,
        followed: new Set([...(filter.resourceSubscriptions ?? []), ...(filter.taskIds ?? [])]),
        end: result => {
          leave()
          resolve(result)
        },
      })
      exchange.whenCancelled(leave)
      // the acknowledgement is the first message of the subscription
      exchange.send(tagged({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { notifications: filter } }, exchange))
      if (filter.resourceSubscriptions) for (const uri of uris) onFollow?.(uri)
    })
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

  /** Ends one gracefully: its request is answered (basic/patterns/subscriptions#graceful-closure). */
  end(exchange: Exchange): void {
    this.#open.get(exchange)?.end({ _meta: withSubscription(undefined, exchange.request.id)._meta })
  }
}

const tagged = (message: RpcNotification, { request }: Exchange): RpcNotification => ({ ...message, params: withSubscription(message.params, request.id) })
