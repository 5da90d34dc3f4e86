/** A server of HTTP+SSE for a client under test: each stream has an endpoint of its own, and what answers a POST goes to its stream. */

import { encodeData, encodeEvent, SseDecoder } from '../wire/sse.js'
import type { Answer } from './answer.js'
import { arrivalsOf, describe, listenOn, type Listen, type Outlet } from './arrivals.js'
import type { ClientCase, ClientStep } from './case.js'
import { shorten } from './heard.js'
import { isFor } from './load.js'

/** Every POST to an endpoint is answered 202, any other 405. Of what a step replies, only the messages are said. */
export const listenForPosts: Listen = (onArrival, onChange, transcript) => {
  const outlets: Outlet[] = []
  let count = 0
  return listenOn('/sse', (req, res, text) => {
    if (req.method === 'GET') {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.write(encodeEvent({ event: 'endpoint', data: `/messages?stream=${outlets.length}` }))
      outlets.push(outletOf(event => void res.write(event), () => res.destroyed))
      res.on('close', onChange)
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

const outletOf = (write: (event: string) => void, isOver: () => boolean): Outlet => ({
  isBegun: false,
  get isOver() {
    return isOver()
  },
  gone: undefined,
  say: answer => {
    const messages = messagesOf(answer)
    for (const message of messages) write(`event: message\n${encodeData(message)}`)
    return messages.map(shorten).join('\n')
  },
})

const messagesOf = ({ fields, text }: Answer): readonly string[] => {
  if (text === '') return []
  if (!fields.includes('text/event-stream')) return [text]
  return new SseDecoder().feed(text).map(({ data }) => data).filter(data => data !== '')
}

/** Why a case cannot be played over HTTP+SSE; undefined where it can. */
export const whyNotPosted = (one: ClientCase): string | undefined => {
  const { serving = {} } = one
  const isAboutHttp = !isFor(one, 'http-sse') || 'get' in serving || 'delete' in serving || serving.session !== undefined || one.steps.some(isOfHttp)
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
