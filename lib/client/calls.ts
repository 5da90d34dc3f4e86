/** The open calls of a client: sends them, sends them again where that is right, and lets go of them. No I/O. */
import type { JsonObject, RpcId, RpcNotification, RpcRequest } from '../wire/json-rpc.js'
import type { TimeLimits } from '../protocol/deadline.js'
import { Cancelled, type RpcError } from '../protocol/errors.js'
import { saysItself } from '../protocol/meta.js'
import type { Standing } from '../protocol/opening.js'
import type { Tool } from '../protocol/types.js'
import type { AnswerDesk } from './answers.js'
import { ResultCache } from './cache.js'
import { type CallOptions, type Desk, OpenCall } from './call.js'
import type { Clock } from './carrier.js'
import { Deadlines } from './deadlines.js'
import { KnownTools } from './known-tools.js'
import type { Link } from './link.js'
import type { Voice } from './voice.js'

/** What the calls need of their client. */
export interface CallsHouse {
  readonly clock: Clock
  readonly link: Link
  readonly voice: Voice
  readonly answers: AnswerDesk
  readonly cached: boolean
  readonly maxQueuedNotifications: number
  readonly maxRounds: number
  readonly newId: () => RpcId
  heard(message: RpcRequest | RpcNotification, standing: Standing, call: OpenCall): void
  /** Says to the server that nobody waits for this request any more. */
  cancelled(id: RpcId, reason: string | undefined, standing: Standing): void
  /** Lists every tool anew, so that what is known of them is fresh. */
  listTools(): Promise<unknown>
  toolRejected(name: string, reason: string): void
  fault(error: Error): void
  dropped(total: number): void
}

/** Reads that may be repeated when their stream breaks; a tool may if it says so of itself. */
const REPEATABLE: ReadonlySet<string> = new Set(['server/discover', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'resources/read'])

export class Calls {
  readonly cache: ResultCache | undefined
  /** By the id of the request that is on its way, or will be. */
  readonly #open = new Map<unknown, OpenCall>()
  readonly #deadlines: Deadlines
  readonly #tools = new KnownTools()
  readonly #desk: Desk

  constructor(private readonly house: CallsHouse) {
    const { clock, answers, cached, maxQueuedNotifications, maxRounds } = house
    this.cache = cached ? new ResultCache(clock.nowMs) : undefined
    this.#deadlines = new Deadlines(clock)
    this.#desk = {
      nowMs: clock.nowMs,
      maxQueuedNotifications,
      maxRounds,
      again: (call, gone) => this.#again(call, gone),
      relearn: (call, error) => void this.#relearn(call, error),
      repeatable: ({ method, params }) => REPEATABLE.has(method) || (method === 'tools/call' && this.#tools.repeatable(params?.name)),
      answers: (questions, { revision }, asker) => answers.answerAll(questions, revision, asker),
      heard: (message, standing, call) => house.heard(message, standing, call),
      accept: (call, result) => this.#accept(call, result),
      ended: (call, untold) => this.#ended(call, untold),
      hurried: call => this.#deadlines.watch(call),
      fault: error => house.fault(error),
      dropped: total => house.dropped(total),
    }
  }

  /** @param refused why nothing can be asked, if so */
  begin(method: string, params: JsonObject | undefined, limits: TimeLimits, options: CallOptions, refused: string | undefined): OpenCall {
    const { link: { standing }, newId } = this.house
    const call = new OpenCall(newId(), method, params, limits, options, standing, this.#desk)
    const kept = options.fresh ? undefined : this.#cacheAt(standing)?.find(method, params)
    if (refused !== undefined) call.fail(new Cancelled(`${method}: ${refused}`))
    else if (options.signal?.aborted) call.fail(new Cancelled(`${method} was cancelled before it was sent`))
    else if (kept) call.succeed(kept)
    else {
      this.#open.set(call.id, call)
      this.#deadlines.watch(call)
      this.#send(call)
    }
    return call
  }

  /** The call that asked for progress under this token. */
  find(token: unknown): OpenCall | undefined {
    return this.#open.get(token)
  }

  close(): void {
    for (const call of [...this.#open.values()]) call.fail(new Cancelled(`${call.method}: the client was closed`))
    this.#deadlines.close()
  }

  #send(call: OpenCall, gone?: Error): void {
    const { link } = this.house
    const renewed = gone ? link.renew(call.standing, gone) : link.renewing
    if (renewed) renewed.then(() => this.#sendNow(call), (error: unknown) => call.fail(error as Error))
    else this.#sendNow(call)
  }

  #sendNow(call: OpenCall): void {
    if (!call.open) return
    const { link: { standing, carrier }, voice } = this.house
    const { id, method, options, retry } = call
    const params = retry ? { ...call.params, ...retry } : call.params
    const mirrored = method === 'tools/call' ? this.#tools.mirrored(params?.name) : undefined
    call.place = this.#cacheAt(standing)?.place(method, params)
    try {
      const request = voice.request(id, method, params, options, standing.revision)
      call.begin(standing, hearer => carrier.send(request, standing, hearer, mirrored))
    } catch (error) {
      // Arguments that are no JSON: a cycle, a BigInt.
      call.fail(error as Error)
    }
  }

  /** What this conversation may have looked at is asked as another request; a new one has not looked at it. */
  #again(call: OpenCall, gone?: Error): void {
    if (!gone) {
      this.#open.delete(call.id)
      call.id = this.house.newId()
      this.#open.set(call.id, call)
    }
    this.#send(call, gone)
  }

  async #relearn(call: OpenCall, error: RpcError): Promise<void> {
    try {
      await this.house.listTools()
    } catch {
      return call.fail(error)
    }
    if (call.open) this.#again(call)
  }

  #accept(call: OpenCall, result: JsonObject): JsonObject {
    const { method, standing: { revision }, place } = call
    const usable = method === 'tools/list' && revision.mirrors
      ? { ...result, tools: this.#tools.learn(result.tools as readonly Tool[], (name, reason) => this.house.toolRejected(name, reason)) }
      : result
    place?.keep(usable)
    return usable
  }

  #ended(call: OpenCall, untold?: { readonly reason: string | undefined }): void {
    if (this.#open.get(call.id) === call) this.#open.delete(call.id)
    this.#deadlines.forget(call)
    const { line, standing, id } = call
    if (!untold || !line) return
    line.stop()
    // 2026-07-28/basic/patterns/cancellation#transport-specific-cancellation. Before, hanging up alone was none:
    // 2025-11-25/basic/transports#sending-messages-to-the-server
    if (standing.revision.disconnect !== 'cancels') this.house.cancelled(id, untold.reason, standing)
  }

  /** Only what says itself how long it may be kept: in a session nothing does. */
  #cacheAt({ revision }: Standing): ResultCache | undefined {
    return saysItself(revision) ? this.cache : undefined
  }
}
