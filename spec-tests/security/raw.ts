/** A hand that writes bytes to a socket: for what no HTTP client would send. */
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  /** Head and body as they came. */
  readonly text: string
  readonly head: string
  readonly body: string
}

/** A connection that was made. Errors of it are its end. */
export const dial = (port: number): Promise<Socket> => new Promise((resolve, reject) => {
  const socket = connect(port, '127.0.0.1')
  socket.once('error', reject).once('connect', () => {
    socket.off('error', reject).on('error', () => {})
    resolve(socket)
  })
})

/** Everything a connection still says until it ends, either way. */
export const rest = (socket: Socket): Promise<string> => new Promise(resolve => {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk)).on('close', () => resolve(text))
})

/** The first whole answer in what came, if it is there. */
export const firstAnswer = (text: string): RawAnswer | undefined => {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = text.slice(0, end)
  const status = Number(head.slice(9, 12))
  if (status < 200) return firstAnswer(text.slice(end + 4))
  const tail = text.slice(end + 4)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return tail.length < Number(length) ? undefined : { status, text, head, body: tail.slice(0, Number(length)) }
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return tail.endsWith('0\r\n\r\n') ? { status, text, head, body: tail } : undefined
  return status === 204 || status === 304 ? { status, text, head, body: '' } : undefined
}

/** Writes these bytes and settles with the first answer, or, if the connection ends without one, with status 0 and what there was. */
export const raw = async (port: number, bytes: string | Buffer, { end = false } = {}): Promise<RawAnswer> => {
  const socket = await dial(port)
  const answer = new Promise<RawAnswer>(resolve => {
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      const whole = firstAnswer(text)
      if (whole) resolve(whole)
    }).on('close', () => resolve({ status: 0, text, head: text, body: '' }))
  })
  if (end) socket.end(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  else socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  const said = await answer
  socket.destroy()
  return said
}

/** A request as text: lines of the head in order, then the body with its length, unless a line says otherwise. */
export const asText = (line: string, fields: readonly (readonly [string, string])[], body?: string): string => {
  const sized = body === undefined || fields.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name)) ? fields : [...fields, ['Content-Length', String(Buffer.byteLength(body))] as const]
  return `${line} HTTP/1.1\r\n${sized.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${Buffer.from(body ?? '').toString('latin1')}`
}

/** What every answer that is no success must be: JSON-RPC, with words. */
export const isRefusal = ({ body }: { readonly body: string }): boolean => {
  try {
    const { jsonrpc, error } = JSON.parse(body) as { jsonrpc: unknown; error: { code: unknown; message: unknown } }
    return jsonrpc === '2.0' && Number.isInteger(error.code) && typeof error.message === 'string' && error.message.length > 10
  } catch {
    return false
  }
}
