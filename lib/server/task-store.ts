/** Where tasks are kept: in memory, bounded in number and time. No I/O. */
import type { JsonObject, RpcErrorObject } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import { isOver, type Task, type TaskStatus } from '../protocol/tasks.js'

export interface TaskLimits {
  /** Tasks kept at once. At the limit the oldest that is over goes; if none is over, no task is begun. Default 1000. */
  readonly maxTasks?: number
  /** How long a task is kept from its creation if nobody says, in milliseconds. Default 300 000. */
  readonly ttlMs?: number
  /** The longest that a client may ask for, in milliseconds. Default 3 600 000. */
  readonly maxTtlMs?: number
  /** How often clients are told to look, in milliseconds. Default 1000. */
  readonly pollIntervalMs?: number
}

/** A task as it is kept, with what came of it. */
export interface KeptTask extends Task {
  status: TaskStatus
  statusMessage?: string
  lastUpdatedAt: string
  readonly ttlMs: number
  readonly pollIntervalMs: number
  result?: JsonObject
  error?: RpcErrorObject
}

interface Kept {
  readonly task: KeptTask
  readonly owner: string | undefined
  readonly expiresMs: number
}

export class TaskStore {
  readonly #kept = new Map<string, Kept>()

  constructor(
    private readonly limits: TaskLimits,
    private readonly world: () => { nowMs(): number; newId(): string },
    private readonly onExpire: (taskId: string) => void,
  ) {}

  get size(): number {
    return this.#kept.size
  }

  /** @throws ProtocolError -32603 if there is room for no more */
  create(owner: string | undefined, asked: { readonly ttlMs?: number | undefined; readonly pollIntervalMs?: number | undefined }): KeptTask {
    const { maxTasks = 1000, ttlMs: usual = 300_000, maxTtlMs = 3_600_000, pollIntervalMs = 1000 } = this.limits
    this.sweep()
    if (this.#kept.size >= maxTasks && !this.#makeRoom()) throw new ProtocolError(CODES.internalError, `${maxTasks} tasks are under way; try again later`)
    const nowMs = this.world().nowMs()
    const ttlMs = Math.min(maxTtlMs, Math.max(1000, asked.ttlMs ?? usual))
    const at = new Date(nowMs).toISOString()
    const task: KeptTask = { taskId: this.world().newId(), status: 'working', createdAt: at, lastUpdatedAt: at, ttlMs, pollIntervalMs: asked.pollIntervalMs ?? pollIntervalMs }
    this.#kept.set(task.taskId, { task, owner, expiresMs: nowMs + ttlMs })
    return task
  }

  get(taskId: string, owner: string | undefined): KeptTask | undefined {
    this.sweep()
    const kept = this.#kept.get(taskId)
    return kept && kept.owner === owner ? kept.task : undefined
  }

  /** This owner's, oldest first. */
  list(owner: string | undefined): KeptTask[] {
    this.sweep()
    return [...this.#kept.values()].filter(kept => kept.owner === owner).map(({ task }) => task)
  }

  update(task: KeptTask, change: Partial<KeptTask>): void {
    Object.assign(task, change, { lastUpdatedAt: new Date(this.world().nowMs()).toISOString() })
    if (change.status !== undefined && change.statusMessage === undefined) delete task.statusMessage
  }

  /** Forgets what has expired, and stops what was still under way. */
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
