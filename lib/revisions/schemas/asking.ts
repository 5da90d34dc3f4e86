/** What a server asks of its client, in its session or inside a result: roots, sampling, elicitation; and the forms it may show. */
import { ASKED, META, RESULT } from './common.js'
import {
  all, boolean, either, firstOf, integer, list, map, number, object, only, open, ref, says, share, since, string, tagged, types, until,
  when, word,
} from './notation.js'
import type { Definitions } from './notation.js'

/** Members of what a client answers; inside a retry it is no result of its own. 2026-07-28/basic/patterns/mrtr#inputresponses */
const ANSWER = { '_meta?': until('2025-11-25', ref('ResultMetaObject')) }

/** Members of every field of a form. */
const FIELD = { 'title?': string, 'description?': string }
const CHOICES = { 'minItems?': integer, 'maxItems?': integer, 'default?': since('2025-11-25', list(string)) }
const titled = list(object({ const: string, title: string }))

export const asking: Definitions = {
  ListRootsRequestParams: object({ ...ASKED, '_meta?': firstOf(ASKED['_meta?'], open) }),
  Root: object({ uri: string, 'name?': string, ...META }),
  ListRootsResult: object({ ...ANSWER, roots: list(ref('Root')) }),

  CreateMessageRequestParams: object({
    ...ASKED,
    messages: list(ref('SamplingMessage')),
    maxTokens: integer,
    'modelPreferences?': ref('ModelPreferences'),
    'systemPrompt?': string,
    'includeContext?': ref('IncludeContext'),
    'temperature?': number,
    'stopSequences?': list(string),
    'metadata?': open,
    'tools?': since('2025-11-25', list(ref('Tool'))),
    'toolChoice?': since('2025-11-25', ref('ToolChoice')),
    'task?': only('2025-11-25', ref('TaskMetadata')),
  }),
  ModelPreferences: object({
    'hints?': list(ref('ModelHint')), 'costPriority?': share, 'speedPriority?': share, 'intelligencePriority?': share,
  }),
  ModelHint: object({ 'name?': string }),
  IncludeContext: word('none', 'thisServer', 'allServers'),
  ToolChoice: since('2025-11-25', object({ 'mode?': ref('ToolChoiceMode') })),
  ToolChoiceMode: since('2025-11-25', word('auto', 'required', 'none')),
  CreateMessageResult: object({
    '_meta?': firstOf(ANSWER['_meta?'], open), role: ref('Role'), content: ref('SamplingContent'), model: string, 'stopReason?': string,
  }),
  CreateMessageAnswer: either(ref('CreateMessageResult'), only('2025-11-25', ref('CreateTaskResult'))),

  ElicitRequestParams: firstOf(
    since('2025-11-25', when(
      { ...says('mode', 'url'), required: ['mode'] }, ref('ElicitRequestURLParams'), ref('ElicitRequestFormParams'))),
    since('2025-06-18', ref('ElicitRequestFormParams'))),
  ElicitRequestFormParams: since('2025-06-18', object({
    ...ASKED,
    message: string,
    requestedSchema: object({
      type: word('object'), properties: map(ref('PrimitiveSchemaDefinition')), 'required?': list(string),
      '$schema?': since('2025-11-25', string),
    }),
    'mode?': since('2025-11-25', word('form')),
    'task?': only('2025-11-25', ref('TaskMetadata')),
  })),
  ElicitRequestURLParams: since('2025-11-25', object({
    ...ASKED, mode: word('url'), message: string, url: string,
    elicitationId: only('2025-11-25', string),
    'task?': only('2025-11-25', ref('TaskMetadata')),
  })),
  // A number may have a fraction, as the typed schema has it; the JSON one says integer.
  ElicitResult: since('2025-06-18', object({
    ...ANSWER,
    action: ref('ElicitAction'),
    'content?': map(firstOf(
      since('2025-11-25', either(types('string', 'number', 'boolean'), list(string))), types('string', 'number', 'boolean'))),
  })),
  ElicitAction: since('2025-06-18', word('accept', 'decline', 'cancel')),
  ElicitAnswer: since('2025-06-18', either(ref('ElicitResult'), only('2025-11-25', ref('CreateTaskResult')))),
  ElicitationCompleteNotificationParams: only('2025-11-25', object({ '_meta?': open, elicitationId: string })),
  URLElicitationRequiredData: only('2025-11-25', object({ elicitations: list(ref('ElicitRequestURLParams')) })),

  // Several shapes of field share a type, so the type picks the group and the rest is tried in turn.
  PrimitiveSchemaDefinition: since('2025-06-18', all(
    object({ type: ref('PrimitiveType') }),
    when(says('type', 'string'),
      either(
        ref('StringSchema'),
        ref('LegacyTitledEnumSchema'),
        since('2025-11-25', ref('UntitledSingleSelectEnumSchema')),
        since('2025-11-25', ref('TitledSingleSelectEnumSchema'))),
      when(says('type', 'array'),
        since('2025-11-25', either(ref('UntitledMultiSelectEnumSchema'), ref('TitledMultiSelectEnumSchema'))),
        when(says('type', 'boolean'), ref('BooleanSchema'), ref('NumberSchema')))))),
  PrimitiveType: firstOf(
    since('2025-11-25', word('string', 'number', 'integer', 'boolean', 'array')),
    since('2025-06-18', word('string', 'number', 'integer', 'boolean'))),
  StringSchema: since('2025-06-18', object({
    type: word('string'), ...FIELD, 'format?': ref('StringFormat'), 'minLength?': integer, 'maxLength?': integer,
    'default?': since('2025-11-25', string),
  })),
  StringFormat: since('2025-06-18', word('email', 'uri', 'date', 'date-time')),
  NumberSchema: since('2025-06-18', object({
    type: word('number', 'integer'), ...FIELD, 'minimum?': number, 'maximum?': number, 'default?': since('2025-11-25', number),
  })),
  BooleanSchema: since('2025-06-18', object({ type: word('boolean'), ...FIELD, 'default?': boolean })),
  LegacyTitledEnumSchema: since('2025-06-18', object({
    type: word('string'), ...FIELD, enum: list(string), 'enumNames?': list(string), 'default?': since('2025-11-25', string),
  })),
  UntitledSingleSelectEnumSchema: since('2025-11-25', object({
    type: word('string'), ...FIELD, enum: list(string), 'default?': string,
  })),
  TitledSingleSelectEnumSchema: since('2025-11-25', object({
    type: word('string'), ...FIELD, oneOf: titled, 'default?': string,
  })),
  UntitledMultiSelectEnumSchema: since('2025-11-25', object({
    type: word('array'), ...FIELD, ...CHOICES, items: object({ type: word('string'), enum: list(string) }),
  })),
  TitledMultiSelectEnumSchema: since('2025-11-25', object({
    type: word('array'), ...FIELD, ...CHOICES, items: object({ anyOf: titled }),
  })),

  InputRequest: since('2026-07-28', tagged('method', {
    'elicitation/create': object({ method: word('elicitation/create'), params: ref('ElicitRequestParams') }),
    'sampling/createMessage': object({ method: word('sampling/createMessage'), params: ref('CreateMessageRequestParams') }),
    'roots/list': object({ method: word('roots/list'), 'params?': ref('ListRootsRequestParams') }),
  })),
  InputRequests: since('2026-07-28', map(ref('InputRequest'))),
  InputRequiredResult: since('2026-07-28', object({
    ...RESULT, resultType: string, 'inputRequests?': ref('InputRequests'), 'requestState?': string,
  })),
  InputResponse: since('2026-07-28', either(ref('ElicitResult'), ref('CreateMessageResult'), ref('ListRootsResult'))),
  InputResponses: since('2026-07-28', map(ref('InputResponse'))),
}
