/** One server process: started, spoken to in lines, ended politely, then firmly (basic/transports/stdio#shutdown). */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Clock } from '../client/carrier.js'
import { BrokenStream } from '../protocol/errors.js'
import { limitsOf } from '../protocol/limits.js'
import { LineDecoder, LineNotUtf8, LineTooLong, MAX_LINE_BYTES } from '../wire/lines.js'

export interface Command {
  /** The program: a name looked for on the PATH, or a path. No shell is involved. */
  readonly command: string
  readonly args?: readonly string[]
  /**
   * Further variables of its environment. Of this process's own it inherits HOME, LANG, LC_ALL, LC_CTYPE, LOGNAME, PATH, SHELL, TERM, TMPDIR, TZ
   * and USER alone, so that no secret reaches a server by accident: what it needs is named here.
   */
  readonly env?: { readonly [name: string]: string }
  /** Its working directory. Default: this process's. */
  readonly cwd?: string
}

export interface ChildOptions {
  /** Each line it writes to standard error, which says nothing about success or failure. Default: only the last few are kept, for errors. */
  readonly onStderr?: (line: string) => void
  /** Longest line of its standard output, in bytes. Beyond it: `InvalidMessage` for the calls it may have answered. Default 64 MiB. */
  readonly maxLineBytes?: number
  /** How long it may take to exit once its input has ended, in milliseconds. Beyond it: SIGTERM. Default 2000. */
  readonly exitTimeoutMs?: number
  /** How long it may take to exit after SIGTERM, in milliseconds. Beyond it: SIGKILL. Default 2000. */
  readonly killTimeoutMs?: number
}

/** What holds of a process unless others are given. */
export const CHILD_LIMITS = { maxLineBytes: MAX_LINE_BYTES, exitTimeoutMs: 2000, killTimeoutMs: 2000 }

/** Thrown at the caller: the server process is gone, and with it whatever it had not answered. */
export class ServerExited extends BrokenStream {
  override readonly name = 'ServerExited'
  constructor(
    message: string,
    /** Absent when a signal ended it. */
    readonly exitCode: number | undefined,
    readonly signal: string | undefined,
    /** The last lines it wrote to standard error. */
    readonly stderr: readonly string[],
  ) {
    super(message)
  }
}

/** What is told of a child, in order; nothing after `gone`. */
export interface ChildEvents {
  line(text: string): void
  /** A line that could not be read. `LineTooLong`: it may have been an answer. */
  fault(error: LineTooLong | LineNotUtf8): void
  gone(error: Error): void
}

const INHERITED = ['HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'TZ', 'USER']
/** Lines of standard error kept, and how much of each. */
const KEPT_LINES = 20
const KEPT_LENGTH = 500
const MAX_STDERR_LINE = 65_536
/** How long what an ended process still had to say may take to arrive, in milliseconds: a process of its own may hold the pipe open. */
const DRAIN_MS = 500

/** What is safe to hand on. A value that begins with `()` is a shell function. */
export const safeEnv = (env: NodeJS.ProcessEnv = process.env): { [name: string]: string } =>
  Object.fromEntries(INHERITED.flatMap(name => (env[name] === undefined || env[name].startsWith('()') ? [] : [[name, env[name]]])))

export class Child {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #stderr: string[] = []
  readonly #gone: Promise<void>
  #left!: () => void
  #ended = false
  #closing = false
  #disarm: (() => void) | undefined

  constructor(
    { command, args = [], env, cwd }: Command,
    private readonly options: ChildOptions,
    private readonly clock: Clock,
    private readonly events: ChildEvents,
  ) {
    this.#gone = new Promise(resolve => (this.#left = resolve))
    this.#process = spawn(command, args, { env: { ...safeEnv(), ...env }, cwd, stdio: 'pipe', shell: false, windowsHide: true })
    const { stdin, stdout, stderr } = this.#process
    this.#process.on('error', error => this.#end(new Error(`cannot run ${JSON.stringify(command)}: ${error.message}`, { cause: error })))
    this.#process.on('exit', () => this.#arm(DRAIN_MS, () => this.#exited()))
    this.#process.on('close', () => this.#exited())
    this.#read(stdout, options.maxLineBytes ?? CHILD_LIMITS.maxLineBytes, line => events.line(line), error => events.fault(error))
    this.#read(stderr, MAX_STDERR_LINE, line => this.#heardAside(line), error => this.#heardAside(`(${error.message})`))
    // It may begin its own end by closing its output (#shutdown); whoever says nothing more can answer nothing.
    stdout.on('end', () => void this.close())
    // A write to a process that is going fails; that it went is told by its exit.
    stdin.on('error', () => {})
  }

  /** Writes one line; `done` once it has left, or could not. */
  write(line: string, done: (error?: Error | null) => void): void {
    this.#process.stdin.write(line, done)
  }

  /** Ends its input, and waits; then SIGTERM, and waits; then SIGKILL. Settles when it is gone, at the latest after twice `killTimeoutMs` more. */
  close(): Promise<void> {
    if (this.#closing || this.#ended) return this.#gone
    this.#closing = true
    const { exitTimeoutMs, killTimeoutMs } = limitsOf(CHILD_LIMITS, this.options)
    this.#process.stdin.end()
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return this.#gone
    this.#arm(exitTimeoutMs, () => {
      this.#process.kill('SIGTERM')
      this.#arm(killTimeoutMs, () => {
        this.#process.kill('SIGKILL')
        this.#arm(killTimeoutMs, () => this.#exited())
      })
    })
    return this.#gone
  }

  #read(stream: Readable, maxLineBytes: number, onLine: (line: string) => void, onFault: ChildEvents['fault']): void {
    const decoder = new LineDecoder({ maxLineBytes })
    const read = (run: () => readonly string[]): void => {
      let lines: readonly string[]
      try {
        lines = run()
      } catch (error) {
        if (!(error instanceof LineTooLong || error instanceof LineNotUtf8)) throw error
        lines = error.lines
        if (!this.#ended) onFault(error)
      }
      for (const line of lines) if (!this.#ended && line.trim() !== '') onLine(line)
    }
    stream.on('data', (chunk: Buffer) => read(() => decoder.feed(chunk)))
    stream.on('end', () => read(() => [decoder.end() ?? '']))
    stream.on('error', () => {})
  }

  #heardAside(line: string): void {
    this.#stderr.push(line.length > KEPT_LENGTH ? `${line.slice(0, KEPT_LENGTH)}…` : line)
    if (this.#stderr.length > KEPT_LINES) this.#stderr.shift()
    try {
      this.options.onStderr?.(line)
    } catch {
      // A listener's failure is its own.
    }
  }

  #exited(): void {
    const { exitCode, signalCode } = this.#process
    const how = exitCode !== null ? `exited with code ${exitCode}` : signalCode !== null ? `was ended by ${signalCode}` : 'closed its output'
    const last = this.#stderr.length === 0 ? '' : `; the last it wrote to standard error: ${this.#stderr.slice(-3).join(' | ')}`
    this.#end(new ServerExited(`the server ${how}${last}`, exitCode ?? undefined, signalCode ?? undefined, [...this.#stderr]))
  }

  #end(error: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#disarm?.()
    const { stdin, stdout, stderr } = this.#process
    for (const stream of [stdin, stdout, stderr]) stream.destroy()
    this.events.gone(error)
    this.#left()
  }

  #arm(ms: number, run: () => void): void {
    this.#disarm?.()
    this.#disarm = this.clock.after(ms, run, true)
  }
}
