/** A subscription on a stream of its own: `subscriptions/listen`, again after a break (2026-07-28/basic/patterns/subscriptions). No I/O. */
import type { JsonObject, RpcId, RpcMessage, RpcNotification, RpcRequest } from '../wire/json-rpc.js'
import { Patience } from '../bindings/streamable-http/resume.js'
import { InvalidMessage, RpcError, Timeout } from '../protocol/errors.js'
import { limitsOf } from '../protocol/limits.js'
import { META, metaOf } from '../protocol/meta.js'
import type { Standing } from '../protocol/opening.js'
import { clientChecks } from '../validation/client-checks.js'
import { type Carrier, type Clock, isPassing, type Line } from './carrier.js'
import { type OpenSubscription, RECONNECT_LIMITS, UPDATED } from './subscription.js'
import type { Notification, SubscriptionFilter } from './typed.js'

/** What a listener needs of its client. */
export interface Ground {
  readonly carrier: Carrier
  readonly clock: Clock
  /** In what terms the client speaks by now. */
  readonly standing: () => Standing
  /** How long the acknowledgement may take, in milliseconds. The stream itself has no time-out. */
  readonly withinMs: number
  /** A request as this client says it, under a new id. */
  write(method: string, params: JsonObject, standing: Standing): RpcRequest
  heard(note: RpcNotification): void
  /** Something may have changed that nobody was told of. */
  missed(): void
  fault(error: Error): void
}

const METHOD = 'subscriptions/listen'
const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged'

export class Listener {
  readonly #patience: Patience
  readonly #maxTries: number
  #id: RpcId | undefined
  #line: Line | undefined
  #disarm: () => void = () => {}
  /** On the stream that is open; and ever. */
  #acknowledged = false
  #lived = false

  constructor(private readonly subscription: OpenSubscription, private readonly ground: Ground) {
    const { reconnect = {} } = subscription.options
    const { maxTries, delayMs, maxDelayMs } = limitsOf(RECONNECT_LIMITS, reconnect || {})
    this.#maxTries = reconnect === false ? 0 : maxTries
    this.#patience = new Patience({ resumeDelayMs: delayMs, maxResumeDelayMs: maxDelayMs })
    // #cancellation: hanging up is all it takes
    subscription.leave = () => {
      this.#disarm()
      this.#line?.stop()
    }
  }

  begin(): void {
    const { carrier, clock, withinMs } = this.ground
    const { subscription } = this
    const standing = this.ground.standing()
    const request = this.ground.write(METHOD, { notifications: subscription.filter }, standing)
    this.#id = request.id
    this.#acknowledged = false
    this.#disarm = clock.after(withinMs, () => {
      const late = new Timeout(`${METHOD} was not acknowledged within ${withinMs} ms`, 'timeoutMs', withinMs)
      this.#line?.stop()
      this.#broken(late)
    }, true)
    const line = carrier.send(request, standing, {
      hear: message => this.#hear(message),
      end: error => this.#broken(error),
      fault: error => this.ground.fault(error),
    })
    if (subscription.open) this.#line = line
  }

  #hear(message: RpcMessage): void {
    const { subscription, ground } = this
    if (!subscription.open) return
    if (!('method' in message)) {
      // #graceful-closure
      return subscription.end('error' in message ? new RpcError(message.error, METHOD) : 'graceful')
    }
    const fault = this.#faultOf(message)
    if (fault) return ground.fault(new InvalidMessage(`${METHOD}: ${fault}`, 'basic/patterns/subscriptions'))
    if (message.method === ACKNOWLEDGED) return this.#agreed((message.params as { notifications: SubscriptionFilter }).notifications)
    ground.heard(message)
    subscription.deliver(message as Notification)
  }

  /** What is wrong with this message, in a sentence: it is told and left out. */
  #faultOf(message: RpcRequest | RpcNotification): string | undefined {
    const { method, params } = message
    if ('id' in message) return `the server asks ${method}; it may only ask in results`
    const fault = clientChecks(this.ground.standing().revision, method)?.params?.(params)
    if (fault) return `${method}: ${fault.sentence}`
    // #receiving-notifications: the type of the id is kept
    const id = metaOf(params)[META.subscriptionId]
    if (id !== this.#id) return `${method} is of subscription ${JSON.stringify(id) ?? '(none)'}; expected ${JSON.stringify(this.#id)}`
    if (method === ACKNOWLEDGED) return this.#acknowledged ? 'a second acknowledgement came; expected one' : undefined
    if (!this.#acknowledged) return `${method} came before the acknowledgement`
    const { filter } = this.subscription
    const wanted = method === UPDATED ? filter.resourceSubscriptions !== undefined : this.subscription.wants(message as Notification)
    return wanted ? undefined : `${method} came, which was not asked for`
  }

  #agreed(filter: SubscriptionFilter): void {
    const { subscription, ground } = this
    this.#disarm()
    this.#acknowledged = true
    this.#patience.rewarded()
    subscription.agree(filter)
    if (this.#lived) {
      ground.missed()
      subscription.options.onReconnected?.()
    }
    this.#lived = true
  }

  /** The stream ended without a response: #graceful-closure calls that unexpected. */
  #broken(error: Error = new Error(`${METHOD}: the stream ended`)): void {
    const { subscription, ground } = this
    this.#disarm()
    if (!subscription.open) return
    if (!this.#lived || !isPassing(error) || this.#patience.vain >= this.#maxTries) return subscription.end(error)
    this.#line = undefined
    this.#disarm = ground.clock.after(this.#patience.next(), () => this.begin(), true)
  }
}
