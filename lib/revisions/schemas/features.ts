/** What a client asks and a server answers and tells: lifecycle, tools, resources, prompts, completion, logging, subscriptions. */
import { CACHED, META, NOTIFICATION, PAGE, REQUEST, RESULT, SHOWN } from './common.js'
import { STRUCTURED_CONTENT } from './content.js'
import {
  anything, boolean, either, firstOf, integer, list, map, object, only, open, ref, says, since, string, tagged, until, when, word,
} from './notation.js'
import type { Definitions, Shape } from './notation.js'

/** A retry brings what was asked for: 2026-07-28/basic/patterns/mrtr#client-requirements-basic-workflow */
const RETRY = {
  'inputResponses?': since('2026-07-28', ref('InputResponses')),
  'requestState?': since('2026-07-28', string),
}

/** An answer that may ask instead: 2026-07-28/basic/patterns/mrtr#inputrequiredresult. A `resultType` that is absent asks nothing. */
const orAsks = (result: string): Shape => when(
  { ...says('resultType', 'input_required'), required: ['resultType'] }, since('2026-07-28', ref('InputRequiredResult')), ref(result))

/** A JSON Schema with an object at its root. The modern revision leaves everything inside to the dialect. */
const toolSchema = object({
  type: word('object'),
  '$schema?': since('2025-11-25', string),
  'properties?': until('2025-11-25', map(open)),
  'required?': until('2025-11-25', list(string)),
})

export const features: Definitions = {
  InitializeRequestParams: until('2025-11-25', object({
    ...REQUEST, protocolVersion: string, capabilities: ref('ClientCapabilities'), clientInfo: ref('Implementation'),
  })),
  InitializeResult: until('2025-11-25', object({
    ...RESULT, protocolVersion: string, capabilities: ref('ServerCapabilities'), serverInfo: ref('Implementation'), 'instructions?': string,
  })),
  DiscoverResult: since('2026-07-28', object({
    ...RESULT, ...CACHED, supportedVersions: list(string), capabilities: ref('ServerCapabilities'), 'instructions?': string,
  })),

  Tool: object({
    name: string, inputSchema: toolSchema, ...SHOWN, ...META, 'description?': string,
    'annotations?': since('2025-03-26', ref('ToolAnnotations')),
    'outputSchema?': firstOf(since('2026-07-28', object({ '$schema?': string })), since('2025-06-18', toolSchema)),
    'execution?': only('2025-11-25', ref('ToolExecution')),
  }),
  ToolAnnotations: since('2025-03-26', object({
    'title?': string, 'readOnlyHint?': boolean, 'destructiveHint?': boolean, 'idempotentHint?': boolean, 'openWorldHint?': boolean,
  })),
  ToolExecution: only('2025-11-25', object({ 'taskSupport?': ref('TaskSupport') })),
  TaskSupport: only('2025-11-25', word('forbidden', 'optional', 'required')),
  ListToolsResult: object({ ...RESULT, ...CACHED, ...PAGE, tools: list(ref('Tool')) }),
  CallToolRequestParams: object({
    ...REQUEST, ...RETRY, name: string, 'arguments?': open, 'task?': only('2025-11-25', ref('TaskMetadata')),
  }),
  CallToolResult: object({
    ...RESULT, content: list(ref('ContentBlock')), 'structuredContent?': STRUCTURED_CONTENT, 'isError?': boolean,
  }),
  CallToolAnswer: firstOf(only('2025-11-25', either(ref('CallToolResult'), ref('CreateTaskResult'))), orAsks('CallToolResult')),

  Resource: object({
    name: string, uri: string, ...SHOWN, ...META, 'description?': string, 'mimeType?': string, 'size?': integer,
    'annotations?': ref('Annotations'),
  }),
  ResourceTemplate: object({
    name: string, uriTemplate: string, ...SHOWN, ...META, 'description?': string, 'mimeType?': string, 'annotations?': ref('Annotations'),
  }),
  ListResourcesResult: object({ ...RESULT, ...CACHED, ...PAGE, resources: list(ref('Resource')) }),
  ListResourceTemplatesResult: object({ ...RESULT, ...CACHED, ...PAGE, resourceTemplates: list(ref('ResourceTemplate')) }),
  ReadResourceRequestParams: object({ ...REQUEST, ...RETRY, uri: string }),
  ReadResourceResult: object({ ...RESULT, ...CACHED, contents: list(ref('TextOrBlobContents')) }),
  ReadResourceAnswer: orAsks('ReadResourceResult'),
  SubscribeRequestParams: until('2025-11-25', object({ ...REQUEST, uri: string })),
  UnsubscribeRequestParams: until('2025-11-25', object({ ...REQUEST, uri: string })),
  ResourceUpdatedNotificationParams: object({ ...NOTIFICATION, uri: string }),

  Prompt: object({ name: string, ...SHOWN, ...META, 'description?': string, 'arguments?': list(ref('PromptArgument')) }),
  PromptArgument: object({ name: string, 'title?': since('2025-06-18', string), 'description?': string, 'required?': boolean }),
  ListPromptsResult: object({ ...RESULT, ...CACHED, ...PAGE, prompts: list(ref('Prompt')) }),
  GetPromptRequestParams: object({ ...REQUEST, ...RETRY, name: string, 'arguments?': map(string) }),
  GetPromptResult: object({ ...RESULT, messages: list(ref('PromptMessage')), 'description?': string }),
  GetPromptAnswer: orAsks('GetPromptResult'),

  CompleteRequestParams: object({
    ...REQUEST,
    ref: tagged('type', { 'ref/prompt': ref('PromptReference'), 'ref/resource': ref('ResourceTemplateReference') }),
    argument: object({ name: string, value: string }),
    'context?': since('2025-06-18', object({ 'arguments?': map(string) })),
  }),
  PromptReference: object({ type: word('ref/prompt'), name: string, 'title?': since('2025-06-18', string) }),
  ResourceTemplateReference: object({ type: word('ref/resource'), uri: string }),
  CompleteResult: object({
    ...RESULT,
    completion: object({
      values: firstOf(since('2026-07-28', list(string, 100)), list(string)), 'total?': integer, 'hasMore?': boolean,
    }),
  }),

  SetLevelRequestParams: until('2025-11-25', object({ ...REQUEST, level: ref('LoggingLevel') })),
  LoggingMessageNotificationParams: object({ ...NOTIFICATION, level: ref('LoggingLevel'), data: anything, 'logger?': string }),

  SubscriptionFilter: since('2026-07-28', object({
    'toolsListChanged?': boolean, 'promptsListChanged?': boolean, 'resourcesListChanged?': boolean, 'resourceSubscriptions?': list(string),
  })),
  SubscriptionsListenRequestParams: since('2026-07-28', object({ ...REQUEST, notifications: ref('SubscriptionFilter') })),
  SubscriptionsAcknowledgedNotificationParams: since('2026-07-28', object({ ...NOTIFICATION, notifications: ref('SubscriptionFilter') })),
  SubscriptionsListenResult: since('2026-07-28', object({ 'resultType?': string, _meta: ref('SubscriptionsListenResultMetaObject') })),
  SubscriptionsListenResultMetaObject: since('2026-07-28', object({
    'io.modelcontextprotocol/subscriptionId': ref('RequestId'), 'io.modelcontextprotocol/serverInfo?': ref('Implementation'),
  })),
}
