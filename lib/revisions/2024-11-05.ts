/** 2024-11-05: the first. A session is one stream of events, and messages are posted beside it. */
import type { Revision } from './revision.js'

export const revision: Revision = {
  id: '2024-11-05',
  era: 'legacy',
  http: 'http+sse',
  batches: false,
  sessions: false,
  versionField: 'unused',
  mirrors: false,
  resumes: false,
  primes: false,
  disconnect: 'ends session',
  threshold: (_asked, set) => set ?? 'debug',
  input: 'by request',
  changes: 'stream',
  badArguments: 'protocol error',
  stamp: (result) => result,
  unknownMethodStatus: 200,
  refusalStatus: 200,
  missingResourceCode: -32002,
  structured: 'none',
  content: ['text', 'image', 'resource'],
  members: {
    tool: ['name', 'description', 'inputSchema'],
    resource: ['uri', 'name', 'description', 'mimeType', 'annotations', 'size'],
    template: ['uriTemplate', 'name', 'description', 'mimeType', 'annotations'],
    prompt: ['name', 'description', 'arguments'],
    argument: ['name', 'description', 'required'],
  },
  dialect: undefined,
}
