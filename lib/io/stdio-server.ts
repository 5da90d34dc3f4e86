/** serveStdio(): a server on standard input and output, or on any pair of byte streams. Lines in, lines out. */
import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../client/carrier.js'
import { CODES, Refusal } from '../protocol/errors.js'
import { limitsOf } from '../protocol/limits.js'
import type { Server } from '../server/server.js'
import { encodeLine, LineDecoder, LineNotUtf8, LineTooLong } from '../wire/lines.js'
import { clock as systemClock } from './clock.js'
import { equip } from './equip.js'
import { Pipe, pipeOptions, type Mouth, type PipeLimits } from './pipe.js'
import { guardStdout } from './stdout-guard.js'

export interface StdioOptions extends PipeLimits {
  /** Where lines come from. Default: standard input. A socket, or any duplex stream, may be both. */
  readonly input?: Readable
  /** Where lines go. Default: standard output. One that is given is ended when serving is over. */
  readonly output?: Writable
  /** Longest line, in bytes. Beyond it: -32600, and the line is skipped. Default 4 MiB. */
  readonly maxLineBytes?: number
  /** How long what is in flight may go on once the input has ended, in milliseconds. Beyond it: it is cancelled. Default 5000. */
  readonly graceMs?: number
  /** False: leaves `process.stdout.write` alone. Default true: what the application writes there goes to standard error, and that is said once. */
  readonly guardStdout?: boolean
  readonly clock?: Clock
}

/** What holds of a pipe's lines unless others are given. */
export const STDIO_LIMITS = { maxLineBytes: 4 * 1024 * 1024, graceMs: 5000 }

export interface StdioStats {
  /** Requests that are being answered. */
  readonly inFlight: number
  /** Notifications that a slow reader missed. */
  readonly dropped: number
}

export interface StdioServing {
  /**
   * Settles when serving is over: the input has ended, the output broke, or `close` was called. Never rejects.
   * A process that nothing else keeps alive ends by itself then; one with timers or connections of its own should end here, as
   * 2026-07-28/basic/transports/stdio#shutdown asks: `serveStdio(server).closed.then(() => process.exit())`.
   */
  readonly closed: Promise<void>
  stats(): StdioStats
  /** Reads no more, ends subscriptions, lets what runs finish for `graceMs` (default: the option's), cancels the rest. */
  close(options?: { readonly graceMs?: number }): Promise<void>
}

const STRAY = 'mcpwire: something wrote to standard output, which carries messages alone; it goes to standard error from here on\n'

/**
 * Serves every revision on one pipe: each line is taken by what it says, so sessions and requests that need none may be mixed.
 * @throws TypeError if standard output serves already
 */
export const serveStdio = (server: Server, options: StdioOptions = {}): StdioServing => {
  const { input = process.stdin, clock = systemClock } = options
  const { maxLineBytes, graceMs } = limitsOf(STDIO_LIMITS, options)
  equip(server)
  const guard = options.output === undefined && options.guardStdout !== false ? guardStdout(() => process.stderr.write(STRAY)) : undefined
  const output = options.output ?? process.stdout
  const write = guard ? guard.write : (text: string, done?: () => void) => output.write(text, done)
  const mouth: Mouth = {
    say: json => write(encodeLine(json)),
    get queued() {
      return output.writableLength
    },
  }
  const pipe = new Pipe(server, pipeOptions(server.revisions, options), mouth, { clock, newId: randomUUID })
  const decoder = new LineDecoder({ maxLineBytes })

  const hear = (lines: readonly string[]): void => {
    // A blank line says nothing, and is no message.
    for (const line of lines) if (line.trim() !== '') pipe.hear(line)
    // Whoever does not read is not read: its answers would pile up.
    if (pipe.full) input.pause()
  }
  const onData = (chunk: Buffer | string): void => hear(decoded(() => decoder.feed(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)))
  const decoded = (run: () => readonly string[]): readonly string[] => {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof LineTooLong || error instanceof LineNotUtf8)) throw error
      const code = error instanceof LineTooLong ? CODES.invalidRequest : CODES.parseError
      pipe.refuse(new Refusal(400, code, error.message, { clause: 'basic/transports/stdio' }))
      return error.lines
    }
  }
  const onEnd = (): void => {
    // Half a message never parses; a whole one that lacks its line feed alone is taken.
    hear(decoded(() => [decoder.end() ?? '']))
    void finish(graceMs, 'the input has ended')
  }
  const onDrain = (): void => {
    pipe.drained()
    input.resume()
  }
  const onGone = (): void => void finish(0, 'the output is closed')

  let finishing: Promise<void> | undefined
  const finish = (withinMs: number, why: string): Promise<void> => {
    if (withinMs === 0) pipe.end(why)
    finishing ??= over(withinMs, why)
    return finishing
  }
  const over = async (withinMs: number, why: string): Promise<void> => {
    input.off('data', onData).off('end', onEnd).off('close', onEnd).pause()
    await pipe.finish(withinMs, why)
    await flushed(withinMs)
    output.off('drain', onDrain).off('close', onGone)
    guard?.release()
    if (options.output) output.end()
    settle()
  }
  /** What was said has left, unless nobody reads. */
  const flushed = (withinMs: number): Promise<void> => new Promise(resolve => {
    if (!output.writable) return resolve()
    const disarm = clock.after(withinMs, resolve, true)
    write('', () => {
      disarm()
      resolve()
    })
  })

  let settle!: () => void
  const closed = new Promise<void>(resolve => (settle = resolve))
  input.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd)
  // Stays: a pipe that broke may say so more than once, and an error without a listener ends the process.
  output.on('drain', onDrain).on('close', onGone).on('error', onGone)
  setImmediate(() => void server.warm())
  return {
    closed,
    stats: () => ({ inFlight: pipe.inFlight.size, dropped: pipe.dropped }),
    close: ({ graceMs: withinMs = graceMs } = {}) => finish(withinMs, 'the server is shutting down'),
  }
}
