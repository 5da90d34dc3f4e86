/** A server that speaks HTTP+SSE of 2024-11-05, as a peer on a pipe: 2024-11-05/basic/transports#http-with-sse. */

import { SseDecoder } from '../wire/sse.js'
import { socketPeer, type PeerReply } from './peer.js'
import { pipePeer, type OpenPipe, type PipePeer } from './pipe-peer.js'

/**
 * A peer at the URL of its stream, opened by what is asked first. Messages are posted one after the other where the `endpoint` event says;
 * what a POST that is refused says instead is heard like what the stream says. Hanging up ends the session.
 * @throws TypeError when the URL is neither http nor https
 */
export const ssePeer = (url: string | URL): PipePeer => {
  const http = socketPeer(url)
  const open: OpenPipe = async ear => {
    const leaving = new AbortController()
    const stream = await http.request({ method: 'GET', fields: [['Accept', 'text/event-stream']] }, leaving.signal)
    if (stream.status !== 200) throw new Error(`GET was answered ${stream.status}; expected the event stream of HTTP+SSE`)
    let posting = Promise.resolve()
    const endpoint = await readStream(stream, ear.heard, why => ear.gone(why))
    const post = async (body: string): Promise<void> => {
      const reply = await http.request({ method: 'POST', path: endpoint, fields: [['Content-Type', 'application/json']], body }, leaving.signal)
      const text = await whole(reply)
      if (reply.status >= 400) ear.heard(text === '' ? `HTTP ${reply.status}` : text)
    }
    return {
      say: message => void (posting = posting.then(() => post(message)).catch((why: Error) => ear.gone(why))),
      close: async () => {
        // What was cut off on the way to the server would be an error of ours, and not of the server's.
        await posting
        stream.close()
        leaving.abort()
      },
    }
  }
  return pipePeer('http-sse', http.origin, open, http)
}

/** Hears the stream in the background. Settles with what the endpoint event says. @throws Error for a stream that ends before, or begins otherwise */
const readStream = (stream: PeerReply, heard: (message: string) => void, gone: (why: Error) => void): Promise<string> =>
  new Promise((resolve, reject) => {
    let endpoint: string | undefined
    const read = async (): Promise<never> => {
      const decoder = new SseDecoder()
      for await (const chunk of stream.chunks) {
        for (const { event, data } of decoder.feed(chunk)) {
          if (endpoint !== undefined) heard(event === 'message' ? data : `event ${event}: ${data}`)
          else if (event === 'endpoint') resolve(endpoint = data)
          else throw new Error(`the stream began with an event ${JSON.stringify(event)}; expected endpoint`)
        }
      }
      throw new Error(endpoint === undefined ? 'the stream ended before the endpoint event' : 'the stream ended')
    }
    read().catch((why: Error) => {
      stream.close()
      reject(why)
      gone(why)
    })
  })

const whole = async ({ chunks }: PeerReply): Promise<string> => {
  let text = ''
  for await (const chunk of chunks) text += chunk
  return text
}
