/** A client under test that is a program: told what to do in JSON lines on stdin, it answers on stdout (fixtures/README.md). */

import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ClientHandle, ClientUnderTest, Outcome, Told } from './driver.js'

export interface CommandOptions {
  /** How long the program may take to end once its stdin has, in milliseconds. Beyond it: killed, with what it started. Default 2000. */
  readonly graceMs?: number
}

/** One program per client: `command` is run by the shell, with the URL as its last argument, or `--` and the server's command. What it says on stderr is passed on. */
export const commandClient = (command: string, { graceMs = 2000 }: CommandOptions = {}): ClientUnderTest => ({
  start: async (target, heard) => new CommandHandle(`${command} ${typeof target === 'string' ? target : ['--', ...target.map(quoted)].join(' ')}`, heard, graceMs),
})

class CommandHandle implements ClientHandle {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(outcome: Outcome): void; reject(error: Error): void }>()
  readonly #gone: Promise<void>
  #fault: Error | undefined

  constructor(command: string, private readonly heard: (notification: unknown) => void, private readonly graceMs: number) {
    // A process group of its own, so that what the shell starts ends with it.
    this.#child = spawn(command, { shell: true, detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.stdin!.on('error', () => undefined)
    createInterface({ input: this.#child.stdout! }).on('line', line => this.#line(line))
    this.#gone = new Promise(resolve => {
      const gone = (error: Error): void => {
        this.#end(error)
        resolve()
      }
      this.#child.on('error', error => gone(new Error(`the command did not start: ${error.message}`)))
      this.#child.on('close', (code, signal) => gone(new Error(`the command ended with ${signal ?? `status ${code}`}`)))
    })
  }

  do(id: number, action: Told): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#fault) return reject(this.#fault)
      this.#waiting.set(id, { resolve, reject })
      this.#child.stdin!.write(`${JSON.stringify({ id, do: action })}\n`)
    })
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end()
    const clock = setTimeout(() => this.#kill(), this.graceMs)
    await this.#gone
    clearTimeout(clock)
  }

  #line(line: string): void {
    if (line.trim() === '') return
    const said = parse(line) as Line | undefined
    if (said?.heard !== undefined) return this.heard(said.heard)
    const waiting = typeof said?.id === 'number' ? this.#waiting.get(said.id) : undefined
    if (!waiting || (said?.result === undefined && typeof said?.error?.message !== 'string')) {
      const expected = '{"heard"}, or {"id", "result" or "error"} of what it was told'
      return this.#end(new Error(`the command said ${JSON.stringify(line.slice(0, 200))}; expected ${expected}`))
    }
    this.#waiting.delete(said!.id as number)
    waiting.resolve(said!.error === undefined ? { result: said!.result } : { error: said!.error })
  }

  /** Nothing more is to be expected of it. */
  #end(error: Error): void {
    this.#fault ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#fault)
    this.#waiting.clear()
  }

  #kill(): void {
    try {
      process.kill(-this.#child.pid!, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** What a line may hold. */
interface Line {
  readonly id?: unknown
  readonly heard?: unknown
  readonly result?: unknown
  readonly error?: { readonly message: string; readonly code?: number }
}

/** As a shell takes it for one word. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}
