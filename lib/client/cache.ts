/** Results that a server allows to be kept for a while: 2026-07-28/server/utilities/caching. One for each client. Time is an argument. No I/O. */
import type { JsonObject, RpcNotification } from '../wire/json-rpc.js'

/** Results kept at once, and their length as JSON text in all. Beyond either the oldest go; a longer result is not kept. */
export const MAX_KEPT = 1000
export const MAX_KEPT_CHARS = 16 * 1024 * 1024

/** #cacheable-results. A page is kept by itself. */
const CACHEABLE: ReadonlySet<string> = new Set([
  'server/discover', 'tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'resources/read',
])

/** #interaction-with-notifications: what each makes stale. */
const STALE: ReadonlyMap<string, readonly string[]> = new Map([
  ['notifications/tools/list_changed', ['tools/list']],
  ['notifications/prompts/list_changed', ['prompts/list']],
  ['notifications/resources/list_changed', ['resources/list', 'resources/templates/list']],
])

interface Kept {
  readonly method: string
  readonly uri: unknown
  /** As text: what a caller does to a result is no other caller's business. */
  readonly text: string
  readonly staleAtMs: number
}

/** A place for the result of one request, taken when it is sent: what has become stale since is not kept. */
export interface Place {
  keep(result: JsonObject): void
}

/**
 * What is kept is this client's alone, so that `public` and `private` are the same here: nothing is shared between two
 * authorization contexts (#cache-scope-field).
 */
export class ResultCache {
  readonly #kept = new Map<string, Kept>()
  #chars = 0
  /** Counts what made anything stale. */
  #changes = 0

  constructor(private readonly nowMs: () => number) {}

  /** The result kept for this request, if it is fresh. */
  find(method: string, params: JsonObject | undefined): JsonObject | undefined {
    const key = keyOf(method, params)
    const kept = key === undefined ? undefined : this.#kept.get(key)
    if (kept === undefined) return undefined
    // #freshness-calculation
    if (this.nowMs() < kept.staleAtMs) return JSON.parse(kept.text) as JsonObject
    this.#forget(key!, kept)
    return undefined
  }

  /** `undefined`: the result of such a request is not kept. */
  place(method: string, params: JsonObject | undefined): Place | undefined {
    const key = keyOf(method, params)
    if (key === undefined) return undefined
    const changes = this.#changes
    return {
      keep: result => {
        const { ttlMs } = result
        // Absent and negative count as 0: #time-to-live-ttl-field
        if (changes !== this.#changes || typeof ttlMs !== 'number' || !(ttlMs > 0)) return
        this.#keep(key, { method, uri: params?.uri, text: JSON.stringify(result), staleAtMs: this.nowMs() + ttlMs })
      },
    }
  }

  /** Something was announced to have changed. */
  heard({ method, params }: RpcNotification): void {
    const lists = STALE.get(method)
    if (lists) return this.#drop(kept => lists.includes(kept.method))
    const uri = params?.uri
    // What is named may be a part of what was read: 2026-07-28/server/resources#subscriptions
    if (method === 'notifications/resources/updated') this.#drop(kept => kept.method === 'resources/read' && String(uri).startsWith(String(kept.uri)))
  }

  /** #interaction-with-pagination: a cursor has died, and with it every page of its list. True when there was one. */
  forgetList(method: string): boolean {
    const before = this.#kept.size
    this.#drop(kept => kept.method === method)
    return this.#kept.size < before
  }

  clear(): void {
    this.#drop(() => true)
  }

  #drop(isStale: (kept: Kept) => boolean): void {
    this.#changes++
    for (const [key, kept] of [...this.#kept]) if (isStale(kept)) this.#forget(key, kept)
  }

  #keep(key: string, kept: Kept): void {
    const before = this.#kept.get(key)
    if (before) this.#forget(key, before)
    if (kept.text.length > MAX_KEPT_CHARS) return
    this.#kept.set(key, kept)
    this.#chars += kept.text.length
    for (const [oldest, { text }] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT && this.#chars <= MAX_KEPT_CHARS) return
      this.#forget(oldest, { text })
    }
  }

  #forget(key: string, { text }: Pick<Kept, 'text'>): void {
    this.#kept.delete(key)
    this.#chars -= text.length
  }
}

/** #cache-key: the method and the params that affect the result. A retry depends on more than that, and is not kept. */
const keyOf = (method: string, { _meta, ...params }: JsonObject = {}): string | undefined => {
  if (!CACHEABLE.has(method) || 'inputResponses' in params || 'requestState' in params) return undefined
  try {
    return JSON.stringify([method, Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))])
  } catch {
    // Params that are no JSON: sending them says so.
    return undefined
  }
}
