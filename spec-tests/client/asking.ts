/** A server that asks one thing of the client, on the stream of a call. */
import type { Test } from 'tap'
import type { Answerers, ClientEvents } from '../../lib/client.js'
import { type Arrived, DONE, open, scripted, TestClock } from './scripted.js'

export const question = (method: string, params?: object): object => ({ jsonrpc: '2.0', id: `q:${method}`, method, ...(params && { params }) })
export const SAMPLE = { messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }], maxTokens: 5 }

/** Asks one thing on the call's own stream, and ends the call with what was answered. */
export const asking = async (t: Test, asked: object, answers: Answerers, events: ClientEvents = {}): Promise<{ answer: Arrived; capabilities: unknown }> => {
  let call!: Arrived
  const server = await scripted(t, {
    'tools/call': arrived => {
      call = arrived
      arrived.event(asked)
    },
    response: arrived => {
      arrived.res.writeHead(202).end()
      call.finish(DONE)
    },
  })
  const client = await open(t, server.url, new TestClock(), { answers, events, listen: false })
  await client.callTool('ask').result
  return { answer: await server.until(({ message, verb }) => verb === 'POST' && message.method === undefined), capabilities: server.arrived[0]!.message.params!.capabilities }
}
