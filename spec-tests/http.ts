/** A hand that speaks HTTP for tests: one request, its answer whole or event by event. */
import { request as send, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { SseDecoder, type SseEvent } from '../lib/wire/sse.js'

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
  readonly headers?: { readonly [name: string]: string }
  readonly body?: unknown
}

export const say = (url: string, { method = 'POST', headers = {}, body }: Question = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const given = { accept: 'application/json, text/event-stream', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }
    const req = send(url, { method, headers: given, agent: false }, (res: IncomingMessage) => {
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

export const callTool = (id: string | number, name: string, args: object = {}, meta?: object): object => ({
  jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, ...(meta && { _meta: meta }) },
})
