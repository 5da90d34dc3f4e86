/**
 * The load: raw sockets that each send a prepared request, wait for the end of its answer, and send the next.
 * It knows only as much HTTP as it takes to find that end, so that it costs little beside the server it drives.
 */
import { connect, type Socket } from 'node:net'
import type { Fields } from './post.js'

/** Ids count up from here and keep their seven digits, so that the same bytes carry the next one. */
const FIRST_ID = 1_000_000
/** How long a run may go on without any answer before it is given up. */
const STALL_MS = 10_000

export interface Request { readonly url: URL; readonly fields: Fields; readonly message: object }
/** A run ends at whichever comes first; requests in flight are waited for and counted. */
export interface Until { readonly requests?: number; readonly ms?: number }

/** A number of open connections. `open` them, `run` any number of times, `close`. */
export class Load {
  readonly #lines: Line[]
  #nextId = FIRST_ID

  private constructor(lines: Line[]) {
    this.#lines = lines
  }

  static async open(request: Request, connections: number): Promise<Load> {
    const bytes = prepare(request)
    return new Load(await Promise.all(Array.from({ length: connections }, () => Line.open(request.url, bytes))))
  }

  /** Keeps every connection busy until then. Returns the number of answers. @throws Error on any answer but 200, or none */
  run({ requests = Infinity, ms }: Until): Promise<number> {
    let done = 0
    let started = 0
    let heard = 0
    let over = false
    return new Promise<number>((resolve, reject) => {
      const clock = ms === undefined ? undefined : setTimeout(() => { over = true }, ms)
      const watch = setInterval(() => done === heard ? settle(new Error(`no answer for ${STALL_MS} ms`)) : heard = done, STALL_MS)
      const settle = (error?: Error): void => {
        clearTimeout(clock)
        clearInterval(watch)
        if (error) reject(error)
        else resolve(done)
      }
      const next = (line: Line): void => {
        if (!over && started < requests) {
          started++
          line.send(this.#nextId++)
        } else if (done === started) settle()
      }
      for (const line of this.#lines) {
        line.heard = () => { done++; next(line) }
        line.failed = settle
      }
      for (const line of this.#lines) next(line)
    })
  }

  close(): void {
    for (const line of this.#lines) line.close()
  }
}

/** One connection. Tells `heard` when an answer has ended, `failed` when none will come. */
class Line {
  heard: () => void = () => {}
  failed: (error: Error) => void = () => {}
  readonly #socket: Socket
  readonly #bytes: Buffer
  readonly #idAt: number
  /** Bytes of the body still to come; -1 while the head is incomplete, Infinity for a chunked body. */
  #left = -1
  #head = ''
  #tail = ''

  private constructor(socket: Socket, bytes: Buffer) {
    this.#socket = socket
    this.#bytes = Buffer.from(bytes)
    this.#idAt = bytes.lastIndexOf(String(FIRST_ID))
    socket.setNoDelay(true)
    socket.on('data', chunk => this.#hear(chunk))
    socket.on('error', error => this.failed(error))
    socket.on('close', () => this.failed(new Error('the server closed a connection')))
  }

  static open(url: URL, bytes: Buffer): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname, () => {
        socket.off('error', reject)
        resolve(new Line(socket, bytes))
      })
      socket.once('error', reject)
    })
  }

  send(id: number): void {
    this.#bytes.write(String(id), this.#idAt, 'latin1')
    this.#left = -1
    this.#head = ''
    this.#socket.write(this.#bytes)
  }

  close(): void {
    this.failed = () => {}
    this.#socket.destroy()
  }

  #hear(chunk: Buffer): void {
    let body = 0
    if (this.#left === -1) {
      this.#head += chunk.toString('latin1')
      const end = this.#head.indexOf('\r\n\r\n')
      if (end === -1) return
      if (!this.#head.startsWith('HTTP/1.1 200')) return this.failed(new Error(`expected 200, got ${this.#head}`))
      const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head.slice(0, end + 2))
      body = chunk.length - (this.#head.length - end - 4)
      this.#left = length ? Number(length[1]) : Infinity
      this.#tail = '\r\n'
    }
    if (this.#left !== Infinity) this.#left -= chunk.length - body
    else {
      // One answer at a time, and neither JSON nor an event ends like this: the last seven bytes tell.
      this.#tail = (this.#tail + chunk.toString('latin1', Math.max(body, chunk.length - 7))).slice(-7)
      if (this.#tail === '\r\n0\r\n\r\n') this.#left = 0
    }
    if (this.#left === 0) this.heard()
  }
}

/** The id goes last, where it is found again whatever else the request holds. */
const prepare = ({ url, fields, message }: Request): Buffer => {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message, id: FIRST_ID })
  const all = { Host: url.host, ...fields, 'Content-Length': Buffer.byteLength(body) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from(`POST ${url.pathname} HTTP/1.1\r\n${lines}\r\n${body}`)
}
