/** An HTTP server on loopback that does nothing of its own accord: it tells what arrived and writes what it is told. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer } from './answer.js'
import type { ServerTarget } from './driver.js'
import { shorten } from './heard.js'
import type { Said } from './report.js'

/** One thing a client sent. Of an array of notifications or responses each element is one, and they share the reply. */
export interface Arrival {
  /** As patterns see it. */
  readonly seen: {
    /** The JSON-RPC method; `response`; `array`, for one with a request in it; `resume`, for a GET after an event; or else the verb. */
    readonly kind: string
    readonly verb: string
    readonly path: string
    /** Names in lower case. */
    readonly fields: Readonly<Record<string, string>>
    /** The body, or the element of it, where it is JSON. */
    readonly json?: unknown
    /** It came in an array. */
    readonly batched: boolean
  }
  readonly atMs: number
  readonly outlet: Outlet
  /** Its number, and later the name a step gives it. */
  name: string
}

/** Where what answers an arrival goes. */
export interface Outlet {
  /** Something was said. */
  readonly isBegun: boolean
  /** No more can be said. */
  readonly isOver: boolean
  /** How the connection of the request came to its end, if it has: the client left before we had ended it, or we did. */
  readonly gone: 'left' | 'ended' | undefined
  /** Writes, and ends the reply, or cuts the connection. Returns what a transcript shows of it; empty for nothing. */
  say(answer: Answer, end: boolean | 'break'): string
}

/** @param onChange called whenever something of an outlet has changed */
export type Listen = (onArrival: (arrival: Arrival) => void, onChange: () => void, transcript: Said[]) => Promise<ScriptedServer>

export interface ScriptedServer {
  /** Where a client finds it: a URL, or the command of a program. */
  readonly target: ServerTarget
  /** Drops every connection. */
  close(): Promise<void>
}

/** Listens on a free port. `onArrival` is called with each thing that arrives, in order. */
export const listenForArrivals: Listen = (onArrival, onChange, transcript) => {
  let count = 0
  return listenOn('/mcp', (req, res, text) => {
    const outlet = outletOf(res)
    res.on('close', onChange)
    for (const seen of arrivalsOf(req, text)) {
      const name = String(++count)
      transcript.push({ by: 'peer', exchange: name, text: describe(req, text) })
      onArrival({ seen, atMs: performance.now(), outlet, name })
    }
  })
}

const outletOf = (res: ServerResponse): Outlet => ({
  get isBegun() {
    return res.headersSent
  },
  get isOver() {
    return res.writableEnded || res.destroyed
  },
  get gone() {
    return res.closed ? (res.writableFinished ? 'ended' : 'left') : undefined
  },
  say: ({ status, fields, text }, end) => {
    const head = res.headersSent ? '' : `HTTP ${status} ${fields.filter((_, at) => at % 2 === 1).join(' ')}\n`
    if (!res.headersSent) res.writeHead(status, fields as string[])
    if (text === '') res.flushHeaders()
    if (end === true) res.end(text)
    else res.write(text, end === 'break' ? () => res.destroy() : undefined)
    return `${head}${shorten(text)}${end === 'break' ? '(cut)' : ''}`
  },
})

/** An HTTP server on a free port, which hands on each request once its body is read. */
export const listenOn = async (path: string, onRequest: (req: IncomingMessage, res: ServerResponse, text: string) => void): Promise<ScriptedServer> => {
  const server = createServer((req, res) => {
    res.on('error', () => undefined)
    read(req).then(text => onRequest(req, res, text), () => undefined)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    target: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    close: () => new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

const read = async (req: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  // Fatal: what is not UTF-8 must not look like text that a client sent.
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

/** What a request brings: one thing, or each element of an array. */
export const arrivalsOf = (req: Pick<IncomingMessage, 'method' | 'url' | 'headersDistinct'>, text: string): readonly Arrival['seen'][] => {
  const verb = req.method!
  const fields = Object.fromEntries(Object.entries(req.headersDistinct).map(([name, values]) => [name, values!.join(', ')]))
  const common = { verb, path: req.url!, fields }
  const value = verb === 'POST' ? parse(text) : undefined
  if (!Array.isArray(value)) {
    const kind = verb === 'GET' && 'last-event-id' in fields ? 'resume' : kindOf(value, verb)
    return [{ ...common, kind, batched: false, ...(value !== undefined && { json: value }) }]
  }
  const elements = value as readonly unknown[]
  if (elements.length === 0 || elements.some(isRequest)) return [{ ...common, kind: 'array', batched: true, json: value }]
  return elements.map(json => ({ ...common, kind: kindOf(json, verb), batched: true, json }))
}

const kindOf = (value: unknown, verb: string): string => {
  if (typeof value !== 'object' || value === null) return verb
  const { method } = value as { readonly method?: unknown }
  if (typeof method === 'string') return method
  return 'result' in value || 'error' in value ? 'response' : verb
}

/** Has it a method and an id? */
export const isRequest = (value: unknown): boolean => typeof value === 'object' && value !== null && 'method' in value && 'id' in value

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** A request as a person reads it. */
export const describe = (req: IncomingMessage, text: string): string => {
  const lines = [`${req.method} ${req.url}`]
  for (let at = 0; at < req.rawHeaders.length; at += 2) lines.push(`${req.rawHeaders[at]!}: ${req.rawHeaders[at + 1]!}`)
  return text ? `${lines.join('\n')}\n\n${shorten(text)}` : lines.join('\n')
}
