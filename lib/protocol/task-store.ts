/** Tasks that run here, on whichever side that is: kept in memory, bounded in number and time. Time and randomness are arguments. No I/O. */
import type { JsonObject, RpcErrorObject } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from './errors.js'
import { limitsOf } from './limits.js'
import { isOver, related, type Task, type TaskStatus } from './tasks.js'

export interface TaskLimits {
  /** Tasks kept at once. At the limit the oldest that is over goes; if none is over, no task is begun: -32603. Default 1000; of a client 100. */
  readonly maxTasks?: number
  /** How long a task is kept from its creation if nobody says, in milliseconds. Default 300 000. */
  readonly ttlMs?: number
  /** The longest that whoever asks for a task may have it kept, in milliseconds. Default 3 600 000. */
  readonly maxTtlMs?: number
  /** How often the other side is told to look, in milliseconds. Default 1000. */
  readonly pollIntervalMs?: number
}

export const TASK_LIMITS: Required<TaskLimits> = { maxTasks: 1000, ttlMs: 300_000, maxTtlMs: 3_600_000, pollIntervalMs: 1000 }

/** A task that runs here, or did. */
export interface KeptTask extends Task {
  status: TaskStatus
  statusMessage?: string
  lastUpdatedAt: string
  readonly ttlMs: number
  readonly pollIntervalMs: number
  result?: JsonObject
  error?: RpcErrorObject
}

interface Kept<Owner> {
  readonly task: KeptTask
  readonly owner: Owner
  readonly expiresMs: number
  /** Called at every change. */
  readonly watchers: Set<() => void>
}

/** Tasks on one page of a list. */
const PAGE = 100

/** @param Owner whose a task is: only under the same one is it found again. */
export class TaskStore<Owner> {
  readonly #kept = new Map<string, Kept<Owner>>()

  /** @param onExpire called with what is about to be forgotten: what still runs is to be stopped. */
  constructor(
    private readonly limits: TaskLimits,
    private readonly world: () => { nowMs(): number; newId(): string },
    private readonly onExpire: (taskId: string) => void,
  ) {}

  get size(): number {
    return this.#kept.size
  }

  /** When the first of them expires. `undefined`: there is none. */
  get dueMs(): number | undefined {
    let first: number | undefined
    for (const { expiresMs } of this.#kept.values()) first = Math.min(first ?? expiresMs, expiresMs)
    return first
  }

  /** A task that works. @throws ProtocolError -32603 if there is room for no more */
  create(owner: Owner, asked: { readonly ttlMs?: number | undefined; readonly pollIntervalMs?: number | undefined }): KeptTask {
    const { maxTasks, ttlMs: usual, maxTtlMs, pollIntervalMs } = limitsOf(TASK_LIMITS, this.limits)
    this.sweep()
    if (this.#kept.size >= maxTasks && !this.#makeRoom()) throw new ProtocolError(CODES.internalError, `${maxTasks} tasks are under way; try again later`)
    const nowMs = this.world().nowMs()
    const ttlMs = Math.min(maxTtlMs, Math.max(1000, asked.ttlMs ?? usual))
    const at = new Date(nowMs).toISOString()
    const task: KeptTask = { taskId: this.world().newId(), status: 'working', createdAt: at, lastUpdatedAt: at, ttlMs, pollIntervalMs: asked.pollIntervalMs ?? pollIntervalMs }
    this.#kept.set(task.taskId, { task, owner, expiresMs: nowMs + ttlMs, watchers: new Set() })
    return task
  }

  get(taskId: unknown, owner: Owner): KeptTask | undefined {
    this.sweep()
    const kept = this.#kept.get(taskId as string)
    return kept && kept.owner === owner ? kept.task : undefined
  }

  /** @throws ProtocolError -32602 for a task that is not there, or is somebody else's: the same answer */
  find(taskId: unknown, owner: Owner): KeptTask {
    const task = this.get(taskId, owner)
    if (!task) throw new ProtocolError(CODES.invalidParams, `Task not found: ${typeof taskId === 'string' ? taskId.slice(0, 100) : `an id that is of type ${typeof taskId}`}`)
    return task
  }

  /** This owner's, oldest first. */
  list(owner: Owner): KeptTask[] {
    this.sweep()
    return [...this.#kept.values()].filter(kept => kept.owner === owner).map(({ task }) => task)
  }

  /**
   * One page of this owner's: those after the task named, or the first. `more`: others follow the last of them.
   * @throws ProtocolError -32602 if there is no such task, or no longer
   */
  page(owner: Owner, after?: unknown): { readonly tasks: readonly KeptTask[]; readonly more: boolean } {
    const all = this.list(owner)
    const from = after === undefined ? 0 : all.findIndex(({ taskId }) => taskId === after) + 1
    if (after !== undefined && from === 0) throw new ProtocolError(CODES.invalidParams, 'the cursor was not given out for tasks/list, or has expired; begin again without it')
    return { tasks: all.slice(from, from + PAGE), more: from + PAGE < all.length }
  }

  /** False, and nothing happens, if the task is over: that is for good (2025-11-25/basic/utilities/tasks#task-status-lifecycle). */
  change(task: KeptTask, change: Partial<KeptTask>): boolean {
    if (isOver(task)) return false
    Object.assign(task, change, { lastUpdatedAt: new Date(this.world().nowMs()).toISOString() })
    if (change.status !== undefined && change.statusMessage === undefined) delete task.statusMessage
    for (const watcher of [...(this.#kept.get(task.taskId)?.watchers ?? [])]) watcher()
    return true
  }

  /** Settles at the next change of a task, or when `abandoned` calls back: nobody waits any more. */
  changed({ taskId }: KeptTask, abandoned: (leave: () => void) => void): Promise<void> {
    const { watchers } = this.#kept.get(taskId) ?? {}
    return new Promise(resolve => {
      const done = (): void => {
        watchers?.delete(done)
        resolve()
      }
      watchers?.add(done)
      abandoned(done)
      if (!watchers) done()
    })
  }

  /** Forgets what has expired, and has what was still under way stopped. */
  sweep(): void {
    const nowMs = this.world().nowMs()
    for (const [id, { expiresMs }] of this.#kept) {
      if (expiresMs > nowMs) continue
      this.onExpire(id)
      this.#kept.delete(id)
    }
  }

  #makeRoom(): boolean {
    for (const [id, { task }] of this.#kept) if (isOver(task)) return this.#kept.delete(id)
    return false
  }
}

/** @throws ProtocolError -32602 for a task that is over: 2025-11-25/basic/utilities/tasks#task-cancellation */
export const assertCancellable = (task: KeptTask): void => {
  if (isOver(task)) throw new ProtocolError(CODES.invalidParams, `Task ${task.taskId} is ${task.status} already`)
}

/**
 * What `tasks/result` answers of a task that is over: what the request itself would have had, and whose it is.
 * @throws ProtocolError that the request would have had, or -32602 if the task was cancelled
 */
export const outcomeOf = ({ taskId, result, error }: KeptTask): JsonObject => {
  if (error) throw new ProtocolError(error.code, error.message, error.data)
  if (!result) throw new ProtocolError(CODES.invalidParams, `Task ${taskId} was cancelled and has no result`)
  return related(result, taskId)
}
