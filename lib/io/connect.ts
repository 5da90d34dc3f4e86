/** From a target to a client: picks the carrier, checks the options, opens. */
import { REVISIONS, find, type Revision } from '../revisions/index.js'
import { Cancelled } from '../protocol/errors.js'
import type { Carrier, Clock } from '../client/carrier.js'
import { type Client, openClient } from '../client/client.js'
import type { EraCache } from '../client/eras.js'
import type { ClientOptions } from '../client/options.js'
import { HttpCarrier } from './http-client.js'
import type { HttpClientOptions } from './http-client-options.js'

export interface ConnectOptions extends ClientOptions, HttpClientOptions {
  /** The one revision to speak: a server without it is an error. Default: the newest that both sides know. */
  readonly revision?: string
  /** The revisions to choose from. Default: all that can be spoken over the target. Not beside `revision`. */
  readonly revisions?: readonly string[]
  /** What servers were found to be before: saves asking again. Noted in when a URL has been connected to. Default: nothing is remembered. */
  readonly eras?: EraCache
  /** Gives up connecting when it aborts. A client that is open is closed by `close`. */
  readonly signal?: AbortSignal
}

/**
 * Connects to a server: to a URL over Streamable HTTP, or over a carrier of one's own. What the server speaks is found out by
 * `server/discover`, then `initialize`, as `OPENING_TABLE` has it; with `revision`, or `revisions` of one kind, only that kind is tried.
 *
 * @throws TypeError for options that make no sense; then whatever the opening failed with: `HttpRefusal`, `RpcError`, `InvalidMessage`,
 * `Timeout`, `Cancelled`, or the error of a connection that failed. Nothing is left open then.
 */
export const connect = async (target: string | URL | Carrier, options: ConnectOptions): Promise<Client> => {
  const { signal, eras } = options
  const offered = offeredBy(options)
  const url = typeof target === 'string' || target instanceof URL ? urlOf(target) : undefined
  const endpoint = url && url.origin + url.pathname
  const carrier = url ? new HttpCarrier(url, clock, options) : (target as Carrier)
  const onAbort = (): void => void carrier.close()
  if (signal?.aborted) throw new Cancelled('connect was cancelled', { cause: signal.reason })
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const client = await openClient(carrier, clock, offered, options, endpoint === undefined ? undefined : eras?.get(endpoint))
    if (endpoint !== undefined) eras?.note(endpoint, client.revision.era)
    return client
  } catch (error) {
    throw signal?.aborted ? new Cancelled('connect was cancelled', { cause: signal.reason }) : error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** The clock of this process. A timer may be early by less than a millisecond; nothing may happen sooner than it was asked for. */
const clock: Clock = {
  nowMs: () => performance.now(),
  after(ms, run, holding) {
    const timer = setTimeout(run, Math.min(Math.max(0, Math.ceil(ms) + 1), LONGEST_TIMER_MS))
    if (!holding) timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Beyond it, Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const SPOKEN = REVISIONS.filter(({ http }) => http === 'streamable')

const offeredBy = ({ revision, revisions }: ConnectOptions): readonly Revision[] => {
  if (revision !== undefined && revisions !== undefined) throw new TypeError('revision and revisions are both given; expected one of them')
  const names = revision === undefined ? revisions : [revision]
  if (names === undefined) return SPOKEN
  const unknown = names.find(name => !SPOKEN.includes(find(name)!))
  if (names.length === 0 || unknown !== undefined) {
    const seen = unknown === undefined ? 'no revision is given' : `revision ${JSON.stringify(unknown)} is not spoken over HTTP here`
    throw new TypeError(`${seen}; expected of ${SPOKEN.map(({ id }) => id).join(', ')}`)
  }
  return names.map(name => find(name)!)
}

const urlOf = (target: string | URL): URL => {
  if (!URL.canParse(String(target))) throw new TypeError('the target is no URL; expected one that begins with http:// or https://')
  return new URL(target)
}
