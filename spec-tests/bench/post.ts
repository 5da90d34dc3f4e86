/** One POST, read whole and decoded, for the openings and checks around a measurement; never inside one. */
import { request } from 'node:http'
import { text as readText } from 'node:stream/consumers'

export type Fields = Readonly<Record<string, string>>

/** As much of a JSON-RPC message as the checks look at. */
interface Message {
  readonly method?: string
  readonly params?: { readonly data?: unknown }
  readonly result?: { readonly content?: readonly { readonly text?: string }[] }
}
export interface Heard {
  readonly status: number
  readonly fields: Readonly<Record<string, string | undefined>>
  readonly text: string
  /** The JSON body, or the data of each event of a stream that has any. */
  readonly messages: readonly Message[]
}

export const post = (url: URL, fields: Fields, message: object): Promise<Heard> => new Promise((resolve, reject) => {
  const body = JSON.stringify(message)
  const sent = request(url, { method: 'POST', agent: false, headers: { ...fields, 'Content-Length': Buffer.byteLength(body) } }, answer => {
    readText(answer).then(text => resolve({
      status: answer.statusCode ?? 0,
      fields: answer.headers as Heard['fields'],
      text,
      messages: parse(text, String(answer.headers['content-type'])),
    })).catch(reject)
  })
  sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer from ${url.href} for 10 s`)))
  sent.on('error', reject)
  sent.end(body)
})

const parse = (text: string, type: string): Message[] => type.startsWith('text/event-stream')
  ? [...text.matchAll(/^data: ?(\S.*)$/gm)].map(([, data]) => JSON.parse(data!) as Message)
  : type.startsWith('application/json') ? [JSON.parse(text) as Message] : []
