/**
 * The job every pair does: `process_files`, one info notification per file and then a result. A server within this
 * process holds each step back until the client has heard the one before, so that "one by one" is shown without a clock.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Until } from './until.js'

export const TOOL = 'process_files'
export const INPUT_SCHEMA = {
  type: 'object',
  required: ['paths'],
  properties: { paths: { type: 'array', items: { type: 'string' } }, delayMs: { type: 'integer' } },
} as const

export interface Job {
  readonly paths: readonly string[]
  /** Pause between files, for a server that cannot be held back because it is another process. */
  readonly delayMs: number
}

/** The data of one file's notification. */
export interface Facts {
  readonly file: string
  readonly bytes: number
  readonly lines: number
  readonly sha256: string
}

export const factsOf = async (path: string): Promise<Facts> => {
  const content = await readFile(path)
  return {
    file: path,
    bytes: content.length,
    lines: content.toString().split('\n').length - 1,
    sha256: createHash('sha256').update(content).digest('hex'),
  }
}

/** What the client has heard so far, for a server within reach to wait upon. */
export class Ear {
  readonly #heard = new Set<string>()
  readonly #until = new Until()

  hear(what: string): void {
    this.#heard.add(what)
    this.#until.changed()
  }

  /** @throws Error if it was not heard within 5 s of being sent */
  heard(what: string): Promise<void> {
    return this.#until.holds(`${what} was sent; hearing it`, () => this.#heard.has(what))
  }
}

/** The job itself, for a server within this process: `log` sends one notification about the call in hand. */
export const processFiles = async ({ paths }: Job, ear: Ear, log: (facts: Facts) => unknown): Promise<string> => {
  for (const path of paths) {
    await log(await factsOf(path))
    await ear.heard(path)
  }
  return `${paths.length} files processed`
}
