/** A server without a port: the whole HTTP shell over a pipe in memory, so that what is tested is what is served. */
import { createServer } from 'node:http'
import { duplexPair, type Duplex } from 'node:stream'
import type { Server } from '../server/server.js'
import { httpHandler, type HttpHandler } from './http-handler.js'
import type { HttpOptions } from './http-options.js'

export interface InProcess {
  /** A name for it; no socket listens there. */
  readonly url: string
  readonly handler: HttpHandler
  /** A new connection: give it to `http.request` as `createConnection`. */
  connect(): Duplex
  close(): Promise<void>
}

/** Serves over pipes instead of sockets. Options and behaviour are those of `httpHandler`. */
export const inProcess = (server: Server, options: HttpOptions = {}): InProcess => {
  const handler = httpHandler(server, options)
  const http = createServer({ requireHostHeader: false }, handler)
  const pipes = new Set<Duplex>()
  return {
    url: `http://localhost${options.path ?? '/mcp'}`,
    handler,
    connect: () => {
      const [ours, theirs] = duplexPair()
      pipes.add(ours).add(theirs)
      // A socket's other end notices; a pipe's does not by itself.
      ours.on('close', () => theirs.destroy())
      theirs.on('close', () => ours.destroy())
      http.emit('connection', ours)
      return theirs
    },
    close: async () => {
      await handler.close({ graceMs: 0 })
      for (const pipe of pipes) pipe.destroy()
    },
  }
}
