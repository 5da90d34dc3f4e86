/** `tasks/*` and the capability, as each revision has them. No I/O. */
import type { Revision } from '../revisions/index.js'
import { speaks } from '../revisions/vocabulary.js'
import type { JsonObject } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { assertCancellable, type KeptTask } from '../protocol/task-store.js'
import { experimental, TASKS_EXTENSION } from '../protocol/tasks.js'
import type { Dispatch } from './dispatch.js'
import type { Vault } from './rounds.js'
import { extended, ownerOf, Tasks } from './tasks.js'

/** Does the revision have tasks in its own vocabulary? */
export const hasExperiment = (revision: Revision): boolean => speaks(revision, 'tasks/result', 'client') !== undefined

/** Where tasks are an extension. */
const hasExtension = (revision: Revision): boolean => revision.input === 'in results'

const REQUIRED = { extensions: { [TASKS_EXTENSION]: {} } }

export const assertExtended = (exchange: Exchange): void => {
  if (!Tasks.extended(exchange)) throw new ProtocolError(CODES.missingCapability, `this needs the extension ${TASKS_EXTENSION}, which the request does not declare`, { requiredCapabilities: REQUIRED })
}

/** What a server with tasks declares. `listed`: can it tell one client's from another's? */
export const taskCapabilities = (revision: Revision, listed: boolean): JsonObject =>
  hasExperiment(revision) ? { tasks: { ...(listed && { list: {} }), cancel: {}, requests: { tools: { call: {} } } } } : hasExtension(revision) ? { extensions: { [TASKS_EXTENSION]: {} } } : {}

/** Everything about a task that the extension shows. */
export const detailed = (task: KeptTask, tasks: Tasks): JsonObject => ({
  ...extended(task),
  ...(task.status === 'input_required' && { inputRequests: tasks.inputRequests(task) }),
  ...(task.status === 'completed' && { result: task.result }),
  ...(task.status === 'failed' && { error: task.error }),
})

/** Offers the methods of both forms. */
export const offerTasks = (dispatch: Dispatch, tasks: Tasks, vault: () => Vault): void => {
  /** The same method, read as the revision has it. */
  const each = (method: string, experiment: (task: KeptTask, exchange: Exchange) => JsonObject | Promise<JsonObject>, extension: (task: KeptTask, exchange: Exchange) => JsonObject): void =>
    dispatch.offer(method, ({ taskId }, exchange) => {
      if (!hasExtension(exchange.revision)) return experiment(tasks.find(taskId, exchange), exchange)
      assertExtended(exchange)
      return extension(tasks.find(taskId, exchange), exchange)
    }, hasExtension)

  each('tasks/get', experimental, task => detailed(task, tasks))
  each('tasks/cancel', task => {
    assertCancellable(task)
    tasks.cancel(task)
    return experimental(task)
  }, task => {
    tasks.cancel(task)
    return {}
  })
  dispatch.offer('tasks/update', async ({ taskId, inputResponses }, exchange) => {
    assertExtended(exchange)
    const task = tasks.find(taskId, exchange)
    if (typeof inputResponses === 'object' && inputResponses !== null) await tasks.answer(task, inputResponses as JsonObject, exchange.revision)
    return {}
  }, hasExtension)
  dispatch.offer('tasks/result', ({ taskId }, exchange) => tasks.outcome(tasks.find(taskId, exchange), exchange))
  dispatch.offer('tasks/list', ({ cursor }, exchange) => {
    const owner = ownerOf(exchange)
    // 2025-11-25/basic/utilities/tasks#task-isolation-and-access-control: who cannot be told from others is shown nobody's
    if (owner === undefined) throw new ProtocolError(CODES.methodNotFound, 'tasks/list needs a session or a principal, and this request has neither')
    const { tasks: page, more } = tasks.store.page(owner, cursor === undefined ? undefined : vault().open(cursor as string, `tasks/list ${owner}`)?.after ?? null)
    return { tasks: page.map(experimental), ...(more && { nextCursor: vault().seal({ after: page.at(-1)!.taskId }, `tasks/list ${owner}`) }) }
  })
}
