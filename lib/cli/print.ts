/** What a person sees of a call: each notification the moment it comes, a progress bar on a terminal, nothing that could steer the terminal. */
import { isLevel, LEVELS, type Level } from '../wire/levels.js'

/** Where lines go: a terminal has colours and a bar, a pipe has neither. */
export interface Screen {
  readonly colour: boolean
  readonly bar: boolean
  write(text: string): void
}

/** `stream` as a screen. `NO_COLOR` and `TERM=dumb` are obeyed. */
export const screenOf = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Screen => {
  const terminal = stream.isTTY === true && env.TERM !== 'dumb'
  return { colour: terminal && !env.NO_COLOR, bar: terminal, write: text => void stream.write(text) }
}

const PAINT: { readonly [L in Level]: string } = {
  debug: '90', info: '36', notice: '32', warning: '33', error: '31', critical: '1;31', alert: '1;35', emergency: '1;37;41',
}
const WIDTH = Math.max(...LEVELS.map(level => level.length))

/** C0, DEL and C1 controls and the marks that turn text around: shown as escapes, so that what a server sends stays text. */
export const harmless = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

interface Note {
  readonly method: string
  readonly params?: object | undefined
}
type Members = { readonly [name: string]: unknown }

/** One line a notification, with the milliseconds since `startMs`; progress moves a bar instead. */
export class CallPrinter {
  #bar = ''

  constructor(private readonly screen: Screen, private readonly startMs: number, private readonly nowMs: () => number = () => performance.now()) {}

  print({ method, params = {} }: Note): void {
    if (method === 'notifications/message') return this.#line(this.#entry(params as Members))
    if (method === 'notifications/progress') return this.#progress(params as Members)
    this.#line(`${this.#clock()} ${harmless(method)} ${harmless(JSON.stringify(params))}`)
  }

  /** A state of the task that the call goes on as. */
  task({ taskId, status, statusMessage }: { readonly taskId: string; readonly status: string; readonly statusMessage?: string }): void {
    this.#line(`${this.#clock()}  task ${harmless(taskId)} ${status}${statusMessage === undefined ? '' : `: ${harmless(statusMessage)}`}`)
  }

  /** A line that is nothing of the protocol's, as it is. */
  aside(text: string): void {
    this.#line(text)
  }

  /** Takes the bar away: what follows is the result, or a question. */
  end(): void {
    if (this.#bar !== '') this.screen.write(`\r\u001b[K`)
    this.#bar = ''
  }

  #entry({ level, logger, data }: Members): string {
    const name = harmless(String(level)).padEnd(WIDTH)
    const shown = this.screen.colour && isLevel(level) ? `\u001b[${PAINT[level]}m${name}\u001b[0m` : name
    const from = logger === undefined ? '' : `${harmless(String(logger))}  `
    return `${this.#clock()}  ${shown}  ${from}${harmless(typeof data === 'string' ? data : JSON.stringify(data))}`
  }

  #progress({ progress, total }: Members): void {
    if (!this.screen.bar || typeof progress !== 'number') return
    const part = typeof total === 'number' && total > 0 ? Math.min(1, progress / total) : undefined
    const cells = 30
    const filled = Math.round((part ?? 0) * cells)
    this.#bar = part === undefined ? `${progress}` : `[${'#'.repeat(filled)}${'.'.repeat(cells - filled)}] ${progress}/${String(total)}`
    this.screen.write(`\r\u001b[K${this.#bar}`)
  }

  #line(text: string): void {
    this.screen.write(this.#bar === '' ? `${text}\n` : `\r\u001b[K${text}\n${this.#bar}`)
  }

  #clock(): string {
    return `+${Math.round(this.nowMs() - this.startMs)} ms`.padStart(9)
  }
}
