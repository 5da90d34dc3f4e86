/**
 * The floor: the least a `node:http` server can do and still answer the bench's traffic. Parses the JSON, checks
 * nothing, answers the same JSON with one `writeHead` and one `end`; `spread` writes each event as it comes.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DONE, NOTES, PROTOCOL_VERSION, SERVER_INFO } from './traffic.js'

interface Asked {
  readonly id?: number
  readonly method: string
  readonly params: { readonly name: string; readonly arguments: { readonly text: string } }
}

const JSON_TYPE = 'application/json'
const SSE_TYPE = 'text/event-stream'

const result = (id: number | undefined, text: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } })
const opened = (id: number | undefined): string => JSON.stringify({
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

const burst = (res: ServerResponse, id: number | undefined): void => {
  let text = ''
  for (const note of NOTES) text += log(note)
  whole(res, SSE_TYPE, text + event(result(id, DONE)))
}

const spread = (res: ServerResponse, id: number | undefined): void => {
  let index = 0
  res.writeHead(200, ['Content-Type', SSE_TYPE])
  const step = (): void => {
    if (index === NOTES.length) return void res.end(event(result(id, DONE)))
    res.write(log(NOTES[index++]))
    setImmediate(step)
  }
  step()
}

const answer = (res: ServerResponse, body: Buffer): void => {
  const { id, method, params } = JSON.parse(body.toString()) as Asked
  if (method === 'initialize') whole(res, JSON_TYPE, opened(id))
  else if (method !== 'tools/call') res.writeHead(202).end()
  else if (params.name === 'burst') burst(res, id)
  else if (params.name === 'spread') spread(res, id)
  else whole(res, JSON_TYPE, result(id, params.arguments.text))
}

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => answer(res, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`))
