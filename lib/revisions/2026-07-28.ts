/** 2026-07-28: no sessions. Each request says everything; servers ask in results; a listener subscribes (changelog#major-changes). */
import type { Revision } from './revision.js'

export const revision: Revision = {
  id: '2026-07-28',
  era: 'modern',
  http: 'streamable',
  batches: false,
  sessions: false,
  versionField: 'required',
  mirrors: true,
  resumes: false,
  primes: false,
  disconnect: 'cancels',
  threshold: (asked) => asked,
  input: 'in results',
  changes: 'subscriptions/listen',
  badArguments: 'tool error',
  // What the result says itself wins: a resource may have its own time to live, a gateway another server's name.
  stamp: (result, { serverInfo, cache }) => ({
    resultType: 'complete',
    ...cache,
    ...result,
    _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo, ...(result['_meta'] as object | undefined) },
  }),
  unknownMethodStatus: 404,
  refusalStatus: 400,
  missingResourceCode: -32602,
  structured: 'any',
  content: ['text', 'image', 'audio', 'resource', 'resource_link'],
  members: {
    tool: ['name', 'title', 'description', 'icons', 'inputSchema', 'outputSchema', 'annotations', '_meta'],
    resource: ['uri', 'name', 'title', 'description', 'icons', 'mimeType', 'annotations', 'size', '_meta'],
    template: ['uriTemplate', 'name', 'title', 'description', 'icons', 'mimeType', 'annotations', '_meta'],
    prompt: ['name', 'title', 'description', 'icons', 'arguments', '_meta'],
    argument: ['name', 'title', 'description', 'required'],
  },
  dialect: '2020-12',
}
