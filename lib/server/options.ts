/** What an application says when it makes a server, and what a server needs of the world. */
import { find, REVISIONS, type Cache, type Revision } from '../revisions/index.js'
import type { TaskLimits } from '../protocol/task-store.js'
import type { JsonSchema } from '../validation/from-schema.js'
import type { ErrorPlace } from './dispatch.js'
import type { LogLimits } from './log-guard.js'
import type { Vault } from './rounds.js'
import type { ListenLimits } from './subscriptions.js'

export interface ServerOptions {
  /** How to use this server, for the client's model to read. */
  readonly instructions?: string
  /** Revisions to serve, by date. Default: all that this library knows. */
  readonly revisions?: readonly string[]
  /** Offer logging: `ctx.log` reaches clients. Default true. */
  readonly logging?: boolean
  /** What of `ctx.log` reaches clients. Default: everything at their level. */
  readonly logLimits?: LogLimits
  /** Entries on one page of a list. Default 1000: few clients ask for a second page. */
  readonly pageSize?: number
  /** How long, and by whom, lists and what they describe may be kept, by method: `{ 'tools/list': { ttlMs: 60_000, cacheScope: 'public' } }`. Default: not at all, privately. */
  readonly cache?: { readonly [method: string]: Cache }
  /** False: `subscriptions/listen` is not offered, nor is any change announced, for hosts that cannot hold a stream open. Or its limits. */
  readonly listen?: false | ListenLimits
  /** How many tasks, and how long they are kept. */
  readonly tasks?: TaskLimits
  /** Told every error whose text is kept from the peer. Default: one line on the console. What it throws is ignored. */
  readonly onError?: (error: unknown, place: ErrorPlace) => void
}

/** Where the server's clock is, and its randomness: a mount gives what the application did not. */
export interface World {
  /** The wall clock, in milliseconds. */
  nowMs(): number
  /** Unguessable, and never the same twice. */
  newId(): string
  /** Runs once, after at least that many milliseconds, unless the returned function is called first. Need not keep the process alive. */
  after(ms: number, run: () => void): () => void
}

/** What a server is equipped with. */
export interface Equipment {
  vault(): Vault
  world(): World
}

/** A request that the protocol does not have. */
export interface MethodDefinition<P extends JsonSchema = JsonSchema> {
  /** JSON Schema of the params: they are held against it, and typed from it. Default: anything. */
  readonly params?: P
  /** Revisions that have it. Default: all. */
  readonly at?: (revision: Revision) => boolean
}

/** A notification that the protocol does not have. */
export interface NotificationDefinition<P extends JsonSchema = JsonSchema> {
  /** JSON Schema of the params, as of a method. What does not fit is not heard, and `onError` is told. Default: anything. */
  readonly params?: P
}

/** The revisions to serve, oldest first. @throws TypeError for one that is not known, or none at all */
export const servedBy = ({ revisions }: ServerOptions): readonly Revision[] => {
  if (!revisions) return REVISIONS
  const unknown = revisions.find(id => !find(id))
  if (unknown !== undefined) throw new TypeError(`createServer: revision ${JSON.stringify(unknown)} is not known; ${REVISIONS.map(({ id }) => id).join(', ')} are`)
  if (revisions.length === 0) throw new TypeError('createServer: revisions is empty, so nothing could be served')
  return REVISIONS.filter(({ id }) => revisions.includes(id))
}
