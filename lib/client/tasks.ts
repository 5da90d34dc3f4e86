/** A server's tasks, as a client sees them: what a revision has of them, what the server offers, which messages are about them. No I/O. */
import type { JsonObject } from '../wire/json-rpc.js'
import { RELATED_TASK, TASKS_EXTENSION, type TaskForm } from '../protocol/tasks.js'
import { declared, speaks } from '../revisions/vocabulary.js'
import type { Revision } from '../revisions/index.js'

/** Thrown at the caller: the server still calls a task unfinished after the time it promised to keep it. */
export class TaskExpired extends Error {
  override readonly name = 'TaskExpired'
  constructor(readonly taskId: string, /** Milliseconds from its creation. */ readonly ttlMs: number) {
    super(`task ${taskId.slice(0, 100)} has outlived its time to live of ${ttlMs} ms without an end`)
  }
}

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

/** The task that a message says it belongs to, or that a status notification is about. */
export const taskIdOf = (method: string, params: JsonObject | undefined): unknown =>
  isStatus(method) ? params?.taskId : memberOf(memberOf(params?._meta, RELATED_TASK), 'taskId')

/** Is it the notification of a task's state, in either form? */
export const isStatus = (method: string): boolean => method === 'notifications/tasks/status' || method === 'notifications/tasks'

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

const memberOf = (value: unknown, name: string): unknown => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined)
