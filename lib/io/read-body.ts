/** Reads the body of a node:http request: bounded, whole, and only as UTF-8. */
import { isAscii, isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { CODES, Refusal } from '../protocol/errors.js'
import { LIGHT_BYTES, type Load } from '../protocol/load.js'

/** Chunks kept apart. A byte that comes alone weighs a hundred times itself. */
const MANY = 64
const NONE: Buffer[] = []

/**
 * Calls back once, with the text or with what is wrong with it. Stops reading at `maxBytes`, and where there is no room for more in `load`.
 * A body that a framework has parsed already is taken from `req.body`.
 */
export const readBody = (req: IncomingMessage, maxBytes: number, load: Load, tooLarge: () => Refusal, done: (fault: Refusal | undefined, text: string) => void): void => {
  const parsed = (req as { body?: unknown }).body
  if (parsed !== undefined) {
    return done(undefined, typeof parsed === 'string' ? parsed : Buffer.isBuffer(parsed) ? parsed.toString() : JSON.stringify(parsed))
  }
  if (req.readableEnded) {
    return done(new Refusal(500, CODES.internalError, 'the body was read before mcpwire could: mount it before body parsers, or let them leave req.body'), '')
  }
  let blocks: Buffer[] | undefined
  let chunks: Buffer[] = []
  let size = 0
  let weighed = 0
  const lighten = (): void => {
    load.bodyBytes -= weighed
    weighed = 0
  }
  const stop = (why: Refusal): void => {
    req.removeAllListeners('data').removeAllListeners('end').pause()
    lighten()
    blocks = undefined
    chunks = []
    done(why, '')
  }
  req.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxBytes) return stop(tooLarge())
    if (size > LIGHT_BYTES) {
      if (weighed === 0) req.on('close', lighten)
      const more = size - weighed
      weighed = size
      if (!load.read(more)) return stop(load.tooMuch)
    }
    if (chunks.push(chunk) < MANY) return
    ;(blocks ??= []).push(Buffer.concat(chunks))
    chunks = []
  })
  req.on('end', () => {
    lighten()
    const bytes = blocks || chunks.length > 1 ? Buffer.concat([...(blocks ?? []), ...chunks], size) : chunks[0]
    // The request stays while its answer is under way, and with it what listens to it.
    blocks = undefined
    chunks = NONE
    if (bytes === undefined) return done(undefined, '')
    // RFC 8259, 8.1: JSON between systems is UTF-8. Replacement characters would change what was said.
    if (isAscii(bytes)) return done(undefined, bytes.toString('latin1'))
    if (!isUtf8(bytes)) return done(new Refusal(400, CODES.parseError, 'the body is not UTF-8', { clause: 'basic/transports' }), '')
    return done(undefined, bytes.toString('utf8'))
  })
}
