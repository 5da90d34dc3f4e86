/** A task, as both sides and both of its forms have it: the experiment of 2025-11-25 (basic/utilities/tasks), the extension of 2026 (SEP-2663). No I/O. */

/** The id of the extension, among capabilities. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks'

/** The member of `_meta` by which a message belongs to a task: 2025-11-25/basic/utilities/tasks#related-task-metadata */
export const RELATED_TASK = 'io.modelcontextprotocol/related-task'

/** How a task stands: 2025-11-25/basic/utilities/tasks#task-status-lifecycle */
export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled'

/** A request that goes on by itself. */
export interface Task {
  readonly taskId: string
  readonly status: TaskStatus
  /** What is happening, or went wrong, for people. */
  readonly statusMessage?: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly lastUpdatedAt: string
  /** How long it is kept from its creation, in milliseconds. `null`: for good. */
  readonly ttlMs: number | null
  /** How often to look, in milliseconds. */
  readonly pollIntervalMs?: number
}

/** Nothing will change any more. */
export const isOver = ({ status }: Task): boolean => status === 'completed' || status === 'failed' || status === 'cancelled'
