/**
 * Tasks as a client sees them, in one shape for both forms the protocol has had: the experiment of 2025-11-25 (basic/utilities/tasks) and the
 * extension of 2026 (SEP-2663). A client runs no tasks of its own: it declares none, and answers a server that wants one at once. No I/O.
 */
import type { JsonObject, RpcErrorObject } from '../wire/json-rpc.js'
import { InvalidMessage } from '../protocol/errors.js'
import { RELATED_TASK, type Task, TASKS_EXTENSION, type TaskStatus } from '../protocol/tasks.js'
import { declared, speaks } from '../revisions/vocabulary.js'
import type { Revision } from '../revisions/index.js'

/** A task with all that is to be had of it. The experiment keeps result and questions apart. */
export interface TaskState extends Task {
  /** What it needs to go on, by name: while it is `input_required`. */
  readonly inputRequests?: { readonly [name: string]: { readonly method: string; readonly params?: JsonObject } }
  /** Of the request that became the task: once it is `completed`. */
  readonly result?: JsonObject
  /** Once it has `failed`. */
  readonly error?: RpcErrorObject
}

/** Thrown at the caller: the server still calls a task unfinished after the time it promised to keep it. */
export class TaskExpired extends Error {
  override readonly name = 'TaskExpired'
  constructor(readonly taskId: string, /** Milliseconds from its creation. */ readonly ttlMs: number) {
    super(`task ${taskId.slice(0, 100)} has outlived its time to live of ${ttlMs} ms without an end`)
  }
}

/** How a revision has tasks: the client asks for them by request, or the server makes them where the extension is declared. */
export type TaskForm = 'experiment' | 'extension'

/** `undefined`: the revision has no tasks. */
export const taskFormOf = (revision: Revision): TaskForm | undefined =>
  speaks(revision, 'tasks/result', 'client') ? 'experiment' : revision.input === 'in results' ? 'extension' : undefined

/** Does the server, by its own word, have tasks in the form this revision has, with this method? */
export const offersTasks = (capabilities: JsonObject, revision: Revision, method: string): boolean => {
  const form = taskFormOf(revision)
  if (form === 'extension') return method !== 'tasks/list' && memberOf(capabilities.extensions, TASKS_EXTENSION) !== undefined
  const row = speaks(revision, method, 'client')
  return row !== undefined && declared(capabilities, row)
}

/** May a tool be called as a task? 2025-11-25/basic/utilities/tasks#server-capabilities */
export const augments = (capabilities: JsonObject): boolean =>
  ['requests', 'tools', 'call'].reduce(memberOf, capabilities.tasks) !== undefined

const STATUSES: ReadonlySet<unknown> = new Set<TaskStatus>(['working', 'input_required', 'completed', 'failed', 'cancelled'])

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

/** The task that a message says it belongs to, or that a status notification is about. */
export const taskIdOf = (method: string, params: JsonObject | undefined): unknown =>
  isStatus(method) ? params?.taskId : memberOf(memberOf(params?._meta, RELATED_TASK), 'taskId')

/** Is it the notification of a task's state, in either form? */
export const isStatus = (method: string): boolean => method === 'notifications/tasks/status' || method === 'notifications/tasks'

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

const memberOf = (value: unknown, name: string): unknown => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined)
