/** Seals what clients carry for a server: AES-256-GCM, with the circumstances as associated data. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { JsonObject } from '../wire/json-rpc.js'
import type { Vault } from '../server/rounds.js'

export interface VaultKey {
  /** 1 to 16 of A-Z a-z 0-9 _ -. Travels in the clear, to find the key again. */
  readonly id: string
  /** At least 16 bytes of secret; a text is taken as UTF-8. */
  readonly secret: string | Uint8Array
}

export interface VaultOptions {
  /**
   * The first seals, all open: put a new one in front to rotate, and take the old one away when what it sealed has expired.
   * Servers behind one address need the same keys. Default: one of its own, made at random, which dies with the process.
   */
  readonly keys?: readonly VaultKey[]
  /** How long what was sealed can be opened, in milliseconds. Default 600 000. */
  readonly ttlMs?: number
  /** Asked once for each `requestState` that comes back, with an id: false if that id was used before. Remember ids for `ttlMs`. Default: nothing is remembered. */
  readonly once?: (id: string) => boolean | Promise<boolean>
  /** The wall clock, in milliseconds. */
  readonly nowMs?: () => number
}

export const VAULT_LIMITS = { ttlMs: 600_000 }

const NONCE = 12
const TAG = 16
const FORM = /^([A-Za-z0-9_-]{1,16})\.([A-Za-z0-9_-]{40,})$/

/** @throws TypeError for a key that is none. */
export const createVault = ({ keys = [{ id: 'own', secret: randomBytes(32) }], ttlMs = VAULT_LIMITS.ttlMs, once, nowMs = Date.now }: VaultOptions = {}): Vault => {
  if (keys.length === 0) throw new TypeError('requestState: an empty list of keys can seal nothing')
  const ring = new Map(keys.map(({ id, secret }) => {
    if (!/^[A-Za-z0-9_-]{1,16}$/.test(id)) throw new TypeError(`requestState: key id ${JSON.stringify(id)}: expected 1 to 16 of A-Z a-z 0-9 _ -`)
    if (Buffer.byteLength(secret) < 16) throw new TypeError(`requestState: the secret of key ${id} has fewer than 16 bytes`)
    return [id, createHash('sha256').update('mcpwire request state\0').update(secret).digest()]
  }))
  const [first] = keys as readonly [VaultKey]

  const open = (text: string, around: string): { readonly id: string; readonly content: JsonObject } | undefined => {
    const [, id, encoded] = FORM.exec(text) ?? []
    const key = id === undefined ? undefined : ring.get(id)
    if (key === undefined) return undefined
    const sealed = Buffer.from(encoded!, 'base64url')
    // The last character has bits that say nothing: another spelling of the same bytes is another state.
    if (sealed.toString('base64url') !== encoded || sealed.length < NONCE + TAG) return undefined
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG })
      decipher.setAAD(Buffer.from(`${id}\0${around}`)).setAuthTag(sealed.subarray(-TAG))
      const [expiresMs, content] = JSON.parse(Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]).toString()) as [number, JsonObject]
      return nowMs() < expiresMs ? { id: sealed.subarray(0, NONCE).toString('base64url'), content } : undefined
    } catch {
      return undefined
    }
  }

  return {
    seal: (content, around) => {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', ring.get(first.id)!, nonce).setAAD(Buffer.from(`${first.id}\0${around}`))
      const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify([nowMs() + ttlMs, content])), cipher.final(), cipher.getAuthTag()])
      return `${first.id}.${sealed.toString('base64url')}`
    },
    open: (text, around) => open(text, around)?.content,
    redeem: (text, around) => {
      const opened = open(text, around)
      if (!opened || !once) return opened?.content
      const fresh = once(opened.id)
      return fresh instanceof Promise ? fresh.then(is => (is ? opened.content : undefined)) : fresh ? opened.content : undefined
    },
  }
}
