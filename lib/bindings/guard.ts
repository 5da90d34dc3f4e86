/** Who may talk to this server from a browser, or under this name: Host, Origin, Sec-Fetch-Site. Before anything else is read. No I/O. */
import { CODES, Refusal } from '../protocol/errors.js'
import { quoted } from '../wire/fields.js'
import type { Fields } from './http.js'

/** An exact list, or a function that decides. An empty list allows nothing. */
export type AllowList = readonly string[] | ((value: string) => boolean)

export interface GuardOptions {
  /**
   * Values of `Host` to answer: `example.com` (with the bound port or none) or `example.com:8443` (exactly).
   * Default: the loopback names, `localhost`, `localhost.`, `127.0.0.1` and `[::1]`.
   */
  readonly hosts?: AllowList | undefined
  /** Values of `Origin` to answer besides the server's own origin, written in full: `https://app.example`. Default none. */
  readonly origins?: AllowList | undefined
}

export const LOOPBACK_HOSTS: readonly string[] = ['localhost', 'localhost.', '127.0.0.1', '[::1]']

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::([0-9]{1,5}))?$/
const CLAUSE = 'basic/transports#security-warning'

const allows = (list: AllowList, value: string): boolean => (typeof list === 'function' ? list(value) === true : list.includes(value))

/** Made once for each port a handler is reached on. */
export class Guard {
  readonly #hosts: AllowList
  readonly #origins: AllowList
  /** Host values found good: a handful, since each was allowed. */
  readonly #good = new Set<string>()

  constructor(options: GuardOptions, private readonly port: number) {
    const lower = (list: AllowList): AllowList => (typeof list === 'function' ? list : list.map(value => value.toLowerCase()))
    this.#hosts = lower(options.hosts ?? LOOPBACK_HOSTS)
    this.#origins = lower(options.origins ?? [])
  }

  /** @throws Refusal 403 that says what came and how to allow it. */
  check(fields: Fields): void {
    const { host, origin } = fields
    if (host === undefined || !(this.#good.has(host) || this.#hostIsGood(host))) {
      throw new Refusal(403, CODES.invalidRequest, host === undefined ? 'Host is missing; expected the name of this server' : `Host ${quoted(host)} is not served here; list it in "hosts" to allow it`, { clause: CLAUSE })
    }
    const listed = origin !== undefined && allows(this.#origins, origin.toLowerCase())
    if (origin !== undefined && !listed && !isSame(origin.toLowerCase(), host.toLowerCase())) {
      throw new Refusal(403, CODES.invalidRequest, `Origin ${quoted(origin)} is not allowed; list it in "origins" to allow it`, { clause: CLAUSE })
    }
    if (fields['sec-fetch-site'] === 'cross-site' && !listed) {
      throw new Refusal(403, CODES.invalidRequest, 'Sec-Fetch-Site cross-site: another site made the browser send this', { clause: CLAUSE })
    }
  }

  /** An origin that was listed, not merely the server's own. */
  lists(origin: string): boolean {
    return allows(this.#origins, origin.toLowerCase())
  }

  #hostIsGood(raw: string): boolean {
    const host = raw.toLowerCase()
    const parts = HOST.exec(host)
    if (!parts) return false
    const [, name, port] = parts
    const good = allows(this.#hosts, host) || ((port === undefined || Number(port) === this.port) && allows(this.#hosts, name!))
    if (good && typeof this.#hosts !== 'function' && this.#good.size < 64) this.#good.add(raw)
    return good
  }
}

/** The server's own pages: their Origin names the Host that was asked, whichever scheme a proxy in front speaks. */
const isSame = (origin: string, host: string): boolean => origin === `http://${host}` || origin === `https://${host}`
