/** Servers on a pipe for a client under test, over lines and over HTTP+SSE: what answers an arrival goes down the one pipe it came by. */

import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { encodeData, encodeEvent, SseDecoder } from '../wire/sse.js'
import type { Answer } from './answer.js'
import { arrivalsOf, describe, listenOn, type Listen, type Outlet } from './arrivals.js'
import type { ClientCase, ClientStep } from './client-steps.js'
import { shorten } from './heard.js'
import { isFor, type Binding } from './load.js'

/** HTTP+SSE: each stream has an endpoint of its own. A POST to one is answered 202, any other 405. */
export const listenForPosts: Listen = (onArrival, _, transcript) => {
  const outlets: Outlet[] = []
  let count = 0
  return listenOn('/sse', (req, res, text) => {
    if (req.method === 'GET') {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.write(encodeEvent({ event: 'endpoint', data: `/messages?stream=${outlets.length}` }))
      outlets.push(outletOf(message => void res.write(`event: message\n${encodeData(message)}`), () => res.destroyed))
      return
    }
    const outlet = outlets[Number(/^\/messages\?stream=(\d+)$/.exec(req.url!)?.[1])]
    res.writeHead(outlet ? 202 : 405).end()
    if (!outlet) return
    for (const seen of arrivalsOf(req, text)) {
      const name = String(++count)
      transcript.push({ by: 'peer', exchange: name, text: describe(req, text) })
      onArrival({ seen, atMs: performance.now(), outlet, name })
    }
  })
}

const BRIDGE = fileURLToPath(new URL('line-bridge.js', import.meta.url))

/** Lines: the client is given the command of a program whose standard streams lead here. */
export const listenForLines: Listen = async (onArrival, _, transcript) => {
  let count = 0
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    const outlet = outletOf(message => void socket.write(`${message}\n`), () => socket.destroyed)
    createInterface({ input: socket }).on('line', line => {
      for (const seen of arrivalsOf({ method: 'POST', url: '', headersDistinct: {} }, line)) {
        const name = String(++count)
        transcript.push({ by: 'peer', exchange: name, text: shorten(line) })
        onArrival({ seen, atMs: performance.now(), outlet, name })
      }
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    target: [process.execPath, BRIDGE, String((server.address() as AddressInfo).port)],
    close: () => new Promise(resolve => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    }),
  }
}

/** Of what a step replies, only the messages are said. */
const outletOf = (say: (message: string) => void, isOver: () => boolean): Outlet => ({
  isBegun: false,
  get isOver() {
    return isOver()
  },
  gone: undefined,
  say: answer => {
    const messages = messagesOf(answer)
    messages.forEach(say)
    return messages.map(shorten).join('\n')
  },
})

const messagesOf = ({ fields, text }: Answer): readonly string[] => {
  if (text === '') return []
  if (!fields.includes('text/event-stream')) return [text]
  return new SseDecoder().feed(text).map(({ data }) => data).filter(data => data !== '')
}

/** Why a client case cannot be played on a pipe; undefined where it can. */
export const whyNotAsked = (one: ClientCase, binding: Binding): string | undefined => {
  const { serving = {} } = one
  const isAboutHttp = !isFor(one, binding) || 'get' in serving || 'delete' in serving || serving.session !== undefined || one.steps.some(isOfHttp)
  return isAboutHttp ? one.because ?? 'it is about Streamable HTTP' : undefined
}

const VERBS = ['GET', 'DELETE', 'POST', 'resume']
const isOfHttp = (step: ClientStep): boolean => {
  if ('gone' in step) return true
  if ('arrives' in step) return step.fields !== undefined || VERBS.includes(step.arrives) || step.no_sooner_than_ms !== undefined
  if ('seen' in step) return /"(fields|path)":/.test(JSON.stringify(step))
  if (!('reply' in step)) return false
  const { status = 200, fields, events = [], body, end } = step.reply
  return status > 202 || fields !== undefined || body !== undefined || end === 'break' || events.some(event => !('say' in event) || 'id' in event || 'retry' in event)
}
