/** Whom a case is played against: the smallest HTTP that can be wrong on purpose, and the one over a socket. */

import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { shorten } from './heard.js'
import type { PipePeer } from './pipe-peer.js'

/** A server, and how it is reached. */
export type Peer = HttpPeer | PipePeer

/** A server reached by HTTP requests whose every header line is the caller's. */
export interface HttpPeer {
  /** Scheme, host and port, without a path. */
  readonly origin: string
  /** Settles when the status and fields have come; the body follows in `chunks`. @throws Error when nobody answers. */
  request(request: PeerRequest, signal?: AbortSignal): Promise<PeerReply>
  /** Ends every connection. Safe to call twice. */
  close(): Promise<void>
}

export interface PeerRequest {
  readonly method: string
  /** Path and query; or a reference relative to the endpoint, such as an endpoint event gives. Default: the endpoint. */
  readonly path?: string
  /** Lines in order, sent as they are, repeated names included. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

/** As a person reads it, long parts cut. */
export const describe = ({ method, path, fields, body }: PeerRequest): string => {
  const head = [`${method} ${path ?? '(endpoint)'}`, ...fields.map(([name, value]) => `${name}: ${shorten(value)}`)].join('\n')
  return body === undefined ? head : `${head}\n\n${shorten(body)}`
}

export interface PeerReply {
  readonly status: number
  /** Names in lower case; a field given twice is joined by a comma. */
  readonly fields: Readonly<Record<string, string>>
  /** The body as it comes, decoded as UTF-8. Throws when the connection breaks before the end. */
  readonly chunks: AsyncIterable<string>
  /** Hangs up. */
  close(): void
}

/**
 * A peer at a URL, one connection per request, so that hanging up one never disturbs another.
 * Adds only what HTTP needs to frame the request and the lines do not say: Host, Content-Length.
 * A request that says `Expect: 100-continue` holds its body back until the peer asks for it.
 * `connect` gives the connections, for a peer that has no port. Default: sockets to the URL's host.
 * @throws TypeError when the URL is neither http nor https.
 */
export const socketPeer = (url: string | URL, connect?: () => Duplex): HttpPeer => {
  const target = new URL(url)
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw new TypeError(`a peer is reached by http: or https:, not ${target.protocol}`)
  }
  const send = target.protocol === 'https:' ? tlsRequest : plainRequest
  const ended = new AbortController()
  return {
    origin: target.origin,
    request: ({ method, path, fields, body }, signal) => new Promise((resolve, reject) => {
      const has = (name: string): boolean => fields.some(([given]) => given.toLowerCase() === name)
      const lines = [...fields]
      if (!has('host')) lines.unshift(['Host', target.host])
      if (body !== undefined && !has('content-length') && !has('transfer-encoding')) {
        lines.push(['Content-Length', String(Buffer.byteLength(body))])
      }
      const outgoing = send(target, {
        method,
        path: path === undefined ? pathOf(target) : path.startsWith('/') ? path : pathOf(new URL(path, target)),
        // A fresh agent keeps no connection.
        ...(connect ? { createConnection: connect } : { agent: false }),
        // A flat array reaches the wire line by line; an object would merge repeated names.
        headers: lines.flat(),
        signal: signal ? AbortSignal.any([signal, ended.signal]) : ended.signal,
      })
      // A server may refuse and close while the body is still being written: a reply that came first wins over the broken pipe.
      outgoing.on('response', incoming => resolve(reply(incoming, () => outgoing.destroy())))
      outgoing.on('error', reject)
      // As bytes: beside text Node would write the field lines as UTF-8 too, and a character of theirs is one byte.
      const bytes = body === undefined ? undefined : Buffer.from(body)
      if (!has('expect')) return void outgoing.end(bytes)
      outgoing.on('continue', () => outgoing.end(bytes))
      outgoing.flushHeaders()
    }),
    close: async () => ended.abort(),
  }
}

const pathOf = ({ pathname, search }: URL): string => pathname + search

const reply = (incoming: IncomingMessage, hangUp: () => void): PeerReply => {
  incoming.setEncoding('utf8')
  return {
    status: incoming.statusCode!,
    fields: Object.fromEntries(Object.entries(incoming.headersDistinct).map(([name, values]) => [name, values!.join(', ')])),
    chunks: incoming as AsyncIterable<string>,
    close: hangUp,
  }
}
