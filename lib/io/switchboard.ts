/** A client's end of one shared pipe: who hears what. Requests by their id, the rest as `addresseeOf` says. */
import { addresseeOf, namesMethod } from '../bindings/stdio.js'
import { ANSWER_LIMITS } from '../bindings/streamable-http/read.js'
import type { Hearer, Line } from '../client/carrier.js'
import { InvalidMessage } from '../protocol/errors.js'
import type { Standing } from '../protocol/opening.js'
import { Malformed, readText, type RpcId, type RpcMessage, type RpcRequest } from '../wire/json-rpc.js'

/** Requests given up whose answers may still come. Beyond it the oldest are forgotten, and theirs are reported as unasked. */
const MAX_ABANDONED = 1000
/** Shown of a text in an error, in characters. */
const SHOWN = 200

interface Pending {
  readonly request: RpcRequest
  readonly hearer: Hearer
}

export class Switchboard {
  readonly #pending = new Map<RpcId, Pending>()
  readonly #abandoned = new Set<RpcId>()
  readonly #strays = new Set<Hearer>()
  /** Who opened the session: hears what is nobody's where nobody else listens, as long as the session lasts. */
  #opener: Hearer | undefined
  #batches = false

  /** A request is being said. `onStop`: it is given up, unanswered. */
  await(request: RpcRequest, standing: Standing, hearer: Hearer, onStop: () => void): Line {
    const pending = { request, hearer }
    this.#batches = standing.revision.batches
    this.#pending.set(request.id, pending)
    return {
      stop: () => {
        if (this.#pending.get(request.id) !== pending) return
        this.#pending.delete(request.id)
        this.#abandoned.add(request.id)
        if (this.#abandoned.size > MAX_ABANDONED) this.#abandoned.delete(this.#abandoned.values().next().value!)
        onStop()
      },
    }
  }

  /** Hears what is nobody's. */
  listen(hearer: Hearer): Line {
    this.#strays.add(hearer)
    return { stop: () => void this.#strays.delete(hearer) }
  }

  /** One text: a message, or several where the revision has batches. What is none breaks a rule and ends nothing. */
  read(text: string): void {
    try {
      const incoming = readText(text, ANSWER_LIMITS)
      if (incoming.as !== 'batch') return this.hear(incoming.message)
      if (!this.#batches) throw new Malformed(-32600, `an array of ${incoming.of.length}; this revision has single messages`)
      for (const one of incoming.of) {
        if (one instanceof Malformed) this.#malformed(one, text)
        else this.hear(one.message)
      }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      this.#malformed(error, text)
    }
  }

  hear(message: RpcMessage): void {
    const to = addresseeOf(message)
    if (!('method' in message)) return this.#answered(message, to.of === 'request' ? to.id : undefined)
    const pending = 'id' in to ? this.#pending.get(to.id) : undefined
    switch (to.of) {
      case 'request':
        return (pending?.hearer ?? this.#anybody)?.hear(message)
      case 'subscription':
        return (pending && isSubscription(pending) ? pending.hearer : this.#anybody)?.hear(message)
      case 'lone request':
        return (this.#lone?.hearer ?? this.#anybody)?.hear(message)
      case 'nobody':
        return this.#anybody?.hear(message)
    }
  }

  /** A rule was broken, and the conversation goes on. */
  fault(error: Error): void {
    ;(this.#anybody ?? this.#lone?.hearer ?? this.#pending.values().next().value?.hearer)?.fault(error)
  }

  /** What came may have been the answer to any of them: all requests in flight fail. */
  spoil(error: Error): void {
    const spoilt = [...this.#pending.values()]
    this.#pending.clear()
    if (spoilt.length === 0) this.fault(error)
    for (const { request, hearer } of spoilt) {
      this.#abandoned.add(request.id)
      hearer.end(error)
    }
  }

  /** Nothing more will come. `unasked`: what those are told who listen. */
  end(error: Error, unasked: Error): void {
    const pending = [...this.#pending.values()]
    const strays = [...this.#strays]
    const opener = this.#opener
    this.#pending.clear()
    this.#strays.clear()
    this.#abandoned.clear()
    this.#opener = undefined
    for (const { hearer } of pending) hearer.end(error)
    opener?.end(error)
    for (const hearer of strays) hearer.end(unasked)
  }

  /** One request of ours will not be answered. */
  fail(id: RpcId, error: Error): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.hearer.end(error)
  }

  #answered(message: RpcMessage, id: RpcId | undefined): void {
    // An error that names no request can only be about the one there is.
    const pending = id === undefined ? this.#lone : this.#pending.get(id)
    if (!pending) {
      if (id !== undefined && this.#abandoned.delete(id)) return
      const seen = id === undefined ? 'an error that names no request' : `a response with id ${JSON.stringify(id)}, which no request of ours waits for`
      return this.fault(new InvalidMessage(seen, 'basic/index#responses'))
    }
    const { request, hearer } = pending
    this.#pending.delete(request.id)
    hearer.hear(message)
    if (request.method === 'initialize' && 'result' in message) this.#opener = hearer
    else hearer.end()
  }

  #malformed(error: Malformed, text: string): void {
    const shown = JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
    const fault = new InvalidMessage(`the server said what is no message: ${error.message}; it begins ${shown}`, 'basic/transports')
    // A response whose only fault is its shape is still the only one there will be.
    if (error.id !== undefined && this.#pending.has(error.id) && !namesMethod(text)) this.fail(error.id, fault)
    else this.fault(fault)
  }

  get #anybody(): Hearer | undefined {
    const [first] = this.#strays
    return first ?? this.#opener
  }

  /** The one request in flight, beside subscriptions. */
  get #lone(): Pending | undefined {
    let lone: Pending | undefined
    for (const pending of this.#pending.values()) {
      if (isSubscription(pending)) continue
      if (lone) return undefined
      lone = pending
    }
    return lone
  }
}

const isSubscription = ({ request }: Pending): boolean => request.method === 'subscriptions/listen'
