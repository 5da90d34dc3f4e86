/** Tasks, as the experiment of one revision had them, and what a peer may declare of them. */
import { NOTIFICATION, PAGE, REQUEST, RESULT } from './common.js'
import { integer, list, object, only, open, ref, string, types, word } from './notation.js'
import type { Definitions, Shape } from './notation.js'

const here = (shape: Shape): Shape => only('2025-11-25', shape)
const TASK = {
  taskId: string, status: ref('TaskStatus'), createdAt: string, lastUpdatedAt: string, ttl: types('integer', 'null'),
  'statusMessage?': string, 'pollInterval?': integer,
}
const named = here(object({ ...REQUEST, taskId: string }))

export const tasks: Definitions = {
  Task: here(object(TASK)),
  TaskStatus: here(word('working', 'input_required', 'completed', 'failed', 'cancelled')),
  TaskMetadata: here(object({ 'ttl?': integer })),
  RelatedTaskMetadata: here(object({ taskId: string })),
  CreateTaskResult: here(object({ ...RESULT, task: ref('Task') })),
  GetTaskRequestParams: named,
  GetTaskResult: here(object({ ...RESULT, ...TASK })),
  GetTaskPayloadRequestParams: named,
  GetTaskPayloadResult: here(object(RESULT)),
  CancelTaskRequestParams: named,
  CancelTaskResult: here(object({ ...RESULT, ...TASK })),
  ListTasksResult: here(object({ ...RESULT, ...PAGE, tasks: list(ref('Task')) })),
  TaskStatusNotificationParams: here(object({ ...NOTIFICATION, ...TASK })),

  ClientTasksCapability: here(object({
    'list?': open, 'cancel?': open,
    'requests?': object({ 'sampling?': object({ 'createMessage?': open }), 'elicitation?': object({ 'create?': open }) }),
  })),
  ServerTasksCapability: here(object({
    'list?': open, 'cancel?': open, 'requests?': object({ 'tools?': object({ 'call?': open }) }),
  })),
}
