/** A hand that speaks HTTP for tests: one request, its answer whole or event by event; and a server to speak to. */
import { request as send, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { Test } from 'tap'
import { createServer, listen, type Listening, type ListenOptions, type Server, type ServerOptions } from '../lib/server.js'
import type { RpcNotification, RpcResult } from '../lib/wire/json-rpc.js'
import { SseDecoder, type SseEvent } from '../lib/wire/sse.js'

/** A server that keeps its errors to itself, unless told where. */
export const make = (options: ServerOptions = {}): Server => createServer({ name: 'test', version: '1' }, { onError: () => {}, ...options })

/** Serves on a port of its own until the test is over. */
export const serve = async (t: Test, server: Server, options: ListenOptions = {}): Promise<Listening> => {
  const listening = await listen(server, { port: 0, ...options })
  t.teardown(() => listening.close({ graceMs: 0 }))
  return listening
}

/** Lets something happen when a test says so. */
export const gate = (): { readonly opened: Promise<void>; open(): void } => {
  let open!: () => void
  const opened = new Promise<void>(resolve => (open = resolve))
  return { opened, open }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Events as they come; ends with the stream. */
  events(): AsyncGenerator<SseEvent>
  text(): Promise<string>
  hangUp(): void
}

export interface Question {
  readonly method?: string
  /** A list is that many lines of one name; undefined leaves a header out. */
  readonly headers?: Headers
  readonly body?: unknown
}

export type Headers = { readonly [name: string]: string | readonly string[] | undefined }

export const say = (url: string, { method = 'POST', headers = {}, body }: Question = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const given = { accept: 'application/json, text/event-stream', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }
    const lines = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as OutgoingHttpHeaders
    const req = send(url, { method, headers: lines, agent: false }, (res: IncomingMessage) => {
      res.setEncoding('utf8')
      resolve({
        status: res.statusCode!,
        headers: res.headers,
        async *events() {
          const decoder = new SseDecoder()
          for await (const chunk of res as AsyncIterable<string>) yield* decoder.feed(chunk)
        },
        async text() {
          let text = ''
          for await (const chunk of res as AsyncIterable<string>) text += chunk
          return text
        },
        hangUp: () => {
          res.on('error', () => {})
          req.destroy()
        },
      })
    })
    req.on('error', reject)
    req.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  })

/** Opens a session; returns the headers that name it. */
export const open = async (url: string, protocolVersion = '2025-11-25', capabilities: object = {}): Promise<{ readonly [name: string]: string }> => {
  const answer = await say(url, { body: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion, capabilities, clientInfo: { name: 'test', version: '1' } } } })
  await answer.text()
  const headers = { 'mcp-session-id': answer.headers['mcp-session-id'] as string, 'mcp-protocol-version': protocolVersion }
  await (await say(url, { headers, body: { jsonrpc: '2.0', method: 'notifications/initialized' } })).text()
  return headers
}

export const MODERN = '2026-07-28'

export interface ModernQuestion {
  readonly id?: string | number
  /** What the client declares. Default: nothing. */
  readonly capabilities?: object
  /** Further members of `_meta`; undefined leaves one out. */
  readonly meta?: object
  /** Further headers, or others than the body asks for. */
  readonly headers?: Headers
}

/** As a mirrored field carries it: as it is, or, where that cannot be, in base64. */
const encoded = (text: string): string => (/^[!-<>-~]([ -~]*[!-~])?$/.test(text) ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`)

/** A request that says everything itself: `_meta` in its body, and the headers that repeat it. */
export const modern = (url: string, method: string, params: object = {}, { id = 1, capabilities = {}, meta, headers }: ModernQuestion = {}): Promise<Answer> => {
  const { name, uri } = params as { readonly name?: string; readonly uri?: string }
  const named = method === 'tools/call' || method === 'prompts/get' ? name : method === 'resources/read' ? uri : undefined
  const _meta = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': capabilities, ...meta }
  return say(url, {
    headers: { 'mcp-protocol-version': MODERN, 'mcp-method': method, 'mcp-name': named === undefined ? named : encoded(String(named)), ...headers },
    body: { jsonrpc: '2.0', id, method, params: { ...params, _meta } },
  })
}

/** What one JSON answer says, with its status. */
export interface Said {
  readonly status: number
  readonly id?: string | number
  readonly result?: { readonly [member: string]: unknown }
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly [member: string]: unknown } }
}

/** Reads an answer that is one object, or a stream of which only the last message counts. */
export const heard = async (asked: Promise<Answer> | Answer): Promise<Said> => {
  const answer = await asked
  if (!answer.headers['content-type']?.startsWith('text/event-stream')) return { status: answer.status, ...(JSON.parse(await answer.text()) as object) }
  let last = '{}'
  for await (const { data } of answer.events()) if (data !== '') last = data
  return { status: answer.status, ...(JSON.parse(last) as object) }
}

export type Message = RpcNotification & RpcResult

/** One subscription as its client sees it. */
export interface Listener {
  readonly answer: Answer
  /** The next message; undefined once the stream has ended. */
  next(): Promise<Message | undefined>
  /** What is still to come, up to the end of the stream. */
  rest(): Promise<Message[]>
}

/** Opens a subscription. */
export const listenTo = async (url: string, notifications: object, how?: ModernQuestion): Promise<Listener> => {
  const answer = await modern(url, 'subscriptions/listen', { notifications }, how)
  const events = answer.events()
  const next = async (): Promise<Message | undefined> => {
    const { value, done } = await events.next()
    return done ? undefined : (JSON.parse(value.data) as Message)
  }
  return {
    answer,
    next,
    rest: async () => {
      const messages: Message[] = []
      for (let message = await next(); message; message = await next()) messages.push(message)
      return messages
    },
  }
}

export type Ask = (method: string, params?: object) => Promise<Said>

/** Asks at one revision, whichever its era: in a session, where it has those. */
export const asker = async (url: string, version: string): Promise<Ask> => {
  if (version === MODERN) return (method, params) => heard(modern(url, method, params))
  const headers = await open(url, version)
  return (method, params) => heard(say(url, { headers, body: { jsonrpc: '2.0', id: 1, method, ...params && { params } } }))
}

export const callTool = (id: string | number, name: string, args: object = {}, meta?: object): object => ({
  jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, ...(meta && { _meta: meta }) },
})
