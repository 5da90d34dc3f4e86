/** 2025-06-18: no arrays, a version header, structured content, resource links, elicitation (changelog#major-changes). */
import type { Revision } from './revision.js'

export const revision: Revision = {
  id: '2025-06-18',
  era: 'legacy',
  http: 'streamable',
  batches: false,
  sessions: true,
  versionField: 'assumed',
  mirrors: false,
  resumes: true,
  primes: false,
  disconnect: 'detaches',
  threshold: (_asked, set) => set ?? 'debug',
  input: 'by request',
  changes: 'GET stream',
  badArguments: 'protocol error',
  stamp: (result) => result,
  unknownMethodStatus: 200,
  refusalStatus: 200,
  missingResourceCode: -32002,
  structured: 'object',
  content: ['text', 'image', 'audio', 'resource', 'resource_link'],
  members: {
    tool: ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', '_meta'],
    resource: ['uri', 'name', 'title', 'description', 'mimeType', 'annotations', 'size', '_meta'],
    template: ['uriTemplate', 'name', 'title', 'description', 'mimeType', 'annotations', '_meta'],
    prompt: ['name', 'title', 'description', 'arguments', '_meta'],
    argument: ['name', 'title', 'description', 'required'],
  },
  dialect: undefined,
}
