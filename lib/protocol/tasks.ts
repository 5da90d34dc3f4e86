/**
 * A task as one side describes it to the other, in one shape for both forms the protocol has had: the experiment of 2025-11-25
 * (basic/utilities/tasks), in which either side may run them, and the extension of 2026 (SEP-2663), in which servers do. No I/O.
 */
import type { JsonObject, RpcErrorObject, RpcNotification } from '../wire/json-rpc.js'
import { InvalidMessage } from './errors.js'

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

/** A task with all that is to be had of it. The experiment keeps result and questions apart. */
export interface TaskState extends Task {
  /** What it needs to go on, by name: while it is `input_required`. */
  readonly inputRequests?: { readonly [name: string]: { readonly method: string; readonly params?: JsonObject } }
  /** Of the request that became the task: once it is `completed`. */
  readonly result?: JsonObject
  /** Once it has `failed`. */
  readonly error?: RpcErrorObject
}

/** How a revision has tasks: the client asks for them by request, or the server makes them where the extension is declared. */
export type TaskForm = 'experiment' | 'extension'

/** What a server may ask as a task, in the experiment: 2025-11-25/schema#taskaugmentedrequestparams */
export const AUGMENTED: ReadonlySet<string> = new Set(['sampling/createMessage', 'elicitation/create'])

const STATUSES: ReadonlySet<unknown> = new Set<TaskStatus>(['working', 'input_required', 'completed', 'failed', 'cancelled'])

/** Nothing will change any more. */
export const isOver = ({ status }: Task): boolean => status === 'completed' || status === 'failed' || status === 'cancelled'

/**
 * A task as the wire has it, in our shape. A time to live that is absent counts as none.
 * @throws InvalidMessage for what is no task
 */
export const readTask = (form: TaskForm, value: unknown): TaskState => {
  const wrong = (fault: string): InvalidMessage => new InvalidMessage(`the task ${fault}`, 'basic/utilities/tasks#data-types')
  if (typeof value !== 'object' || value === null) throw wrong(`is ${JSON.stringify(value)}; expected an object`)
  const { taskId, status, statusMessage, createdAt, lastUpdatedAt, ttl, ttlMs = form === 'experiment' ? ttl : undefined, pollInterval, pollIntervalMs = form === 'experiment' ? pollInterval : undefined, inputRequests, result, error } = value as JsonObject
  if (typeof taskId !== 'string' || taskId === '') throw wrong(`has taskId ${JSON.stringify(taskId)}; expected a string`)
  if (!STATUSES.has(status)) throw wrong(`has status ${JSON.stringify(status)}; expected one of ${[...STATUSES].join(', ')}`)
  return {
    taskId,
    status: status as TaskStatus,
    ...(typeof statusMessage === 'string' && { statusMessage }),
    createdAt: String(createdAt ?? ''),
    lastUpdatedAt: String(lastUpdatedAt ?? ''),
    ttlMs: typeof ttlMs === 'number' && ttlMs >= 0 ? ttlMs : null,
    ...(typeof pollIntervalMs === 'number' && pollIntervalMs >= 0 && { pollIntervalMs }),
    ...(isObject(inputRequests) && { inputRequests: inputRequests as NonNullable<TaskState['inputRequests']> }),
    ...(isObject(result) && { result }),
    ...(isObject(error) && { error: error as unknown as RpcErrorObject }),
  }
}

/** A task as the experiment shows it. */
export const experimental = ({ taskId, status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs }: Task): JsonObject => ({
  taskId, status, ...(statusMessage !== undefined && { statusMessage }), createdAt, lastUpdatedAt, ttl: ttlMs, ...(pollIntervalMs !== undefined && { pollInterval: pollIntervalMs }),
})

/** How the experiment's task stands, to whoever asked for it: the whole task. */
export const statusMessage = (task: Task): RpcNotification => ({ jsonrpc: '2.0', method: 'notifications/tasks/status', params: experimental(task) })

/** The same params, or result, said on a task's behalf: 2025-11-25/basic/utilities/tasks#associating-task-related-messages */
export const related = (said: JsonObject | undefined, taskId: string): JsonObject => ({ ...said, _meta: { ...(said?._meta as object | undefined), [RELATED_TASK]: { taskId } } })

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
