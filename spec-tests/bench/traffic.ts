/**
 * What every server under measure is asked and must answer: the same three tools, the same words, so that only the
 * way of answering differs. Adapters (`floor.ts`, `ours.ts`, …) import the tools' half, `lanes.ts` the requests' half.
 */

export const PROTOCOL_VERSION = '2025-11-25'
export const MODERN_VERSION = '2026-07-28'
export const SERVER_INFO = { name: 'bench', version: '1.0.0' }
export const TEXT = 'the quick brown fox jumps over the lazy dog'

export interface Note { readonly file: string; readonly bytes: number }

/** What `burst` and `spread` log at level info, in this order, before their result. */
export const NOTES: readonly Note[] = Array.from({ length: 10 }, (_, index) => ({ file: `file-${index}.txt`, bytes: 1000 + index }))

/** `echo` takes one text and returns it; `burst` and `spread` take nothing and return `DONE`. */
export const ECHO_SCHEMA = { type: 'object', required: ['text'], properties: { text: { type: 'string' } } } as const
export const EMPTY_SCHEMA = { type: 'object' } as const
export const DONE = `${NOTES.length} notes`

/** The next turn of the event loop. */
export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** What a modern request says of itself in `_meta`. */
export const MODERN_META = {
  'io.modelcontextprotocol/protocolVersion': MODERN_VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
}
export const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId'
