/** A server program under measure: starts it, knows its URL, asks its CPU time, ends it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROBE = new URL('probe.js', import.meta.url).href
const START_MS = 10_000

export class Peer {
  readonly url: URL
  /** From the start of the process to its URL on stdout, in milliseconds. */
  readonly startMs: number
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(child: ChildProcess, ended: Promise<unknown>, url: URL, startMs: number) {
    this.#child = child
    this.#ended = ended
    this.url = url
    this.startMs = startMs
  }

  /**
   * Starts a program of this folder, by its name. `probed: false` starts it bare, to time the start alone.
   * @throws Error if it prints no URL within 10 s
   */
  static start(name: string, { probed = true } = {}): Promise<Peer> {
    const program = fileURLToPath(new URL(`${name}.js`, import.meta.url))
    const begun = performance.now()
    const child = spawn(process.execPath, [...probed ? ['--import', PROBE] : [], program], {
      stdio: ['ignore', 'pipe', 'inherit', ...probed ? ['ipc' as const] : []],
    })
    const ended = once(child, 'exit')
    return new Promise((resolve, reject) => {
      let said = ''
      const fail = (why: string): void => {
        clearTimeout(clock)
        child.kill('SIGKILL')
        reject(new Error(`${program} ${why}; it printed ${JSON.stringify(said)}`))
      }
      const clock = setTimeout(() => fail(`printed no URL within ${START_MS} ms`), START_MS)
      const hear = (chunk: Buffer): void => {
        said += chunk.toString()
        const url = /http:\/\/\S+(?=\s)/.exec(said)?.[0]
        if (url === undefined) return
        const startMs = performance.now() - begun
        clearTimeout(clock)
        child.stdout!.off('data', hear).resume()
        resolve(new Peer(child, ended, new URL(url), startMs))
      }
      child.stdout!.on('data', hear)
      ended.then(() => fail('ended before it printed a URL'), reject)
    })
  }

  /** CPU time used so far, user and system, all threads, in microseconds. */
  async cpu(): Promise<number> {
    this.#child.send('cpu')
    return (await once(this.#child, 'message'))[0] as number
  }

  /** Bytes of heap in use after a collection. */
  async heap(): Promise<number> {
    this.#child.send('heap')
    return (await once(this.#child, 'message'))[0] as number
  }

  /** Bytes of resident memory after a collection. */
  async rss(): Promise<number> {
    this.#child.send('rss')
    return (await once(this.#child, 'message'))[0] as number
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
