/** What servers were found to be, so that a client that comes again need not find out again. No I/O. */
import type { Revision } from '../revisions/index.js'

type Era = Revision['era']

/** Endpoints one memory holds. Beyond it the one that was noted longest ago is forgotten. */
export const MAX_ERAS = 1000

/**
 * Remembers the era of each endpoint: scheme, host, port and path, since one origin may hold several servers. Give the same one to every
 * `connect` that should know: a server remembered to be legacy is opened by `initialize` at once, and probed again if it refuses that.
 * Nothing is remembered without one. 2026-07-28/basic/versioning#backward-compatibility-with-initialization-based-versions
 */
export class EraCache {
  readonly #eras = new Map<string, Era>()

  get(endpoint: string): Era | undefined {
    return this.#eras.get(endpoint)
  }

  note(endpoint: string, era: Era): void {
    this.#eras.delete(endpoint)
    this.#eras.set(endpoint, era)
    if (this.#eras.size > MAX_ERAS) this.#eras.delete(this.#eras.keys().next().value!)
  }

  forget(endpoint: string): void {
    this.#eras.delete(endpoint)
  }

  /** To be kept elsewhere, and given to `new EraCache` again. */
  entries(): IterableIterator<[endpoint: string, era: Era]> {
    return this.#eras.entries()
  }

  constructor(known: Iterable<readonly [endpoint: string, era: Era]> = []) {
    for (const [endpoint, era] of known) this.note(endpoint, era)
  }
}
