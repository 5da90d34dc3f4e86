/** Which method exists when, who sends it, which capability it belongs to, and which schemas name its parts. Absence is the gate. */
import type { JsonObject } from '../wire/json-rpc.js'
import { REVISIONS, within } from './index.js'
import type { Revision } from './revision.js'

/** The two sides of a conversation. */
export type Sender = 'client' | 'server'

/** One method in the range of revisions where it means the same. */
export interface Method {
  readonly method: string
  readonly sender: Sender | 'both'
  /** An `input` is a request that travels inside a result and has no id. 2026-07-28/basic/patterns/mrtr#inputrequests */
  readonly kind: 'request' | 'notification' | 'input'
  /** Oldest and newest revision that has it. */
  readonly first: string
  readonly last: string
  /** Name of the schema of its params, for `schemaOf`. */
  readonly params: string
  /** Name of the schema of its result. Absent for a notification. */
  readonly result?: string
  /**
   * Path of the capability it belongs to: declared by whoever answers a request or an input, and by whoever sends a
   * notification. Absent for what needs none.
   */
  readonly capability?: readonly string[]
}

const A = '2024-11-05'
const B = '2025-03-26'
const C = '2025-06-18'
const D = '2025-11-25'
const E = '2026-07-28'

type Row = readonly [
  method: string, sender: Method['sender'], kind: Method['kind'], first: string, last: string,
  params: string, result?: string | undefined, capability?: string,
]

const ROWS: readonly Row[] = [
  // Lifecycle
  ['initialize', 'client', 'request', A, D, 'InitializeRequestParams', 'InitializeResult'],
  ['notifications/initialized', 'client', 'notification', A, D, 'NotificationParams'],
  ['ping', 'both', 'request', A, D, 'RequestParams', 'Result'],
  ['server/discover', 'client', 'request', E, E, 'RequestParams', 'DiscoverResult'],

  // Patterns
  ['notifications/cancelled', 'both', 'notification', A, E, 'CancelledNotificationParams'],
  ['notifications/progress', 'both', 'notification', A, D, 'ProgressNotificationParams'],
  ['notifications/progress', 'server', 'notification', E, E, 'ProgressNotificationParams'],
  ['subscriptions/listen', 'client', 'request', E, E, 'SubscriptionsListenRequestParams', 'SubscriptionsListenResult'],
  ['notifications/subscriptions/acknowledged', 'server', 'notification', E, E, 'SubscriptionsAcknowledgedNotificationParams'],

  // Tools
  ['tools/list', 'client', 'request', A, E, 'PaginatedRequestParams', 'ListToolsResult', 'tools'],
  ['tools/call', 'client', 'request', A, E, 'CallToolRequestParams', 'CallToolAnswer', 'tools'],
  ['notifications/tools/list_changed', 'server', 'notification', A, E, 'NotificationParams', undefined, 'tools.listChanged'],

  // Resources
  ['resources/list', 'client', 'request', A, E, 'PaginatedRequestParams', 'ListResourcesResult', 'resources'],
  ['resources/templates/list', 'client', 'request', A, E, 'PaginatedRequestParams', 'ListResourceTemplatesResult', 'resources'],
  ['resources/read', 'client', 'request', A, E, 'ReadResourceRequestParams', 'ReadResourceAnswer', 'resources'],
  ['resources/subscribe', 'client', 'request', A, D, 'SubscribeRequestParams', 'Result', 'resources.subscribe'],
  ['resources/unsubscribe', 'client', 'request', A, D, 'UnsubscribeRequestParams', 'Result', 'resources.subscribe'],
  ['notifications/resources/list_changed', 'server', 'notification', A, E, 'NotificationParams', undefined, 'resources.listChanged'],
  ['notifications/resources/updated', 'server', 'notification', A, E,
    'ResourceUpdatedNotificationParams', undefined, 'resources.subscribe'],

  // Prompts
  ['prompts/list', 'client', 'request', A, E, 'PaginatedRequestParams', 'ListPromptsResult', 'prompts'],
  ['prompts/get', 'client', 'request', A, E, 'GetPromptRequestParams', 'GetPromptAnswer', 'prompts'],
  ['notifications/prompts/list_changed', 'server', 'notification', A, E, 'NotificationParams', undefined, 'prompts.listChanged'],

  // Completion: the oldest revision has no capability for it. 2025-03-26/changelog#other-schema-changes
  ['completion/complete', 'client', 'request', A, A, 'CompleteRequestParams', 'CompleteResult'],
  ['completion/complete', 'client', 'request', B, E, 'CompleteRequestParams', 'CompleteResult', 'completions'],

  // Logging
  ['logging/setLevel', 'client', 'request', A, D, 'SetLevelRequestParams', 'Result', 'logging'],
  ['notifications/message', 'server', 'notification', A, E, 'LoggingMessageNotificationParams', undefined, 'logging'],

  // What a server asks of its client
  ['roots/list', 'server', 'request', A, D, 'ListRootsRequestParams', 'ListRootsResult', 'roots'],
  ['roots/list', 'server', 'input', E, E, 'ListRootsRequestParams', 'ListRootsResult', 'roots'],
  ['notifications/roots/list_changed', 'client', 'notification', A, D, 'NotificationParams', undefined, 'roots.listChanged'],
  ['sampling/createMessage', 'server', 'request', A, D, 'CreateMessageRequestParams', 'CreateMessageAnswer', 'sampling'],
  ['sampling/createMessage', 'server', 'input', E, E, 'CreateMessageRequestParams', 'CreateMessageAnswer', 'sampling'],
  ['elicitation/create', 'server', 'request', C, D, 'ElicitRequestParams', 'ElicitAnswer', 'elicitation'],
  ['elicitation/create', 'server', 'input', E, E, 'ElicitRequestParams', 'ElicitAnswer', 'elicitation'],
  ['notifications/elicitation/complete', 'server', 'notification', D, D, 'ElicitationCompleteNotificationParams'],

  // Tasks, the experiment of one revision
  ['tasks/get', 'both', 'request', D, D, 'GetTaskRequestParams', 'GetTaskResult', 'tasks'],
  ['tasks/result', 'both', 'request', D, D, 'GetTaskPayloadRequestParams', 'GetTaskPayloadResult', 'tasks'],
  ['tasks/list', 'both', 'request', D, D, 'PaginatedRequestParams', 'ListTasksResult', 'tasks.list'],
  ['tasks/cancel', 'both', 'request', D, D, 'CancelTaskRequestParams', 'CancelTaskResult', 'tasks.cancel'],
  ['notifications/tasks/status', 'both', 'notification', D, D, 'TaskStatusNotificationParams', undefined, 'tasks'],
]

const method = ([method, sender, kind, first, last, params, result, capability]: Row): Method => ({
  method, sender, kind, first, last, params,
  ...(result !== undefined && { result }),
  ...(capability !== undefined && { capability: capability.split('.') }),
})

/** Every row, in the order of the table; a method whose meaning changed has one for each range. */
export const VOCABULARY: readonly Method[] = ROWS.map(method)

/** The rows of one revision that this side may send. */
export const spokenBy = (revision: Revision, sender: Sender): Method[] =>
  VOCABULARY.filter((row) => (row.sender === sender || row.sender === 'both') && within(revision, row.first, row.last))

type Lookup = ReadonlyMap<string, ReadonlyMap<string, Method>>
const lookup = (sender: Sender, keep: (row: Method) => boolean): Lookup =>
  new Map(REVISIONS.map((revision) =>
    [revision.id, new Map(spokenBy(revision, sender).filter(keep).map((row) => [row.method, row]))]))

const SPOKEN: Readonly<Record<Sender, Lookup>> = {
  client: lookup('client', (row) => row.kind !== 'input'),
  server: lookup('server', (row) => row.kind !== 'input'),
}
const ASKED = lookup('server', (row) => row.kind !== 'notification')

/** The row of a request or notification that this side may send at this revision, or `undefined`. */
export const speaks = (revision: Revision, method: string, sender: Sender): Method | undefined =>
  SPOKEN[sender].get(revision.id)?.get(method)

/** The row of what a server may ask of its client at this revision, by a request or in a result, or `undefined`. */
export const asks = (revision: Revision, method: string): Method | undefined => ASKED.get(revision.id)?.get(method)

/** Do these capabilities declare the one the row belongs to? `false` counts as not declared, an empty object as declared. */
export const declared = (capabilities: JsonObject, row: Method): boolean => {
  let at: unknown = capabilities
  for (const name of row.capability ?? []) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return false
    at = (at as JsonObject)[name]
  }
  return at !== undefined && at !== null && at !== false
}

/** Error codes whose `data` has a shape: the code, the range of revisions, the name of the schema. 2026-07-28/basic/index#error-codes */
export const ERROR_DATA: readonly (readonly [code: number, first: string, last: string, data: string])[] = [
  [-32042, D, D, 'URLElicitationRequiredData'],
  [-32021, E, E, 'MissingRequiredClientCapabilityData'],
  [-32022, E, E, 'UnsupportedProtocolVersionData'],
]
