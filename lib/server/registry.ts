/** Things that are listed: in the order they were registered, for each revision as it knows them, a page at a time. No I/O. */
import type { Listed, Revision } from '../revisions/index.js'
import type { JsonObject } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { LogGuard } from './log-guard.js'
import type { Equipment } from './options.js'

/** What listing needs of the server. */
export interface Listing extends Equipment {
  /** Entries on one page. Further ones follow a cursor. */
  readonly pageSize: number
  /** What stands between handlers' logs and clients, if anything does. */
  readonly logs: LogGuard | undefined
}

/** An entry's members, as far as the revision knows them. */
export const described = (entry: object, listed: Listed, { members }: Revision): JsonObject =>
  Object.fromEntries(members[listed].filter(name => (entry as JsonObject)[name] !== undefined).map(name => [name, (entry as JsonObject)[name]]))

export class Registry<Entry> {
  readonly #byName = new Map<string, Entry>()
  /** Names that are registered, and out of sight. */
  readonly #disabled = new Set<string>()
  readonly #shown = new Map<Revision, readonly JsonObject[]>()

  /**
   * @param method by which it is listed; cursors of one list are none of another's.
   * @param member of the result that holds the entries
   * @param show an entry as that revision knows it
   */
  constructor(private readonly method: string, private readonly member: string, private readonly show: (entry: Entry, revision: Revision) => JsonObject, private readonly listing: Listing) {}

  get size(): number {
    return this.#byName.size
  }

  /** Registered, be it out of sight. */
  has(name: string): boolean {
    return this.#byName.has(name)
  }

  get(name: string): Entry | undefined {
    return this.#disabled.has(name) ? undefined : this.#byName.get(name)
  }

  /** All that is in sight. */
  *values(): Generator<Entry> {
    for (const [name, entry] of this.#byName) if (!this.#disabled.has(name)) yield entry
  }

  set(name: string, entry: Entry): void {
    this.#byName.set(name, entry)
    this.#shown.clear()
  }

  delete(name: string): boolean {
    this.#shown.clear()
    this.#disabled.delete(name)
    return this.#byName.delete(name)
  }

  /** Puts it in or out of sight. False when it is not there, or nothing changes. */
  enable(name: string, enabled: boolean): boolean {
    if (!this.#byName.has(name) || this.#disabled.has(name) !== enabled) return false
    if (enabled) this.#disabled.delete(name)
    else this.#disabled.add(name)
    this.#shown.clear()
    return true
  }

  /** One page. @throws ProtocolError for a cursor that is not of this list (server/utilities/pagination#error-handling) */
  list({ cursor }: JsonObject, revision: Revision): JsonObject {
    if (cursor === undefined) return this.#page(0, revision)
    const content = this.listing.vault().open(cursor as string, this.method)
    const names = [...this.#byName.keys()]
    const at = content === undefined ? -1 : names.indexOf(content.after as string)
    if (at < 0) throw new ProtocolError(CODES.invalidParams, `the cursor was not given out for ${this.method}, or has expired; begin again without it`)
    return this.#page(names.slice(0, at + 1).filter(name => !this.#disabled.has(name)).length, revision)
  }

  #page(from: number, revision: Revision): JsonObject {
    let shown = this.#shown.get(revision)
    if (!shown) this.#shown.set(revision, (shown = [...this.values()].map(entry => this.show(entry, revision))))
    const { pageSize } = this.listing
    const to = from + pageSize
    if (to >= shown.length) return { [this.member]: from === 0 ? shown : shown.slice(from) }
    const after = [...this.#byName.keys()].filter(name => !this.#disabled.has(name))[to - 1]!
    return { [this.member]: shown.slice(from, to), nextCursor: this.listing.vault().seal({ after }, this.method) }
  }
}
