/** Says no over node:http: a status, a JSON-RPC error, and a connection that can be read to its end. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { JSON_TYPE } from '../bindings/http.js'
import { failure, type Refusal } from '../protocol/errors.js'

/** How long, and how far, a body that nobody wants is still read so that the answer is not lost. */
const LINGER_MS = 500
const LINGER_BYTES = 65_536

/** A refusal is never empty, and never keeps a connection on which a body is still coming. */
export const writeRefusal = (req: IncomingMessage, res: ServerResponse, refusal: Refusal): void => {
  if (res.headersSent || res.destroyed) return void res.destroy()
  const body = JSON.stringify(failure(refusal.id, refusal))
  const fields = ['Content-Type', JSON_TYPE, 'Content-Length', String(Buffer.byteLength(body)), ...refusal.fields]
  if (req.complete || !hasBody(req)) return void res.writeHead(refusal.status, fields).end(body)
  // The whole answer is written at once, yet the connection closes a moment later: closing it over unread bytes
  // would reset it, and the client might never read why.
  res.writeHead(refusal.status, [...fields, 'Connection', 'close']).write(body)
  let unread = 0
  const linger = setTimeout(() => res.end(() => req.destroy()), LINGER_MS)
  req.on('data', (chunk: Buffer) => (unread += chunk.length) > LINGER_BYTES && req.pause())
  req.on('end', () => res.end())
  res.on('close', () => clearTimeout(linger))
  req.resume()
}

const hasBody = (req: IncomingMessage): boolean => req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
