/**
 * Questions that a server asks as tasks: here it is the client that runs them, and the server that looks at them, fetches what came of them,
 * or cancels them (2025-11-25/basic/utilities/tasks). No other revision has this direction: the extension of 2026 leaves it out, for a server
 * may then ask only what a client's request needs, and looking at a task is needed by none (SEP-2663#motivation). Time and randomness are
 * arguments. No I/O.
 */
import type { JsonObject, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import type { Standing } from '../protocol/opening.js'
import { assertCancellable, outcomeOf, TaskStore, type KeptTask, type TaskLimits } from '../protocol/task-store.js'
import { AUGMENTED, experimental, isOver, statusMessage } from '../protocol/tasks.js'
import { speaks } from '../revisions/vocabulary.js'
import type { Revision } from '../revisions/index.js'
import type { World } from './carrier.js'

/** Tasks of one server that are kept at once, where the application does not say. */
export const MAX_QUESTION_TASKS = 100

/** Has the revision this direction? */
const hasDirection = (revision: Revision): boolean => speaks(revision, 'tasks/result', 'server') !== undefined

/** The capability of a client that takes what it answers as tasks; nothing where it answers neither, or the revision has no such thing. */
export const taskCapabilities = (revision: Revision, samples: boolean, elicits: boolean): JsonObject =>
  hasDirection(revision) && (samples || elicits)
    ? { tasks: { list: {}, cancel: {}, requests: { ...(samples && { sampling: { createMessage: {} } }), ...(elicits && { elicitation: { create: {} } }) } } }
    : {}

interface Running {
  readonly owner: Standing
  readonly asker: AbortController
  readonly tell: (status: RpcNotification) => void
}

export class QuestionTasks {
  /** By conversation: what one session began, no other finds. */
  readonly #store: TaskStore<Standing>
  readonly #running = new Map<string, Running>()
  #disarm: () => void = () => {}

  constructor(limits: TaskLimits, private readonly world: World) {
    this.#store = new TaskStore({ maxTasks: MAX_QUESTION_TASKS, ...limits }, () => world, taskId => this.#running.get(taskId)?.asker.abort())
  }

  /** Does this question ask to be a task? */
  takes({ method, params }: RpcRequest, revision: Revision): boolean {
    return params?.task !== undefined && AUGMENTED.has(method) && hasDirection(revision)
  }

  /**
   * A task that works, until `asker` is aborted or `finish` says what came of it. `tell`: its status, whenever that changes.
   * @throws ProtocolError -32603 if there is room for no more
   */
  begin(asked: JsonObject, owner: Standing, asker: AbortController, tell: (status: RpcNotification) => void): KeptTask {
    const task = this.#store.create(owner, { ttlMs: asked.ttl as number | undefined })
    this.#running.set(task.taskId, { owner, asker, tell })
    asker.signal.addEventListener('abort', () => this.#end(task, { status: 'cancelled', statusMessage: 'The task was cancelled' }), { once: true })
    this.#arm()
    return task
  }

  /** What would have answered the question, had it been asked plainly. After the end of the task, it is let go. */
  finish(task: KeptTask, response: RpcResponse): void {
    if ('error' in response) this.#end(task, { status: 'failed', statusMessage: response.error.message, error: response.error })
    else this.#end(task, { status: 'completed', result: response.result })
  }

  /** Settles when the task is over. */
  async over(task: KeptTask): Promise<void> {
    while (!isOver(task)) await this.#store.changed(task, () => {})
  }

  /** What a server asks about its tasks, if that is what it asks. The answer throws ProtocolError -32602 for what is not there, or is too late. */
  answererOf(method: string, { taskId, cursor }: JsonObject, owner: Standing): ((signal: AbortSignal) => JsonObject | Promise<JsonObject>) | undefined {
    switch (method) {
      case 'tasks/get':
        return () => experimental(this.#store.find(taskId, owner))
      case 'tasks/result':
        return signal => this.#outcome(this.#store.find(taskId, owner), signal)
      case 'tasks/list':
        return () => {
          const { tasks, more } = this.#store.page(owner, cursor)
          // No secret of ours, so no seal: a cursor is the name of a task that this server has anyway.
          return { tasks: tasks.map(experimental), ...(more && { nextCursor: tasks.at(-1)!.taskId }) }
        }
      case 'tasks/cancel':
        return () => {
          const task = this.#store.find(taskId, owner)
          assertCancellable(task)
          this.#running.get(task.taskId)?.asker.abort()
          return experimental(task)
        }
      default:
        return undefined
    }
  }

  /** Another conversation has taken over: whoever asked in an older one will not come back for it. */
  abandon(current: Standing): void {
    this.#stop([...this.#running].filter(([, { owner }]) => owner !== current))
  }

  /** Nobody will ask any more. */
  close(): void {
    this.#disarm()
    this.#stop([...this.#running])
  }

  /** 2025-11-25/basic/utilities/tasks#result-retrieval: held back until the task is over. */
  async #outcome(task: KeptTask, signal: AbortSignal): Promise<JsonObject> {
    while (!isOver(task) && !signal.aborted) await this.#store.changed(task, leave => signal.addEventListener('abort', leave, { once: true }))
    return outcomeOf(task)
  }

  #end(task: KeptTask, change: Partial<KeptTask>): void {
    if (!this.#store.change(task, change)) return
    const running = this.#running.get(task.taskId)
    this.#running.delete(task.taskId)
    running?.tell(statusMessage(task))
  }

  /** Stops these without a word. */
  #stop(those: readonly (readonly [string, Running])[]): void {
    for (const [taskId] of those) this.#running.delete(taskId)
    for (const [, { asker }] of those) asker.abort()
  }

  /** What has expired is let go when it does, not when somebody next looks. */
  #arm(): void {
    this.#disarm()
    const { dueMs } = this.#store
    if (dueMs === undefined) return
    this.#disarm = this.world.after(dueMs - this.world.nowMs(), () => {
      this.#store.sweep()
      this.#arm()
    }, false)
  }
}
