/** Starts `subject.ts` with options of its own, and asks it things. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { HttpStats, ListenOptions } from '../../lib/server.js'

export interface Weight {
  /** Heap and what it holds outside, after a collection, in bytes. */
  readonly used: number
  readonly rss: number
}

export class Subject {
  readonly port: number
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    this.url = `http://127.0.0.1:${port}/mcp`
  }

  /** Lives until the test is over. */
  static async start(t: Pick<Test, 'teardown'>, options: ListenOptions = {}): Promise<Subject> {
    const child = fork(fileURLToPath(new URL('subject.js', import.meta.url)), [JSON.stringify(options)])
    t.teardown(() => child.kill('SIGKILL'))
    return new Subject(child, await answerOf(child) as number)
  }

  weigh(): Promise<Weight> {
    return this.ask('weigh') as Promise<Weight>
  }

  /** What nobody caught. */
  faults(): Promise<string[]> {
    return this.ask('faults') as Promise<string[]>
  }

  stats(): Promise<HttpStats> {
    return this.ask('stats') as Promise<HttpStats>
  }

  /** Ends it as nobody can see coming. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  /** @throws Error if the process ends instead */
  ask(job: string, argument?: number): Promise<unknown> {
    this.#child.send({ job, argument })
    return answerOf(this.#child)
  }
}

const answerOf = async (child: ChildProcess): Promise<unknown> => {
  const gone = new AbortController()
  const [said] = await Promise.race([
    once(child, 'message', gone),
    once(child, 'exit', gone).then(([code, signal]) => { throw new Error(`the server's process ended: ${code ?? signal}`) }),
  ]).finally(() => gone.abort()) as [{ answer: unknown }]
  return said.answer
}

export const MIB = 1024 * 1024
