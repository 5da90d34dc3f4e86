/**
 * The floor: the least a `node:http` server can do and still answer the bench's traffic. Parses the JSON, checks
 * nothing, answers the same JSON with one `writeHead` and one `end`; `spread` writes each event as it comes.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DONE, NOTES, PROTOCOL_VERSION, SERVER_INFO, SUBSCRIPTION_ID } from './traffic.js'

interface Asked {
  readonly id?: number
  readonly method: string
  readonly params: { readonly name: string; readonly arguments: { readonly text: string }; readonly _meta?: object }
}
type Id = Asked['id']

const JSON_TYPE = 'application/json'
const SSE_TYPE = 'text/event-stream'

const result = (id: Id, text: string, modern: boolean): string => {
  const content = [{ type: 'text', text }]
  const said = modern ? { resultType: 'complete', content, _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO } } : { content }
  return JSON.stringify({ jsonrpc: '2.0', id, result: said })
}
const opened = (id: Id): string => JSON.stringify({
  jsonrpc: '2.0',
  id,
  result: { protocolVersion: PROTOCOL_VERSION, capabilities: { tools: {}, logging: {} }, serverInfo: SERVER_INFO },
})
const event = (message: string): string => `event: message\ndata: ${message}\n\n`
const log = (data: unknown): string =>
  event(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } }))

const whole = (res: ServerResponse, type: string, text: string): void => {
  res.writeHead(200, ['Content-Type', type, 'Content-Length', String(Buffer.byteLength(text)), 'Mcp-Session-Id', 'floor'])
  res.end(text)
}

const burst = (res: ServerResponse, id: Id, modern: boolean): void => {
  let text = ''
  for (const note of NOTES) text += log(note)
  whole(res, SSE_TYPE, text + event(result(id, DONE, modern)))
}

const spread = (res: ServerResponse, id: Id, modern: boolean): void => {
  let index = 0
  res.writeHead(200, ['Content-Type', SSE_TYPE])
  const step = (): void => {
    if (index === NOTES.length) return void res.end(event(result(id, DONE, modern)))
    res.write(log(NOTES[index++]))
    setImmediate(step)
  }
  step()
}

const answer = (res: ServerResponse, body: Buffer): void => {
  const { id, method, params } = JSON.parse(body.toString()) as Asked
  const modern = params?._meta !== undefined
  if (method === 'initialize') whole(res, JSON_TYPE, opened(id))
  else if (method === 'subscriptions/listen') {
    listen(res, event(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { notifications: {}, _meta: { [SUBSCRIPTION_ID]: id } } })))
  } else if (method !== 'tools/call') res.writeHead(202).end()
  else if (params.name === 'burst') burst(res, id, modern)
  else if (params.name === 'spread') spread(res, id, modern)
  else whole(res, JSON_TYPE, result(id, params.arguments.text, modern))
}

/** Streams on which nothing happens. */
const idle = new Set<ServerResponse>()
const listen = (res: ServerResponse, first: string): void => {
  idle.add(res)
  res.on('close', () => idle.delete(res))
  res.writeHead(200, ['Content-Type', SSE_TYPE])
  res.write(first)
}

const server = createServer((req, res) => {
  if (req.method === 'GET') return listen(res, event(''))
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => answer(res, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`))
