/** A server on a pipe of lines: a program's standard input and output, or any pair of streams. */

import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { pipePeer, type OpenPipe, type PipePeer } from './pipe-peer.js'

const PATIENCE_MS = 1000
const KEPT = 500

/**
 * A peer behind a program, which is started without a shell by what is asked first. Closed by ending its input, then by SIGKILL after a second.
 * What is no line of JSON is shown as it is, and fits nothing; blank lines are passed over.
 */
export const stdioPeer = (command: string, args: readonly string[]): PipePeer => pipePeer('stdio', 'stdio:', programPipe(command, args))

/** A peer behind two streams, which `open` makes anew for each session: what is read, and what is written to. Closed likewise. */
export const linesPeer = (open: () => { readonly output: Readable; readonly input: Writable }): PipePeer =>
  pipePeer('stdio', 'stdio:', async ear => {
    const { output, input } = open()
    const gone = new Promise<void>(resolve => output.once('close', resolve).once('end', resolve))
    void gone.then(() => ear.gone(new Error('the output ended')))
    listen(output, ear.heard)
    return { ...sayingTo(input), close: () => ending(input, gone, () => output.destroy()) }
  })

const programPipe = (command: string, args: readonly string[]): OpenPipe => async ear => {
  const child = spawn(command, args, { stdio: 'pipe' })
  let aside = ''
  child.stdin.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => (aside = (aside + text).slice(-KEPT)))
  listen(child.stdout, ear.heard)
  const gone = new Promise<void>(resolve => {
    const end = (why: string): void => {
      ear.gone(new Error(aside === '' ? why : `${why}; the last it wrote to standard error: ${aside.trim()}`))
      resolve()
    }
    child.on('error', error => end(`cannot run ${JSON.stringify(command)}: ${error.message}`))
    child.on('close', (code, signal) => end(`the program ended with ${signal ?? `status ${code}`}`))
  })
  return { ...sayingTo(child.stdin), close: () => ending(child.stdin, gone, () => child.kill('SIGKILL')) }
}

/** Politely, then firmly. */
const ending = async (input: Writable, gone: Promise<void>, end: () => void): Promise<void> => {
  input.end()
  const clock = setTimeout(end, PATIENCE_MS)
  await gone
  clearTimeout(clock)
}

const sayingTo = (input: Writable) => ({
  // A line is a line: white space is all that a line break in JSON can be.
  say: (message: string): void => void input.write(`${message.replace(/[\r\n]+/g, ' ')}\n`),
  write: (text: string, end: boolean): void => {
    input.write(text)
    if (end) input.end()
  },
})

/** Lines end in LF alone; a CR, or half a line at the end, is part of what was said. */
const listen = (output: Readable, heard: (line: string) => void): void => {
  let rest = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line.trim() !== '') heard(line)
  }).on('end', () => rest !== '' && heard(rest))
}
