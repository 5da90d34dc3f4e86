/**
 * Tasks: work that outlives the request that asked for it. One store and one way to write a handler for both forms the protocol
 * has had: the experiment of 2025-11-25 (basic/utilities/tasks) and the extension of 2026 (SEP-2663). No I/O.
 */
import type { Revision } from '../revisions/index.js'
import type { JsonObject } from '../wire/json-rpc.js'
import { CODES, failure, ProtocolError } from '../protocol/errors.js'
import { Exchange, type Outlet } from '../protocol/exchange.js'
import type { Session } from '../protocol/session.js'
import { outcomeOf, TaskStore, type KeptTask, type TaskLimits } from '../protocol/task-store.js'
import { isOver, related, TASKS_EXTENSION } from '../protocol/tasks.js'
import { faultOf } from './answered.js'
import { ask, MAX_ROUNDS, type Answers, type Needs, type Question } from './input.js'
import type { World } from './options.js'
import { asAsked } from './visits.js'

/** Does the revision have the experiment, in which the client asks for a task? */
const byRequest = (revision: Revision): boolean => revision.input === 'by request'

/** A request that runs as a task: it has no reply to speak on, and asks its client by way of the task. */
export class TaskExchange extends Exchange {
  constructor(of: Exchange, outlet: Outlet, readonly askAll: (needs: Needs) => Promise<Answers>) {
    super(of.request, of.revision, of.client, outlet, { principal: of.principal })
  }
}

/** What a handler returns to go on as a task from here. */
export class LongRun {
  constructor(readonly run: (ctx: never) => unknown, readonly options: { readonly ttlMs?: number; readonly pollIntervalMs?: number }) {}
}

interface Waiting {
  readonly questions: ReadonlyMap<string, Question>
  readonly got: Map<string, JsonObject>
  settle(): void
}

/** What runs here on behalf of a task that the store keeps. */
interface Running {
  readonly exchange: TaskExchange
  waiting: Waiting | undefined
  /** Names asked so far: none is used twice in the life of a task. */
  readonly names: Set<string>
}

export class Tasks {
  /** By principal or session. */
  readonly store: TaskStore<string | undefined>
  readonly #running = new Map<string, Running>()

  constructor(limits: TaskLimits, private readonly world: () => World, private readonly announce: (task: KeptTask, exchange: Exchange) => void) {
    this.store = new TaskStore(limits, world, id => this.#running.get(id)?.exchange.cancel('the task has expired'))
  }

  /** Did this client say, in this request, that it takes tasks as the extension has them? */
  static extended({ client: { capabilities } }: Exchange): boolean {
    return (capabilities.extensions as JsonObject | undefined)?.[TASKS_EXTENSION] !== undefined
  }

  /**
   * Begins a task. `work` runs with an exchange of its own; its outcome is the task's.
   * @throws ProtocolError -32603 if there is room for no more
   */
  begin(exchange: Exchange, work: (exchange: TaskExchange) => JsonObject | Promise<JsonObject>, options: { readonly ttlMs?: number | undefined; readonly pollIntervalMs?: number | undefined } = {}): KeptTask {
    const { revision } = exchange
    const task = this.store.create(ownerOf(exchange), options)
    const outlet: Outlet = {
      speaks: false,
      send: () => {},
      finish: response => {
        // A tool's failure fails the experiment's task, and completes the extension's: only a protocol error fails that.
        if ('error' in response) this.#change(task, exchange, { status: 'failed', statusMessage: response.error.message, error: response.error })
        else this.#change(task, exchange, { status: byRequest(revision) && response.result.isError === true ? 'failed' : 'completed', result: response.result })
      },
      drop: () => this.#change(task, exchange, { status: 'cancelled', statusMessage: 'The task was cancelled' }),
    }
    const running: Running = { exchange: new TaskExchange(exchange, outlet, needs => this.#askAll(task, running, exchange, needs)), waiting: undefined, names: new Set() }
    this.#running.set(task.taskId, running)
    const { id } = exchange.request
    const fail = (error: unknown): void =>
      running.exchange.finish(failure(id, error instanceof ProtocolError ? error : new ProtocolError(CODES.internalError, 'Internal error')))
    queueMicrotask(() => {
      Promise.resolve().then(() => work(running.exchange)).then(result => running.exchange.finish({ jsonrpc: '2.0', id, result }), fail)
    })
    return task
  }

  /** @throws ProtocolError -32602 for a task that is not there, or is somebody else's */
  find(taskId: unknown, exchange: Exchange): KeptTask {
    return this.store.find(taskId, ownerOf(exchange))
  }

  owns(taskId: string, exchange: Exchange): boolean {
    return this.store.get(taskId, ownerOf(exchange)) !== undefined
  }

  /** A session is over, and nobody can ask for its tasks any more. */
  abandon(session: Session): void {
    for (const task of this.store.list(`session ${session.id}`)) this.cancel(task)
  }

  /** Waits until the task is over, asking this exchange's client what the task needs meanwhile: `tasks/result` of the experiment. */
  async outcome(task: KeptTask, exchange: Exchange): Promise<JsonObject> {
    const running = this.#running.get(task.taskId)
    while (!isOver(task) && exchange.open && running) {
      const { waiting } = running
      if (waiting) {
        const open = [...waiting.questions].filter(([name]) => !waiting.got.has(name))
        await Promise.all(open.map(async ([name, question]) => this.answer(task, { [name]: await ask(exchange, { ...question, params: related(question.params, task.taskId) }, this.world) }, exchange.revision)))
      } else await this.store.changed(task, leave => exchange.whenCancelled(leave))
    }
    return outcomeOf(task)
  }

  /** Takes answers to what a task asked; those to anything else are ignored. @throws ProtocolError -32602 for an answer that does not fit */
  async answer(task: KeptTask, responses: JsonObject, revision: Revision): Promise<void> {
    const waiting = this.#running.get(task.taskId)?.waiting
    if (!waiting) return
    for (const [name, response] of Object.entries(responses)) {
      const question = waiting.questions.get(name)
      if (!question || waiting.got.has(name)) continue
      const fault = await faultOf(question, response, revision)
      if (fault) throw new ProtocolError(CODES.invalidParams, `inputResponses.${name}: ${fault}`)
      waiting.got.set(name, response as JsonObject)
    }
    waiting.settle()
  }

  /** Asks the work to stop; whether and when it does is its own business. */
  cancel(task: KeptTask): void {
    if (!isOver(task)) this.#running.get(task.taskId)?.exchange.cancel('the client cancelled the task')
  }

  /** What is still to be answered, by name. */
  inputRequests(task: KeptTask): JsonObject {
    const running = this.#running.get(task.taskId)
    const open = [...(running?.waiting?.questions ?? [])].filter(([name]) => !running!.waiting!.got.has(name))
    return Object.fromEntries(open.map(([name, question]) => [name, asAsked(question, running!.exchange.revision)]))
  }

  async #askAll(task: KeptTask, running: Running, exchange: Exchange, needs: Needs): Promise<Answers> {
    if (running.names.size > MAX_ROUNDS * 100) throw new ProtocolError(CODES.internalError, 'the task asked too often')
    const named = Object.entries(needs.questions).map(([name, question]) => {
      let unused = name
      for (let n = 2; running.names.has(unused); n++) unused = `${name}-${n}`
      running.names.add(unused)
      return { name, unused, question }
    })
    const got = new Map<string, JsonObject>()
    await new Promise<void>(resolve => {
      running.waiting = { questions: new Map(named.map(({ unused, question }) => [unused, question])), got, settle: () => got.size === named.length && resolve() }
      running.exchange.whenCancelled(resolve)
      this.#change(task, exchange, { status: 'input_required' })
    })
    running.waiting = undefined
    if (running.exchange.open) this.#change(task, exchange, { status: 'working' })
    return Object.fromEntries(named.map(({ name, unused }) => [name, got.get(unused)!]))
  }

  #change(task: KeptTask, exchange: Exchange, change: Partial<KeptTask>): void {
    if (!this.store.change(task, change)) return
    if (isOver(task)) this.#running.delete(task.taskId)
    this.announce(task, exchange)
  }
}

/** Whose task it is: the principal's where there is one, else the session's. Without either, knowing its id is all there is. */
export const ownerOf = ({ principal, session }: Exchange): string | undefined => (principal !== undefined ? `principal ${principal}` : session && `session ${session.id}`)

/** A task as the extension shows it when it is made. */
export const extended = ({ taskId, status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs }: KeptTask): JsonObject => ({
  taskId, status, ...(statusMessage !== undefined && { statusMessage }), createdAt, lastUpdatedAt, ttlMs, pollIntervalMs,
})
