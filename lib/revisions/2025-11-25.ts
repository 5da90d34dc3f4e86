/** 2025-11-25: primed streams, bad arguments told to the model, a schema dialect, tasks, URL elicitation (changelog#major-changes). */
import type { Revision } from './revision.js'

export const revision: Revision = {
  id: '2025-11-25',
  era: 'legacy',
  http: 'streamable',
  batches: false,
  sessions: true,
  versionField: 'assumed',
  mirrors: false,
  resumes: true,
  primes: true,
  disconnect: 'detaches',
  threshold: (_asked, set) => set ?? 'debug',
  input: 'by request',
  changes: 'GET stream',
  badArguments: 'tool error',
  stamp: (result) => result,
  unknownMethodStatus: 200,
  refusalStatus: 200,
  missingResourceCode: -32002,
  structured: 'object',
  content: ['text', 'image', 'audio', 'resource', 'resource_link'],
  members: {
    tool: ['name', 'title', 'description', 'icons', 'inputSchema', 'outputSchema', 'annotations', 'execution', '_meta'],
    resource: ['uri', 'name', 'title', 'description', 'icons', 'mimeType', 'annotations', 'size', '_meta'],
    template: ['uriTemplate', 'name', 'title', 'description', 'icons', 'mimeType', 'annotations', '_meta'],
    prompt: ['name', 'title', 'description', 'icons', 'arguments', '_meta'],
    argument: ['name', 'title', 'description', 'required'],
  },
  dialect: '2020-12',
}
