/** 2025-03-26: Streamable HTTP with sessions and resumption, arrays of messages, audio (changelog#major-changes). */
import type { Revision } from './revision.js'

export const revision: Revision = {
  id: '2025-03-26',
  era: 'legacy',
  http: 'streamable',
  batches: true,
  sessions: true,
  versionField: 'unused',
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
  structured: 'none',
  content: ['text', 'image', 'audio', 'resource'],
  members: {
    tool: ['name', 'description', 'inputSchema', 'annotations'],
    resource: ['uri', 'name', 'description', 'mimeType', 'annotations', 'size'],
    template: ['uriTemplate', 'name', 'description', 'mimeType', 'annotations'],
    prompt: ['name', 'description', 'arguments'],
    argument: ['name', 'description', 'required'],
  },
  dialect: undefined,
}
