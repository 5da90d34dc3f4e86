/** Our client behind a proxy that spoils one thing: a client that is wrong in one way. */

import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ClientUnderTest } from '../../lib/replay/driver.js'
import { ourClient } from './our-client.js'

/** What a client sends. */
export interface Sent {
  verb: string
  readonly fields: Record<string, string>
  text: string
}
export type Body = Record<string, unknown> & { params?: Record<string, unknown> }
/** Changes what is sent, or answers it itself by a status, so that it never arrives. */
export type Spoil = (sent: Sent, body: Body | undefined) => number | undefined
export interface Fault {
  readonly out?: Spoil
  /** Changes what is heard. */
  readonly in?: (text: string) => string
  /** A method that is sent twice. */
  readonly twice?: string
  /** It never hangs up. */
  readonly clings?: true
}

/** Our client, but for its fault. */
export const clientWith = (fault: Fault): ClientUnderTest => ({
  async start(target, heard) {
    const url = String(target)
    const proxy = createServer((req, res) => void relay(url, fault, req, res))
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const handle = await ourClient.start(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/mcp`, heard)
    return {
      do: (id, action) => handle.do(id, action),
      async stop() {
        await handle.stop()
        proxy.close()
        proxy.closeAllConnections()
      },
    }
  },
})

const relay = async (url: string, fault: Fault, req: IncomingMessage, res: ServerResponse): Promise<void> => {
  let text = ''
  for await (const chunk of req.setEncoding('utf8')) text += chunk as string
  const fields = { ...(req.headers as Record<string, string>) }
  const body = text ? JSON.parse(text) as Body : undefined
  const sent: Sent = { verb: req.method!, fields, text }
  const status = fault.out?.(sent, body)
  if (status !== undefined) return void res.writeHead(status).end()
  if (body && sent.text === text) sent.text = JSON.stringify(body)
  delete fields['content-length']
  delete fields['host']
  delete fields['transfer-encoding']
  const send = (heard: (reply: IncomingMessage) => void): void => {
    const outgoing = request(url, { method: sent.verb, headers: fields, agent: false }, heard)
    outgoing.on('error', () => res.destroy())
    if (!fault.clings) res.on('close', () => outgoing.destroy())
    outgoing.end(sent.text)
  }
  if (fault.twice !== undefined && body?.['method'] === fault.twice) send(reply => void reply.resume())
  send(reply => {
    res.writeHead(reply.statusCode!, reply.headers)
    res.flushHeaders()
    reply.setEncoding('utf8').on('data', (chunk: string) => res.write(fault.in ? fault.in(chunk) : chunk))
    reply.on('end', () => res.end()).on('error', () => res.destroy())
  })
}

/** Spoils what fits. */
export const where = (fits: (sent: Sent, body: Body | undefined) => boolean, how: (sent: Sent, body: Body) => number | void): Spoil =>
  (sent, body) => fits(sent, body) ? how(sent, body!) ?? undefined : undefined
export const method = (name: string) => (_: Sent, body: Body | undefined): boolean => body?.['method'] === name
export const response = (_: Sent, body: Body | undefined): boolean => body !== undefined && !('method' in body)
export const resuming = ({ fields }: Sent): boolean => 'last-event-id' in fields
export const drop = (name: string) => ({ fields }: Sent): void => void delete fields[name]
export const set = (name: string, value: string) => ({ fields }: Sent): void => void (fields[name] = value)
/** The second and later of those that fit. */
export const later = (fits: ReturnType<typeof method>): ReturnType<typeof method> => {
  let count = 0
  return (sent, body) => fits(sent, body) && count++ > 0
}
