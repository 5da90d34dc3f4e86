/** What an open call needs of its client, as types: the desk that sends it, and knows what the other calls know. */
import type { JsonObject, RpcNotification, RpcRequest } from '../wire/json-rpc.js'
import type { RpcError } from '../protocol/errors.js'
import type { Standing } from '../protocol/opening.js'
import type { Task } from '../protocol/tasks.js'
import type { Question } from './answers.js'
import type { OpenCall } from './open-call.js'
import type { TaskRun } from './task-run.js'

export interface Desk {
  readonly nowMs: () => number
  readonly maxQueuedNotifications: number
  readonly maxRounds: number
  /** Sends the request once more: after a new conversation has taken over from the one that `gone` ended, or else under a new id. */
  again(call: OpenCall, gone?: Error): void
  /** Lists the tools anew, then sends the request once more; without a list the call fails with `error`. */
  relearn(call: OpenCall, error: RpcError): void
  /** May the request be sent again although it may have been processed? */
  repeatable(call: OpenCall): boolean
  /** Was it refused for not asking to be a task, as it could? */
  couldBeTask(call: OpenCall, error: RpcError): boolean
  /** The task that the request has become by this result, if it has. @throws InvalidMessage if it may not */
  taskOf(call: OpenCall, result: JsonObject): Task | undefined
  /** Follows a task to its end. */
  follow(call: OpenCall, taskId: string, created?: Task): TaskRun
  /** Cancels a task that nobody follows. */
  cancelTask(taskId: string): void
  /** Answers to what the result asks. Rejects with what the call is to fail with. */
  answers(questions: { readonly [name: string]: Question }, standing: Standing, asker: AbortController): Promise<JsonObject>
  /** A request or a notification that came on the call's behalf. */
  heard(message: RpcRequest | RpcNotification, standing: Standing, call: OpenCall): void
  /** What is wrong with the result, by the schema the application gave, or with what a tool returned, by the one it was listed with. `undefined` at once where there is none. */
  outputFault(call: OpenCall, result: JsonObject): Promise<string | undefined> | undefined
  /** The result as the application is to see it. */
  accept(call: OpenCall, result: JsonObject): JsonObject
  /** The call is over; `untold` when the server should be told to stop. */
  ended(call: OpenCall, untold?: { readonly reason: string | undefined }): void
  /** The call's deadline came nearer. */
  hurried(call: OpenCall): void
  fault(error: Error): void
  dropped(total: number): void
}
