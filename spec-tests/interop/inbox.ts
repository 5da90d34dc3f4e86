/** What a client hears about no call, and, of the official clients, about any: they do not tell one from the other. */
import { Until } from './until.js'

export interface Heard { readonly method: string; readonly params: { readonly data?: unknown } | undefined }

export class Inbox {
  readonly #all: Heard[] = []
  readonly #until = new Until()
  /** Sessions that took the place of one the server had forgotten. */
  replaced = 0

  hear(method: string, params: Heard['params']): void {
    this.#all.push({ method, params })
    this.#until.changed()
  }

  of(fits: (heard: Heard) => boolean): readonly Heard[] {
    return this.#all.filter(fits)
  }

  /** Resolves once something that fits has been heard. @throws Error if nothing was within 5 s */
  until(what: string, fits: (heard: Heard) => boolean): Promise<void> {
    return this.#until.holds(`hearing ${what}`, () => this.#all.some(fits))
  }
}
