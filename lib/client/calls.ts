/** The open calls of a client: sends them, sends them again where that is right, and lets go of them. No I/O. */
import type { JsonObject, RpcId, RpcNotification, RpcRequest } from '../wire/json-rpc.js'
import type { TimeLimits } from '../protocol/deadline.js'
import { Cancelled, CODES, InvalidMessage, type RpcError } from '../protocol/errors.js'
import { saysItself } from '../protocol/meta.js'
import type { Standing } from '../protocol/opening.js'
import { readTask, type Task } from '../protocol/tasks.js'
import type { Tool } from '../protocol/types.js'
import { checkOf } from '../validation/check.js'
import type { AnswerDesk } from './answers.js'
import { ResultCache } from './cache.js'
import type { Call, CallOptions, RequestOptions } from './call.js'
import type { Clock } from './carrier.js'
import { Deadlines } from './deadlines.js'
import type { Desk } from './desk.js'
import { KnownTools } from './known-tools.js'
import type { Link } from './link.js'
import { OpenCall } from './open-call.js'
import { TaskRun } from './task-run.js'
import { augments, isStatus, offersTasks, taskFormOf, taskIdOf } from './tasks.js'
import type { Voice } from './voice.js'

/** What the calls need of their client. */
export interface CallsHouse {
  readonly clock: Clock
  readonly link: Link
  readonly voice: Voice
  readonly answers: AnswerDesk
  readonly cached: boolean
  /** May a tool go on as a task where the call does not say? */
  readonly tasks: boolean
  readonly maxQueuedNotifications: number
  readonly maxRounds: number
  readonly newId: () => RpcId
  heard(message: RpcRequest | RpcNotification, standing: Standing, call: OpenCall): void
  /** A call of its own, for what another needs. */
  request(method: string, params: JsonObject, options?: CallOptions): Call
  /** Says to the server that nobody waits for this request any more. */
  cancelled(id: RpcId, reason: string | undefined, standing: Standing): void
  /** Lists every tool anew, so that what is known of them is fresh. */
  listTools(): Promise<unknown>
  toolRejected(name: string, reason: string): void
  /** Runs what the application listens by: what that throws is let go. */
  told(listener: () => void): void
  fault(error: Error): void
  dropped(total: number): void
}

/** Reads that may be repeated when their stream breaks; a tool may if it says so of itself. */
const REPEATABLE: ReadonlySet<string> = new Set(['server/discover', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'resources/read', 'tasks/get'])

export class Calls {
  readonly cache: ResultCache | undefined
  /** By the id of the request that is on its way, or will be. */
  readonly #open = new Map<unknown, OpenCall>()
  /** Those that go on as a task, by its id. */
  readonly #inTask = new Map<unknown, { readonly call: OpenCall; readonly run: TaskRun }>()
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
      couldBeTask: (call, { code }) => this.#couldBeTask(call, code),
      taskOf: (call, result) => this.#taskOf(call, result),
      follow: (call, taskId, created) => this.#follow(call, taskId, created),
      cancelTask: taskId => void house.request('tasks/cancel', { taskId }),
      answers: (questions, { revision }, asker) => answers.answerAll(questions, revision, asker),
      heard: (message, standing, call) => house.heard(message, standing, call),
      outputFault: ({ method, params, options, standing: { revision } }, result) => {
        if (options.result !== undefined) return checkOf(options.result, 'result').then(check => check(result)?.sentence)
        return method === 'tools/call' && revision.structured !== 'none' && result.isError !== true ? this.#tools.outputFault(params?.name, result.structuredContent) : undefined
      },
      accept: (call, result) => this.#accept(call, result),
      ended: (call, untold) => this.#ended(call, untold),
      hurried: call => this.#deadlines.watch(call),
      fault: error => house.fault(error),
      dropped: total => house.dropped(total),
    }
  }

  /** @param refused why nothing can be asked, if so */
  begin(method: string, params: JsonObject | undefined, limits: TimeLimits, options: RequestOptions, refused: string | undefined): OpenCall {
    const call = this.#new(method, params, limits, options, refused)
    if (!call.open) return call
    const kept = options.fresh ? undefined : this.#cacheAt(call.standing)?.find(method, params)
    if (kept) {
      call.succeed(kept)
      return call
    }
    this.#watch(call)
    if (this.#mustBeListed(call)) void this.#listed().then(() => this.#send(call), () => this.#send(call))
    else this.#send(call)
    return call
  }

  /** A call that became a task before, perhaps in another process, from here on. */
  resume(method: string, taskId: string, limits: TimeLimits, options: RequestOptions, refused: string | undefined): OpenCall {
    const call = this.#new(method, undefined, limits, options, refused)
    if (!call.open) return call
    this.#watch(call)
    call.follow(taskId)
    return call
  }

  /** The call whose task this message belongs to. What the server says of the task is taken note of. */
  ofTask({ method, params }: RpcRequest | RpcNotification): OpenCall | undefined {
    const found = this.#inTask.get(taskIdOf(method, params))
    const form = found && taskFormOf(found.call.standing.revision)
    try {
      if (form && isStatus(method)) found.run.see(readTask(form, params))
    } catch (error) {
      this.house.fault(error as Error)
    }
    return found?.call
  }

  /** The call that asked for progress under this token. */
  find(token: unknown): OpenCall | undefined {
    return this.#open.get(token)
  }

  close(): void {
    for (const call of [...this.#open.values()]) call.fail(new Cancelled(`${call.method}: the client was closed`))
    this.#deadlines.close()
  }

  #new(method: string, params: JsonObject | undefined, limits: TimeLimits, options: RequestOptions, refused: string | undefined): OpenCall {
    const { link: { standing }, newId } = this.house
    const call = new OpenCall(newId(), method, params, limits, options, standing, this.#desk)
    if (refused !== undefined) call.fail(new Cancelled(`${method}: ${refused}`))
    if (options.signal?.aborted) call.fail(new Cancelled(`${method} was cancelled before it was sent`))
    return call
  }

  #watch(call: OpenCall): void {
    this.#open.set(call.id, call)
    this.#deadlines.watch(call)
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
    const task = this.#augmentation(call, standing)
    call.augmented = task !== undefined
    const params = task || retry ? { ...call.params, ...task, ...retry } : call.params
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
      await this.#listed()
    } catch {
      return call.fail(error)
    }
    if (!call.open) return
    if (this.#couldBeTask(call, error.code) && !this.#augmentation(call, call.standing)) call.fail(error)
    else this.#again(call)
  }

  #listed(): Promise<unknown> {
    return this.house.listTools()
  }

  /** Does the server of this call take tools as tasks, and may this call be one? Where clients ask for it. */
  #mayBeTask({ method, options: { task = this.house.tasks } }: OpenCall, { revision }: Standing): boolean {
    return task !== false && method === 'tools/call' && taskFormOf(revision) === 'experiment' && augments(this.house.link.server.capabilities)
  }

  /** A task is wished for, and whether the tool runs as one is not known: 2025-11-25/basic/utilities/tasks#tool-level-negotiation */
  #mustBeListed(call: OpenCall): boolean {
    return Boolean(call.options.task) && this.#mayBeTask(call, call.standing) && !this.#tools.has(call.params?.name)
  }

  /** What a call says to be a task: when that is wished for and the tool can, or when it can be nothing else. */
  #augmentation(call: OpenCall, standing: Standing): { readonly task: JsonObject } | undefined {
    if (!this.#mayBeTask(call, standing)) return undefined
    const { options: { task }, params } = call
    const support = this.#tools.taskSupport(params?.name)
    if (support !== 'required' && !(support === 'optional' && task)) return undefined
    const ttl = typeof task === 'object' ? task.ttlMs : undefined
    return { task: ttl === undefined ? {} : { ttl } }
  }

  /** #tool-level-negotiation, #protocol-errors: the codes by which a server says that it must be a task. */
  #couldBeTask(call: OpenCall, code: number): boolean {
    return !call.augmented && (code === CODES.methodNotFound || code === CODES.invalidRequest) && this.#mayBeTask(call, call.standing)
  }

  #taskOf(call: OpenCall, result: JsonObject): Task | undefined {
    const { method, standing: { revision }, options: { task = this.house.tasks } } = call
    const form = taskFormOf(revision)
    const made = form === 'extension' ? result.resultType === 'task' && result : form === 'experiment' && method === 'tools/call' && !('content' in result) && result.task
    if (!form || !made) return undefined
    if (method === 'tools/call' && (form === 'extension' ? task !== false : call.augmented)) return readTask(form, made)
    throw new InvalidMessage(`${method}: the result is a task, which this request did not allow`, 'SEP-2663#capability-negotiation')
  }

  #follow(call: OpenCall, taskId: string, created?: Task): TaskRun {
    const { clock, maxRounds, request, link: { server } } = this.house
    const { method, standing, options: { task = this.house.tasks, trace, onTask } } = call
    const run = new TaskRun(taskId, {
      clock, method, maxRounds,
      form: taskFormOf(standing.revision)!,
      cancels: offersTasks(server.capabilities, standing.revision, 'tasks/cancel'),
      request: (of, params, options) => request(of, params, { ...options, task: task !== false, ...(trace && { trace }) }),
      answers: (questions, asker) => call.whileAnswering(asker, this.#desk.answers(questions, standing, asker)),
      heard: note => call.yield(note),
      changed: state => this.house.told(() => onTask?.(state)),
    }, created)
    this.#inTask.set(taskId, { call, run })
    return run
  }

  #accept(call: OpenCall, result: JsonObject): JsonObject {
    const { method, standing: { revision }, place } = call
    const usable = method === 'tools/list'
      ? { ...result, tools: this.#tools.learn(result.tools as readonly Tool[], revision.mirrors, (name, reason) => this.house.toolRejected(name, reason)) }
      : result
    place?.keep(usable)
    return usable
  }

  #ended(call: OpenCall, untold?: { readonly reason: string | undefined }): void {
    if (this.#open.get(call.id) === call) this.#open.delete(call.id)
    this.#deadlines.forget(call)
    this.#inTask.delete(call.taskId)
    const { line, standing, id } = call
    // One that asked to be a task is still heard, for the name by which to cancel it.
    if (!untold || !line || call.augmented) return
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
