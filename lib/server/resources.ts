/** Resources: registration, lists, `resources/read`, `resources/subscribe` (server/resources). No I/O. */
import type { Cache } from '../revisions/index.js'
import type { JsonObject } from '../wire/json-rpc.js'
import { UriTemplate } from '../wire/uri-template.js'
import { ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import type { Resource, ResourceContents, ResourceTemplate } from '../protocol/types.js'
import type { Complete } from './completion.js'
import { Context } from './context.js'
import { handle } from './handle.js'
import type { Needs } from './input.js'
import { described, Registry, type Listing } from './registry.js'
import { InputRequired } from './rounds.js'
import type { Subscriptions } from './subscriptions.js'
import { MAX_URI_LENGTH } from './uri.js'

/** What `resources/list` says of a resource. `name` defaults to the URI. */
export interface ResourceDefinition extends Partial<Omit<Resource, 'uri'>> {
  /** How long, and by whom, what is read may be kept; beats the server's `cache`. */
  readonly cache?: Cache
  /** For a template: values that a variable could have, by its name. */
  readonly complete?: { readonly [variable: string]: Complete }
}

/** Text, bytes, or contents in full. Bytes become a base64 blob. */
export type Reading = string | Uint8Array | ResourceContents | readonly ResourceContents[]

export interface ReadRequest {
  readonly uri: string
  /** Values of a template's variables, decoded. */
  readonly variables: { readonly [name: string]: string }
}

/** Reads a resource. Returns `undefined` when there is none of that URI: only a template's reader can know. */
export type Reader = (request: ReadRequest, ctx: Context) => Reading | Needs | undefined | Promise<Reading | Needs | undefined>

interface Fixed {
  readonly listed: Resource
  readonly cache: Cache | undefined
  readonly read: Reader
}
interface Family {
  readonly listed: ResourceTemplate
  readonly template: UriTemplate
  readonly cache: Cache | undefined
  readonly complete: ReadonlyMap<string, Complete>
  readonly read: Reader
}

export class Resources {
  readonly fixed: Registry<Fixed>
  readonly families: Registry<Family>

  constructor(private readonly listing: Listing) {
    this.fixed = new Registry('resources/list', 'resources', ({ listed }, revision) => described(listed, 'resource', revision), listing)
    this.families = new Registry('resources/templates/list', 'resourceTemplates', ({ listed }, revision) => described(listed, 'template', revision), listing)
  }

  get size(): number {
    return this.fixed.size + this.families.size
  }

  /** @throws TypeError for a URI or template that is none, or that is there already */
  add(uri: string, { cache, complete, ...definition }: ResourceDefinition, read: Reader): void {
    if (typeof read !== 'function') throw new TypeError(`resource ${JSON.stringify(uri)}: expected a reader function, not ${typeof read}`)
    if (this.fixed.has(uri) || this.families.has(uri)) throw new TypeError(`resource ${JSON.stringify(uri)} is registered already`)
    const { name = uri } = definition
    if (uri.includes('{')) {
      const template = UriTemplate.parse(uri)
      const unknown = Object.keys(complete ?? {}).find(variable => !template.variables.includes(variable))
      if (unknown !== undefined) throw new TypeError(`resource ${JSON.stringify(uri)}: complete.${unknown} completes no variable of it`)
      this.families.set(uri, { listed: { ...definition, uriTemplate: uri, name }, template, cache, complete: new Map(Object.entries(complete ?? {})), read })
    } else {
      if (!URL.canParse(uri)) throw new TypeError(`resource ${JSON.stringify(uri)} is not an absolute URI`)
      if (complete) throw new TypeError(`resource ${JSON.stringify(uri)} has no variables to complete`)
      this.fixed.set(uri, { listed: { ...definition, uri, name }, cache, read })
    }
  }

  remove(uri: string): boolean {
    return this.fixed.delete(uri) || this.families.delete(uri)
  }

  enable(uri: string, enabled: boolean): boolean {
    return this.fixed.enable(uri, enabled) || this.families.enable(uri, enabled)
  }

  /** @throws ProtocolError where there is no such resource, with the code of the revision */
  async read({ uri }: JsonObject, exchange: Exchange): Promise<JsonObject> {
    const found = this.#find(String(uri))
    const reading = found && (await handle(exchange, this.listing, answers => found.entry.read({ uri: String(uri), variables: found.variables }, new Context(exchange, answers, this.listing.logs))))
    if (reading instanceof InputRequired) return reading.result
    if (!found || reading === undefined || reading === null) throw missing(String(uri), exchange)
    return { contents: contentsOf(reading, String(uri), found.entry.listed.mimeType) }
  }

  /** How long, and by whom, what is read of that URI may be kept, where its definition says so. */
  cacheOf(uri: unknown): Cache | undefined {
    return this.#find(String(uri))?.entry.cache
  }

  /** `resources/subscribe`. @throws ProtocolError where there is no such resource */
  subscribe({ uri }: JsonObject, exchange: Exchange, subscriptions: Subscriptions): void {
    if (!this.#find(String(uri))) throw missing(String(uri), exchange)
    const { session } = exchange
    if (!session || session.subscribed?.has(String(uri))) return
    subscriptions.assertFew((session.subscribed?.size ?? 0) + 1)
    subscriptions.follow([String(uri)])
    ;(session.subscribed ??= new Set()).add(String(uri))
  }

  #find(uri: string): { readonly entry: Fixed | Family; readonly variables: { readonly [name: string]: string } } | undefined {
    const entry = this.fixed.get(uri)
    if (entry) return { entry, variables: {} }
    if (uri.length > MAX_URI_LENGTH) return undefined
    for (const family of this.families.values()) {
      const variables = family.template.match(uri)
      if (variables) return { entry: family, variables: Object.fromEntries(variables) }
    }
    return undefined
  }
}

const missing = (uri: string, { revision }: Exchange): ProtocolError =>
  new ProtocolError(revision.missingResourceCode, `Resource not found: ${uri.slice(0, 200)}`, { uri: uri.slice(0, MAX_URI_LENGTH) })

const contentsOf = (reading: unknown, uri: string, mimeType: string | undefined): readonly ResourceContents[] => {
  const about = { uri, ...(mimeType !== undefined && { mimeType }) }
  if (typeof reading === 'string') return [{ ...about, text: reading }]
  if (reading instanceof Uint8Array) return [{ ...about, blob: base64(reading) }]
  const all = Array.isArray(reading) ? (reading as unknown[]) : [reading]
  for (const one of all) {
    const { uri: of, text, blob } = (one ?? {}) as { uri?: unknown; text?: unknown; blob?: unknown }
    if (typeof of !== 'string' || (typeof text !== 'string' && typeof blob !== 'string')) throw new TypeError('a reader returns text, bytes, or contents with a uri and a text or blob')
  }
  return all as ResourceContents[]
}

/** In pieces: a spread of all bytes at once would overflow the stack. */
const base64 = (bytes: Uint8Array): string => {
  let text = ''
  for (let i = 0; i < bytes.length; i += 32_768) text += String.fromCharCode(...bytes.subarray(i, i + 32_768))
  return btoa(text)
}
