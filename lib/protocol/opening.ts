/** The client's choice of revision, as a state machine: feed it what happened, it says what to do next. No I/O, no clock. */
import type { JsonObject, RpcErrorObject, RpcId, RpcRequest } from '../wire/json-rpc.js'
import { compare, find, newestShared, type Revision } from '../revisions/index.js'
import { type HttpRefusal, InvalidMessage, RpcError, Timeout } from './errors.js'
import type { Implementation } from './types.js'

/** In what terms a client speaks once the opening has settled: each later message says so. */
export interface Standing {
  readonly revision: Revision
  /** The name the server gave the session, where it gave one. */
  readonly session?: string | undefined
}

/** What to do next. */
export type Step =
  | { readonly try: RpcRequest; readonly as: Revision; readonly withinMs: number }
  | { readonly settled: Revision; readonly server: ServerSays }
  | { readonly fallBackTo: 'http+sse' }
  | { readonly fail: Error }

/** What came of a try. A connection that failed is no outcome: it says nothing about revisions. */
export type Outcome =
  | { readonly result: JsonObject }
  | { readonly error: RpcErrorObject }
  | { readonly refusal: HttpRefusal }
  | { readonly silence: true }

/** What the server said of itself. */
export interface ServerSays {
  readonly info: Implementation
  readonly capabilities: JsonObject
  readonly instructions?: string | undefined
}

export interface OpeningOptions {
  /** Revisions the client will speak, in any order. */
  readonly offered: readonly Revision[]
  readonly info: Implementation
  readonly capabilities: JsonObject
  readonly newId: () => RpcId
  /** How long one try may take, in milliseconds. */
  readonly withinMs: number
}

export class Opening {
  readonly #options: OpeningOptions
  readonly #sessions: readonly Revision[]
  #tried: Revision | undefined

  /** @throws TypeError when no offered revision can be opened. */
  constructor(options: OpeningOptions) {
    this.#options = options
    this.#sessions = options.offered.filter(revision => revision.era === 'legacy').toSorted(compare)
    if (this.#sessions.length === 0) throw new TypeError('no revision is offered that initialize can open')
  }

  /** 2025-11-25/basic/lifecycle#version-negotiation: the newest that the client speaks. */
  first(): Step {
    return this.#initialize(this.#sessions.at(-1)!)
  }

  next(outcome: Outcome): Step {
    if ('result' in outcome) return this.#answered(outcome.result)
    if ('error' in outcome) return this.#refused(outcome.error)
    if ('refusal' in outcome) return { fail: outcome.refusal }
    const { withinMs } = this.#options
    return { fail: new Timeout(`initialize was not answered within ${withinMs} ms`, 'timeoutMs', withinMs) }
  }

  #initialize(revision: Revision): Step {
    const { info, capabilities, newId, withinMs } = this.#options
    this.#tried = revision
    return {
      try: { jsonrpc: '2.0', id: newId(), method: 'initialize', params: { protocolVersion: revision.id, capabilities, clientInfo: info } },
      as: revision,
      withinMs,
    }
  }

  /** The server's version is taken when it is one of ours, whichever was asked for. */
  #answered(result: JsonObject): Step {
    const { protocolVersion, capabilities, serverInfo, instructions } = result
    const revision = typeof protocolVersion === 'string' ? find(protocolVersion) : undefined
    if (revision === undefined || !this.#sessions.includes(revision)) {
      const ours = this.#sessions.map(({ id }) => id).join(', ')
      const theirs = JSON.stringify(protocolVersion)?.slice(0, 100) ?? 'none'
      const seen = `the server speaks protocol version ${theirs}; this client offered ${this.#tried!.id} and speaks ${ours}`
      return { fail: new InvalidMessage(seen, 'basic/lifecycle#version-negotiation') }
    }
    if (!isObject(capabilities)) return { fail: missing('an object "capabilities"') }
    if (!isImplementation(serverInfo)) return { fail: missing('"serverInfo" with a name and a version') }
    const said = typeof instructions === 'string' ? instructions : undefined
    return { settled: revision, server: { info: serverInfo, capabilities, instructions: said } }
  }

  /** A server that refuses the version instead of offering another may list what it speaks: basic/lifecycle#error-handling. */
  #refused(error: RpcErrorObject): Step {
    const listed = isObject(error.data) && Array.isArray(error.data.supported) ? (error.data.supported as unknown[]) : []
    const shared = newestShared(listed, this.#sessions)
    // Only ever towards older revisions: whatever a server lists, the tries come to an end.
    if (shared !== undefined && compare(shared, this.#tried!) < 0) return this.#initialize(shared)
    return { fail: new RpcError(error, 'initialize') }
  }
}

const missing = (what: string): InvalidMessage => new InvalidMessage(`the initialize result lacks ${what}`, 'basic/lifecycle#initialization')

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

const isImplementation = (value: unknown): value is Implementation =>
  isObject(value) && typeof value.name === 'string' && typeof value.version === 'string'
