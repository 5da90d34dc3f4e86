/** Cross-origin answers for browsers (Fetch standard, CORS protocol): exactly the fields this protocol uses, for origins that were listed. No I/O. */
import type { Fields } from './http.js'

export interface CorsOptions {
  /** May pages send cookies and HTTP credentials? Default false. */
  readonly credentials?: boolean
  /** How long a browser may keep a preflight's answer, in seconds. Default 600. */
  readonly maxAgeS?: number
}

/** What pages may read of an answer. */
const EXPOSED = 'Mcp-Session-Id, WWW-Authenticate'
/** What pages may send, beside `Mcp-Param-*`. */
const SENT: ReadonlySet<string> = new Set(['accept', 'authorization', 'content-type', 'last-event-id', 'mcp-method', 'mcp-name', 'mcp-protocol-version', 'mcp-session-id'])
const PARAM = /^mcp-param-[!#$%&'*+\-.^_`|~0-9a-z]+$/

/** On every answer to a listed origin, refusals included: never a wildcard, so that a cache keeps them apart. */
export const corsFields = (origin: string, { credentials = false }: CorsOptions): readonly (readonly [name: string, value: string])[] => [
  ['Access-Control-Allow-Origin', origin],
  ['Vary', 'Origin'],
  ['Access-Control-Expose-Headers', EXPOSED],
  ...(credentials ? [['Access-Control-Allow-Credentials', 'true'] as const] : []),
]

/** The head of the answer to a preflight: names and values alternating. */
export const preflight = (fields: Fields, options: CorsOptions): readonly string[] => {
  const asked = (fields['access-control-request-headers'] ?? '').toLowerCase().split(',').map(name => name.trim())
  const allowed = [...SENT, ...asked.filter(name => PARAM.test(name)).slice(0, 64)]
  return [
    ...corsFields(fields.origin!, options).flat(),
    'Access-Control-Allow-Methods', 'GET, POST, DELETE',
    'Access-Control-Allow-Headers', allowed.join(', '),
    'Access-Control-Max-Age', String(options.maxAgeS ?? 600),
  ]
}
