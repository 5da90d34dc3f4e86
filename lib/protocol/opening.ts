/** The client's choice of revision, as a state machine whose table runs: feed it what happened, it says what to do next. No I/O, no clock. */
import type { JsonObject, RpcErrorObject, RpcId, RpcRequest } from '../wire/json-rpc.js'
import { compare, find, newestShared, type Revision } from '../revisions/index.js'
import { CODES, type HttpRefusal, InvalidMessage, RpcError, Timeout } from './errors.js'
import { META, metaOf, writeMeta } from './meta.js'
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
  | { readonly fallBackTo: 'http+sse'; readonly because: Error }
  | { readonly fail: Error }

/** What came of a try. A connection that failed is no outcome: it says nothing about revisions. */
export type Outcome =
  | { readonly result: JsonObject }
  /** `refusal`: the HTTP status that came with it, if it was none of success. */
  | { readonly error: RpcErrorObject; readonly refusal?: HttpRefusal | undefined }
  | { readonly refusal: HttpRefusal }
  | { readonly silence: true }

/** What the server said of itself. */
export interface ServerSays {
  /** A modern server should say it, and need not. */
  readonly info: Implementation | undefined
  readonly capabilities: JsonObject
  readonly instructions?: string | undefined
}

export interface OpeningOptions {
  /** Revisions the client will speak, in any order. */
  readonly offered: readonly Revision[]
  readonly info: Implementation
  /** What the client declares at a revision. */
  readonly capabilities: (revision: Revision) => JsonObject
  readonly newId: () => RpcId
  /** How long one try may take, in milliseconds. */
  readonly withinMs: number
  /** The other side of a pipe says nothing to what it does not know, or ends: 2026-07-28/basic/transports/stdio#backward-compatibility. */
  readonly piped?: boolean
  /** What this server was found to be before. A legacy one is not probed again, unless it refuses `initialize`. */
  readonly remembered?: Revision['era'] | undefined
}

/**
 * What a client does about what it sees, by what it tried: `server/discover`, `initialize`, or `initialize` because the server was
 * remembered to be legacy. Follows 2026-07-28/basic/transports/streamable-http#backward-compatibility and
 * 2025-11-25/basic/lifecycle#version-negotiation. *Shared*: spoken by both. `initialize`, `discover` and `HTTP+SSE` are only gone on to by a
 * client that offers such a revision; any other fails with what it saw. A connection that fails ends the opening, whatever the state.
 */
export const OPENING_TABLE = [
  ['discover', 'a result: a modern revision is shared', 'settle'],
  ['discover', 'a result: only a session revision is shared', 'initialize'],
  ['discover', 'a result: no revision is shared', 'fail'],
  ['discover', 'any other result', 'initialize'],
  ['discover', '-32022: a modern revision is shared', 'discover'],
  ['discover', '-32022 once more', 'fail'],
  ['discover', '-32022: only a session revision is shared', 'initialize'],
  ['discover', '-32022: no revision is shared', 'fail'],
  ['discover', '-32020 or -32021', 'fail'],
  ['discover', 'any other error', 'initialize'],
  ['discover', '401, 403 or 407', 'fail'],
  ['discover', '3xx, 408, 425, 429 or 5xx', 'fail'],
  ['discover', 'any other status', 'initialize'],
  ['discover', 'silence', 'fail'],
  ['discover', 'silence on a pipe', 'initialize'],

  ['initialize', 'a result: its revision is shared', 'settle'],
  ['initialize', 'a result: its revision is not shared', 'fail'],
  ['initialize', 'any other result', 'fail'],
  ['initialize', 'an error: an older revision is shared', 'initialize'],
  ['initialize', '-32020, -32021 or -32022', 'fail'],
  ['initialize', '401, 403 or 407', 'fail'],
  ['initialize', '3xx, 408, 425, 429 or 5xx', 'fail'],
  ['initialize', '400, 404 or 405', 'HTTP+SSE'],
  ['initialize', 'any other error', 'fail'],
  ['initialize', 'any other status', 'fail'],
  ['initialize', 'silence', 'fail'],

  ['remembered', 'a result: its revision is shared', 'settle'],
  ['remembered', 'a result: its revision is not shared', 'discover'],
  ['remembered', 'any other result', 'discover'],
  ['remembered', 'an error: an older revision is shared', 'initialize'],
  ['remembered', '-32020, -32021 or -32022', 'discover'],
  ['remembered', '401, 403 or 407', 'fail'],
  ['remembered', '3xx, 408, 425, 429 or 5xx', 'fail'],
  ['remembered', '400, 404 or 405', 'discover'],
  ['remembered', 'any other error', 'discover'],
  ['remembered', 'any other status', 'discover'],
  ['remembered', 'silence', 'fail'],
] as const

type Row = (typeof OPENING_TABLE)[number]
export type OpeningState = Row[0]
type SeenIn<State extends OpeningState> = Extract<Row, readonly [State, string, string]>[1]

/** An outcome under the name the table has for it. */
interface Finding<Seen extends string> {
  readonly seen: Seen
  /** What the opening fails with, if that is what follows. */
  readonly error: Error
  /** The revision to go on with. */
  readonly shared?: Revision | undefined
  readonly server?: ServerSays
}

export class Opening {
  readonly #options: OpeningOptions
  readonly #modern: readonly Revision[]
  readonly #sessions: readonly Revision[]
  #state: OpeningState
  #tried!: Revision
  /** A modern server has listed what it speaks. */
  #listed = false

  /** @throws TypeError when no revision is offered. */
  constructor(options: OpeningOptions) {
    const offered = options.offered.toSorted(compare)
    if (offered.length === 0) throw new TypeError('no revision is offered')
    this.#options = options
    this.#modern = offered.filter(revision => revision.era === 'modern')
    this.#sessions = offered.filter(revision => revision.era === 'legacy')
    this.#state = this.#modern.length === 0 ? 'initialize' : this.#sessions.length > 0 && options.remembered === 'legacy' ? 'remembered' : 'discover'
  }

  /** The newest that the client speaks. */
  first(): Step {
    return this.#state === 'discover' ? this.#discover(this.#modern.at(-1)!) : this.#initialize(this.#sessions.at(-1)!)
  }

  next(outcome: Outcome): Step {
    const state = this.#state
    const finding = state === 'discover' ? this.#ofDiscover(outcome) : this.#ofInitialize(outcome)
    const [, , then] = OPENING_TABLE.find(row => row[0] === state && row[1] === finding.seen)!
    const { shared, error, server } = finding
    switch (then) {
      case 'settle':
        return { settled: shared!, server: server! }
      case 'discover': {
        const next = shared ?? this.#modern.at(-1)
        return next ? this.#discover(next) : { fail: error }
      }
      case 'initialize': {
        const next = shared ?? this.#sessions.at(-1)
        return next ? this.#initialize(next) : { fail: error }
      }
      case 'HTTP+SSE':
        return this.#sessions.some(({ http }) => http === 'http+sse') ? { fallBackTo: 'http+sse', because: error } : { fail: error }
      case 'fail':
        return { fail: error }
    }
  }

  #discover(revision: Revision): Step {
    const { info, capabilities, newId, withinMs } = this.#options
    this.#state = 'discover'
    this.#tried = revision
    const caller = { capabilities: capabilities(revision), info: { ...info } }
    return { try: { jsonrpc: '2.0', id: newId(), method: DISCOVER, params: { _meta: writeMeta(revision.id, caller) } }, as: revision, withinMs }
  }

  #initialize(revision: Revision): Step {
    const { info, capabilities, newId, withinMs } = this.#options
    if (this.#state === 'discover') this.#state = 'initialize'
    this.#tried = revision
    const params = { protocolVersion: revision.id, capabilities: capabilities(revision), clientInfo: info }
    return { try: { jsonrpc: '2.0', id: newId(), method: INITIALIZE, params }, as: revision, withinMs }
  }

  #ofDiscover(outcome: Outcome): Finding<SeenIn<'discover'>> {
    if ('silence' in outcome) return { seen: this.#options.piped ? 'silence on a pipe' : 'silence', error: this.#late(DISCOVER) }
    if ('result' in outcome) return this.#discovered(outcome.result)
    const status = statusSeen(outcome.refusal)
    if (status) return { seen: status, error: outcome.refusal! }
    if (!('error' in outcome)) return { seen: 'any other status', error: outcome.refusal }
    const { error: { code, data } } = outcome
    const error = new RpcError(outcome.error, DISCOVER)
    if (code === CODES.headerMismatch || code === CODES.missingCapability) return { seen: '-32020 or -32021', error }
    if (code !== CODES.unsupportedVersion) return { seen: 'any other error', error }
    // 2026-07-28/basic/versioning#protocol-version-negotiation: even if it is the one just tried; but a server that goes on so is not believed
    const [modern, session] = this.#sharedOf(supportedIn(data))
    const again = this.#listed
    this.#listed = true
    if (modern) return { seen: again ? '-32022 once more' : '-32022: a modern revision is shared', error, shared: modern }
    if (session) return { seen: '-32022: only a session revision is shared', error, shared: session }
    return { seen: '-32022: no revision is shared', error }
  }

  /** 2026-07-28/server/discover#discoverresult */
  #discovered(result: JsonObject): Finding<SeenIn<'discover'>> {
    const { supportedVersions, capabilities, instructions } = result
    if (!Array.isArray(supportedVersions) || !isObject(capabilities)) {
      return { seen: 'any other result', error: missing('discover', 'a list "supportedVersions" and an object "capabilities"', 'server/discover#discoverresult') }
    }
    const [modern, session] = this.#sharedOf(supportedVersions)
    const error = this.#strangers(supportedVersions)
    const info = metaOf(result)[META.serverInfo]
    const server = { info: isImplementation(info) ? info : undefined, capabilities, instructions: textOf(instructions) }
    if (modern) return { seen: 'a result: a modern revision is shared', error, shared: modern, server }
    if (session) return { seen: 'a result: only a session revision is shared', error, shared: session }
    return { seen: 'a result: no revision is shared', error }
  }

  #ofInitialize(outcome: Outcome): Finding<SeenIn<'initialize'>> {
    if ('silence' in outcome) return { seen: 'silence', error: this.#late(INITIALIZE) }
    if ('result' in outcome) return this.#initialized(outcome.result)
    const { refusal } = outcome
    const status = statusSeen(refusal)
    if (status) return { seen: status, error: refusal! }
    const error = 'error' in outcome ? new RpcError(outcome.error, INITIALIZE) : outcome.refusal
    if ('error' in outcome) {
      // A server that refuses the version instead of offering another may list what it speaks: basic/lifecycle#error-handling.
      // Only ever towards older revisions: whatever a server lists, the tries come to an end.
      const [, shared] = this.#sharedOf(supportedIn(outcome.error.data))
      if (shared && compare(shared, this.#tried) < 0) return { seen: 'an error: an older revision is shared', error, shared }
      if (MODERN_CODES.has(outcome.error.code)) return { seen: '-32020, -32021 or -32022', error }
    }
    // 2025-11-25/basic/transports#backwards-compatibility
    if (refusal && [400, 404, 405].includes(refusal.status)) return { seen: '400, 404 or 405', error }
    return { seen: 'error' in outcome ? 'any other error' : 'any other status', error }
  }

  /** The server's version is taken when it is one of ours, whichever was asked for. */
  #initialized(result: JsonObject): Finding<SeenIn<'initialize'>> {
    const { protocolVersion, capabilities, serverInfo, instructions } = result
    const revision = typeof protocolVersion === 'string' ? find(protocolVersion) : undefined
    if (revision === undefined || !this.#sessions.includes(revision)) {
      return { seen: 'a result: its revision is not shared', error: this.#strangers(protocolVersion) }
    }
    if (!isObject(capabilities)) return { seen: 'any other result', error: missing(INITIALIZE, 'an object "capabilities"', INITIALIZATION) }
    if (!isImplementation(serverInfo)) return { seen: 'any other result', error: missing(INITIALIZE, '"serverInfo" with a name and a version', INITIALIZATION) }
    const server = { info: serverInfo, capabilities, instructions: textOf(instructions) }
    return { seen: 'a result: its revision is shared', error: this.#strangers(protocolVersion), shared: revision, server }
  }

  #sharedOf(listed: readonly unknown[]): readonly [modern: Revision | undefined, session: Revision | undefined] {
    return [newestShared(listed, this.#modern), newestShared(listed, this.#sessions)]
  }

  #late(method: string): Timeout {
    const { withinMs } = this.#options
    return new Timeout(`${method} was not answered within ${withinMs} ms`, 'timeoutMs', withinMs)
  }

  #strangers(theirs: unknown): InvalidMessage {
    const ours = [...this.#sessions, ...this.#modern].map(({ id }) => id).join(', ')
    const seen = JSON.stringify(theirs)?.slice(0, 100) ?? 'none'
    const said = `the server speaks protocol version ${seen}; this client offered ${this.#tried.id} and speaks ${ours}`
    return new InvalidMessage(said, 'basic/lifecycle#version-negotiation')
  }
}

const DISCOVER = 'server/discover'
const INITIALIZE = 'initialize'
const INITIALIZATION = 'basic/lifecycle#initialization'
const MODERN_CODES: ReadonlySet<number> = new Set([CODES.headerMismatch, CODES.missingCapability, CODES.unsupportedVersion])

/** A status that says nothing about revisions, whatever the body says: who may ask, and whether the server is well. */
const statusSeen = (refusal: HttpRefusal | undefined): '401, 403 or 407' | '3xx, 408, 425, 429 or 5xx' | undefined => {
  if (refusal === undefined) return undefined
  const { status } = refusal
  if ([401, 403, 407].includes(status)) return '401, 403 or 407'
  return status < 400 || status >= 500 || [408, 425, 429].includes(status) ? '3xx, 408, 425, 429 or 5xx' : undefined
}

const supportedIn = (data: unknown): readonly unknown[] => (isObject(data) && Array.isArray(data.supported) ? data.supported : [])

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const missing = (method: string, what: string, clause: string): InvalidMessage => new InvalidMessage(`the ${method} result lacks ${what}`, clause)

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

const isImplementation = (value: unknown): value is Implementation =>
  isObject(value) && typeof value.name === 'string' && typeof value.version === 'string'
