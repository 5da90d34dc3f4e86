/** From a target to a client: picks the carrier, checks the options, opens. */
import { REVISIONS, find, type Revision } from '../revisions/index.js'
import { Cancelled } from '../protocol/errors.js'
import { type Carrier, OlderTransport } from '../client/carrier.js'
import { type Client, openClient } from '../client/client.js'
import type { EraCache } from '../client/eras.js'
import type { ClientOptions } from '../client/options.js'
import type { Server } from '../server/server.js'
import type { Command } from './child.js'
import { clock } from './clock.js'
import { HttpCarrier } from './http-client.js'
import type { HttpClientOptions } from './http-client-options.js'
import type { SseClientOptions } from './sse-client.js'
import type { StdioClientOptions } from './stdio-client.js'

export interface ConnectOptions extends ClientOptions, HttpClientOptions, SseClientOptions, StdioClientOptions {
  /** The one revision to speak: a server without it is an error. Default: the newest that both sides know. */
  readonly revision?: string
  /** The revisions to choose from. Default: all. Not beside `revision`. */
  readonly revisions?: readonly string[]
  /** What servers were found to be before: saves asking again. Noted in when a URL has been connected to. Default: nothing is remembered. */
  readonly eras?: EraCache
  /** Gives up connecting when it aborts. A client that is open is closed by `close`. */
  readonly signal?: AbortSignal
}

/** A URL; a command whose process speaks on its standard streams; a server in this process; or a carrier of one's own. */
export type Target = string | URL | Command | Server | Carrier

/**
 * Connects to a server. What it speaks is found out by `server/discover`, then `initialize`, as `OPENING_TABLE` has it, and at a URL
 * by HTTP+SSE after that; with `revision`, or `revisions` of one kind, only that kind is tried.
 *
 * @throws TypeError for options that make no sense; then whatever the opening failed with: `HttpRefusal`, `RpcError`, `InvalidMessage`,
 * `Timeout`, `Cancelled`, or the error of a connection that failed; an `AggregateError` that says what was tried where there was more
 * than one way. Nothing is left open then.
 */
export const connect = async (target: Target, options: ConnectOptions): Promise<Client> => {
  const { signal } = options
  const offered = offeredBy(options)
  const url = typeof target === 'string' || target instanceof URL ? urlOf(target) : undefined
  let carrier: Carrier | undefined
  const onAbort = (): void => void carrier?.close()
  if (signal?.aborted) throw new Cancelled('connect was cancelled', { cause: signal.reason })
  signal?.addEventListener('abort', onAbort, { once: true })
  const open = (by: Carrier, revisions: readonly Revision[], remembered?: Revision['era']): Promise<Client> =>
    openClient((carrier = by), clock, revisions, options, remembered)
  try {
    return url ? await overHttp(url, offered, options, open) : await open(await carrierOf(target as Exclude<Target, string | URL>, options), offered)
  } catch (error) {
    throw signal?.aborted ? new Cancelled('connect was cancelled', { cause: signal.reason }) : error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

type Open = (carrier: Carrier, revisions: readonly Revision[], remembered?: Revision['era']) => Promise<Client>

/** Streamable HTTP; where there is none, HTTP+SSE: 2025-11-25/basic/transports#backwards-compatibility. */
const overHttp = async (url: URL, offered: readonly Revision[], options: ConnectOptions, open: Open): Promise<Client> => {
  const { eras } = options
  const endpoint = url.origin + url.pathname
  let because: Error | undefined
  if (offered.some(({ http }) => http === 'streamable')) {
    try {
      const client = await open(new HttpCarrier(url, clock, options), offered, eras?.get(endpoint))
      eras?.note(endpoint, client.revision.era)
      return client
    } catch (error) {
      if (!(error instanceof OlderTransport)) throw error
      because = error.cause
    }
  }
  const { SseCarrier } = await import('./sse-client.js')
  try {
    return await open(new SseCarrier(url, clock, options), offered.filter(({ era }) => era === 'legacy'))
  } catch (error) {
    if (!because) throw error
    const tried = [because, error as Error]
    throw new AggregateError(tried, `no MCP server was found at ${endpoint}: over Streamable HTTP, ${because.message}; over HTTP+SSE, ${(error as Error).message}`)
  }
}

/** What only some need is loaded when it is needed. */
const carrierOf = async (target: Command | Server | Carrier, options: ConnectOptions): Promise<Carrier> => {
  if (typeof target !== 'object' || target === null) throw new TypeError(`the target is ${String(target)}; expected a URL, a command, a server or a carrier`)
  if ('command' in target) return new (await import('./stdio-client.js')).StdioCarrier(target, clock, options)
  if ('send' in target) return target
  return new (await import('./direct.js')).DirectCarrier(target)
}

const offeredBy = ({ revision, revisions }: ConnectOptions): readonly Revision[] => {
  if (revision !== undefined && revisions !== undefined) throw new TypeError('revision and revisions are both given; expected one of them')
  const names = revision === undefined ? revisions : [revision]
  if (names === undefined) return REVISIONS
  const unknown = names.find(name => !find(name))
  if (names.length === 0 || unknown !== undefined) {
    const seen = unknown === undefined ? 'no revision is given' : `revision ${JSON.stringify(unknown)} is not known`
    throw new TypeError(`${seen}; expected of ${REVISIONS.map(({ id }) => id).join(', ')}`)
  }
  return names.map(name => find(name)!)
}

const urlOf = (target: string | URL): URL => {
  if (!URL.canParse(String(target))) throw new TypeError('the target is no URL; expected one that begins with http:// or https://')
  return new URL(target)
}
