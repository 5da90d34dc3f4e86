/** listen(): a node:http server of its own around a handler, with the deadlines and error answers node does not give by itself. */
import { createServer as createHttpServer, type IncomingMessage, type Server as NodeServer, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { isIPv4, type AddressInfo, type Socket } from 'node:net'
import { CODES, failure, ProtocolError, Refusal } from '../protocol/errors.js'
import { limitsOf } from '../protocol/limits.js'
import type { Server } from '../server/server.js'
import { httpHandler, type HttpHandler } from './http-handler.js'
import { quoted } from '../wire/fields.js'
import { HTTP_LIMITS, type HttpOptions, type HttpStats } from './http-options.js'
import { writeRefusal } from './http-refusal.js'

export interface ListenOptions extends HttpOptions {
  /** Default 3000; 0 takes a free one. */
  readonly port?: number
  /** Address to bind. Default 127.0.0.1. Any but a loopback address needs `hosts`. */
  readonly host?: string
  /** Serve HTTPS, with this certificate (the chain, if there is one) and its private key, as PEM. Default: plain HTTP. */
  readonly tls?: { readonly key: string | Uint8Array; readonly cert: string | Uint8Array }
  /** Connections open at once. Beyond it: closed without an answer, which node's `drop` event tells. Default 20 000. */
  readonly maxConnections?: number
  /** Time for a request's header to arrive, in milliseconds. Default 10 000. */
  readonly headersTimeoutMs?: number
  /** Time for a whole request to arrive, in milliseconds. Default 40 000. */
  readonly requestTimeoutMs?: number
}

/** What holds of a listener's connections unless others are given. */
export const CONNECTION_LIMITS = { maxConnections: 20_000, headersTimeoutMs: 10_000, requestTimeoutMs: 40_000 }

export interface Listening {
  /** Where it listens: `http://127.0.0.1:3000/mcp`, or `https:` with `tls`. */
  readonly url: string
  readonly port: number
  /** The server underneath, for what is not ours to offer. */
  readonly http: NodeServer
  stats(): HttpStats
  /** Stops accepting, lets what runs finish for `graceMs` (default 5000), ends the rest. Settles when the port is free. */
  close(options?: { readonly graceMs?: number }): Promise<void>
}

/** 127.0.0.0/8, ::1 and their name: nobody else's, whatever it begins with. */
export const isLoopback = (host: string): boolean => host === '::1' || host === 'localhost' || (isIPv4(host) && host.startsWith('127.'))

/**
 * Serves a server over Streamable HTTP, on loopback unless told otherwise.
 * @throws TypeError for a wider address without `hosts`: anybody who can make a browser look up a name could then talk to it.
 * Rejects with node's error when the port is taken. Throws node's for a key or a certificate that is none.
 */
export const listen = async (server: Server, options: ListenOptions = {}): Promise<Listening> => {
  const { port = 3000, host = '127.0.0.1', path = '/mcp', tls } = options
  const { maxConnections, headersTimeoutMs, requestTimeoutMs } = limitsOf(CONNECTION_LIMITS, options)
  const { maxBodyBytes } = limitsOf(HTTP_LIMITS, options)
  if (!isLoopback(host) && options.hosts === undefined) {
    throw new TypeError(`listen: ${host} can be reached from elsewhere; name the hosts you serve, for example { hosts: ['mcp.example.com'] }`)
  }
  const handler: HttpHandler = httpHandler(server, options)
  const limits = {
    requireHostHeader: false, // the guard refuses it in words
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 2000, // node looks for late requests only every 30 s
  }
  const http: NodeServer = tls
    ? createHttpsServer({ ...limits, key: bytesOf(tls.key), cert: bytesOf(tls.cert), ALPNProtocols: ['http/1.1'] })
    : createHttpServer(limits)
  http.maxConnections = maxConnections
  // Connections that never finish their handshake are none of HTTP's, and would hold up the end.
  const raw = new Set<Socket>()
  if (tls) http.on('connection', (socket: Socket) => void raw.add(socket.once('close', () => raw.delete(socket))))
  http.on('request', handler)
  // Without a listener node answers 100 before anybody has looked at the head.
  http.on('checkContinue', (req, res) => {
    if (Number(req.headers['content-length'] ?? 0) <= maxBodyBytes) res.writeContinue()
    handler(req, res)
  })
  // An expectation that is not 100-continue: node answers it with nothing.
  http.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => {
    writeRefusal(req, res, new Refusal(417, CODES.invalidRequest, `Expect ${quoted(req.headers.expect)} cannot be met; 100-continue can`))
  })
  /** The latest answer on each connection: while one is under way, nothing else may be written into it. */
  const answers = new WeakMap<object, ServerResponse>()
  http.prependListener('request', (req: IncomingMessage, res: ServerResponse) => void answers.set(req.socket, res))
  http.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    const answer = answers.get(socket)
    if (isUnderWay(answer)) return void (error.code === 'HPE_INVALID_EOF_STATE' ? socket.destroy() : answer.once('finish', () => socket.end()))
    refuse(error, socket)
  })
  const refuse = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    if (!socket.writable) return
    const [status, phrase] = STATUS.get(error.code ?? '') ?? [400, 'Bad Request']
    const body = JSON.stringify(failure(undefined, new ProtocolError(CODES.invalidRequest, `HTTP could not be read: ${error.message}`)))
    socket.end(`HTTP/1.1 ${status} ${phrase}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
  }
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.removeListener('error', reject)
      resolve()
    })
  })
  setImmediate(() => void server.warm())
  const address = http.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}${path}`,
    port: address.port,
    http,
    stats: () => handler.stats(),
    close: async options => {
      const closed = new Promise<void>(resolve => http.close(() => resolve()))
      http.closeIdleConnections()
      await handler.close(options)
      http.closeAllConnections()
      for (const socket of raw) socket.destroy()
      await closed
    },
  }
}

const bytesOf = (pem: string | Uint8Array): string | Buffer => (typeof pem === 'string' ? pem : Buffer.from(pem))

const STATUS: ReadonlyMap<string, readonly [number, string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout']],
])

/** A request that was read whole will be answered, or is being; one that was not never will. */
const isUnderWay = (res: ServerResponse | undefined): res is ServerResponse => res !== undefined && !res.writableFinished && (res.req.complete || res.headersSent)
