/** Schemas that several messages share: `_meta`, results, pages, capabilities, icons, errors' data, notifications about one request. */
import { LEVELS } from '../../wire/levels.js'
import {
  boolean, firstOf, integer, list, map, number, object, only, open, ref, share, since, string, types, until, word,
} from './notation.js'
import type { Definitions } from './notation.js'

/** Members of the params of every request that a client sends, or that a server sent in its session. */
export const REQUEST = { '_meta?': until('2025-11-25', ref('RequestMetaObject')), '_meta': since('2026-07-28', ref('RequestMetaObject')) }
/** The same for requests of a server, which say nothing of themselves when they travel in a result. */
export const ASKED = { '_meta?': until('2025-11-25', ref('RequestMetaObject')) }
/** Members of the params of every notification. */
export const NOTIFICATION = { '_meta?': ref('NotificationMetaObject') }
/** Members of every result. An absent `resultType` counts as complete: 2026-07-28/basic/index#resulttype. */
export const RESULT = { '_meta?': ref('ResultMetaObject'), 'resultType?': since('2026-07-28', string) }
/** Members of a page of a listing. */
export const PAGE = { 'nextCursor?': string }
/**
 * A client reads what is absent or negative as 0 and private, so neither is demanded:
 * 2026-07-28/server/utilities/caching#time-to-live-ttl-field
 */
export const CACHED = { 'ttlMs?': since('2026-07-28', integer), 'cacheScope?': since('2026-07-28', ref('CacheScope')) }
/** What may accompany a thing that is listed or sent. */
export const META = { '_meta?': since('2025-06-18', open) }
/** How a thing is shown to people. */
export const SHOWN = { 'title?': since('2025-06-18', string), 'icons?': since('2025-11-25', list(ref('Icon'))) }

export const common: Definitions = {
  RequestId: types('string', 'integer'),
  ProgressToken: types('string', 'integer'),
  LoggingLevel: word(...LEVELS),
  Role: word('user', 'assistant'),
  CacheScope: word('public', 'private'),

  RequestMetaObject: object({
    'progressToken?': ref('ProgressToken'),
    'io.modelcontextprotocol/protocolVersion': since('2026-07-28', string),
    'io.modelcontextprotocol/clientCapabilities': since('2026-07-28', ref('ClientCapabilities')),
    'io.modelcontextprotocol/clientInfo?': since('2026-07-28', ref('Implementation')),
    'io.modelcontextprotocol/logLevel?': since('2026-07-28', ref('LoggingLevel')),
  }),
  NotificationMetaObject: object({ 'io.modelcontextprotocol/subscriptionId?': since('2026-07-28', ref('RequestId')) }),
  ResultMetaObject: object({ 'io.modelcontextprotocol/serverInfo?': since('2026-07-28', ref('Implementation')) }),

  RequestParams: object(REQUEST),
  NotificationParams: object(NOTIFICATION),
  PaginatedRequestParams: object({ ...REQUEST, 'cursor?': string }),
  Result: object(RESULT),

  Implementation: object({
    name: string,
    version: string,
    ...SHOWN,
    'description?': since('2025-11-25', string),
    'websiteUrl?': since('2025-11-25', string),
  }),
  Icon: since('2025-11-25', object({ src: string, 'mimeType?': string, 'sizes?': list(string), 'theme?': ref('IconTheme') })),
  IconTheme: since('2025-11-25', word('light', 'dark')),
  Annotations: object({ 'audience?': list(ref('Role')), 'priority?': share, 'lastModified?': since('2025-06-18', string) }),

  ClientCapabilities: object({
    'experimental?': map(open),
    'extensions?': since('2026-07-28', map(open)),
    'roots?': firstOf(until('2025-11-25', object({ 'listChanged?': boolean })), open),
    'sampling?': object({ 'tools?': since('2025-11-25', open), 'context?': since('2025-11-25', open) }),
    'elicitation?': since('2025-06-18', object({ 'form?': since('2025-11-25', open), 'url?': since('2025-11-25', open) })),
    'tasks?': only('2025-11-25', ref('ClientTasksCapability')),
  }),
  ServerCapabilities: object({
    'experimental?': map(open),
    'extensions?': since('2026-07-28', map(open)),
    'tools?': object({ 'listChanged?': boolean }),
    'prompts?': object({ 'listChanged?': boolean }),
    'resources?': object({ 'subscribe?': boolean, 'listChanged?': boolean }),
    'logging?': open,
    'completions?': since('2025-03-26', open),
    'tasks?': only('2025-11-25', ref('ServerTasksCapability')),
  }),

  CancelledNotificationParams: object({
    ...NOTIFICATION,
    'requestId': firstOf(until('2025-06-18', ref('RequestId')), since('2026-07-28', ref('RequestId'))),
    'requestId?': only('2025-11-25', ref('RequestId')),
    'reason?': string,
  }),
  ProgressNotificationParams: object({
    ...NOTIFICATION, progressToken: ref('ProgressToken'), progress: number, 'total?': number, 'message?': since('2025-03-26', string),
  }),

  MissingRequiredClientCapabilityData: since('2026-07-28', object({ requiredCapabilities: ref('ClientCapabilities') })),
  UnsupportedProtocolVersionData: since('2026-07-28', object({ requested: string, supported: list(string) })),
}
