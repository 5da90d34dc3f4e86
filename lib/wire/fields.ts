/** HTTP field syntax: media types and Accept (RFC 9110), the value encoding of mirrored fields. Knows spellings, not what is required. */

/** A media type as a Content-Type field names it. */
export interface MediaType {
  /** Type and subtype, in lower case. */
  readonly type: string
  /** By name in lower case; values as they are, without their quotes. Of a name given twice the first counts. */
  readonly parameters: ReadonlyMap<string, string>
}

/** The media type in a Content-Type value, or undefined if it is none (RFC 9110 8.3.1). */
export function mediaType(value: string): MediaType | undefined {
  return remembered(mediaTypes, value, parseMediaType)
}

/**
 * How welcome `type` is to an Accept value: a q-value from 0, refused, to 1. Absent, or without a single member, it welcomes everything.
 * The most specific range decides, and of equals the warmest; members that are malformed are passed over (RFC 9110 12.5.1).
 * Parameters of a range are not compared: what we send has one representation per type. `type` is in lower case.
 */
export function accepts(accept: string | undefined, type: string): number {
  if (accept === undefined) return 1
  const ranges = remembered(acceptRanges, accept, parseAccept)
  const group = `${type.slice(0, type.indexOf('/'))}/*`
  let best: Range = REFUSED
  for (const range of ranges) {
    if (range.of !== type && range.of !== group && range.of !== '*/*') continue
    if (range.rank > best.rank || (range.rank === best.rank && range.q > best.q)) best = range
  }
  return best.q
}

/**
 * Text as a mirrored field carries it: as it is if it is visible ASCII with spaces between, else the Base64 of its UTF-8 in a sentinel
 * (2026-07-28/basic/transports/streamable-http#value-encoding). Stricter than the page, which is silent on it: an inner tab is encoded too.
 * @throws TypeError for a lone surrogate, which UTF-8 can't carry.
 */
export function encodeFieldValue(text: string): string {
  if (PLAIN.test(text) && !(text.startsWith(PREFIX) && text.endsWith(SUFFIX))) return text
  if (/\p{Cs}/u.test(text)) throw new TypeError('the text holds a lone surrogate; expected text that UTF-8 can carry')
  const bytes = Array.from(new TextEncoder().encode(text), byte => String.fromCharCode(byte))
  return PREFIX + btoa(bytes.join('')) + SUFFIX
}

/**
 * The text that a mirrored field carries, or undefined if it holds a character that no field value may (visible ASCII, space and tab
 * may), or a sentinel around anything but padded, canonical Base64 of UTF-8. A sentinel's beginning without its end is plain text.
 * Takes the value without outer whitespace, as an HTTP parser gives it.
 */
export function decodeFieldValue(raw: string): string | undefined {
  // Node decodes fields as Latin-1, so an unencoded non-ASCII character arrives as other characters than were sent.
  if (!/^[\t\x20-\x7e]*$/.test(raw)) return undefined
  if (!raw.startsWith(PREFIX) || !raw.endsWith(SUFFIX)) return raw
  const base64 = raw.slice(PREFIX.length, -SUFFIX.length)
  if (raw.length < PREFIX.length + SUFFIX.length || !BASE64.test(base64)) return undefined
  const bytes = atob(base64)
  // Bits beyond the last byte must be zero, or one text would have several spellings.
  if (btoa(bytes) !== base64) return undefined
  try {
    return UTF8.decode(Uint8Array.from(bytes, byte => byte.charCodeAt(0)))
  } catch {
    return undefined
  }
}

/** A value that was refused, for a message: quoted, in ASCII, and not longer than it takes to recognise it. */
export const quoted = (value: string | undefined): string =>
  value === undefined
    ? 'missing'
    : JSON.stringify(value.length > LONGEST_QUOTED ? `${value.slice(0, LONGEST_QUOTED - 1)}\u2026` : value).replace(/[\u007f-\uffff]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
const LONGEST_QUOTED = 100

const PREFIX = '=?base64?'
const SUFFIX = '?='
const PLAIN = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One member of an Accept value; a higher rank is more specific. */
interface Range {
  readonly of: string
  readonly rank: -1 | 0 | 1 | 2
  readonly q: number
}
const REFUSED: Range = { of: '', rank: -1, q: 0 }
const ANYTHING: Range = { of: '*/*', rank: 0, q: 1 }

// RFC 9110 5.6.2 (token), 5.6.4 (quoted-string), 5.6.6 (parameters), 12.4.2 (qvalue).
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const QUOTED = String.raw`"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)"`
const TYPE = new RegExp(`[ \\t]*(${TOKEN}/${TOKEN})`, 'y')
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|${QUOTED}))?`, 'y')
const QVALUE = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/
/** Up to the next comma that stands in no quoted string; a string that is never closed takes all the rest. */
const MEMBER = /(?:[^",]|"(?:[^"\\]|\\[^]?)*"?)+/g

function parseMediaType(value: string): MediaType | undefined {
  const type = matchAt(TYPE, value, 0)?.[1]
  if (type === undefined) return undefined
  const parameters = new Map<string, string>()
  let end = TYPE.lastIndex
  for (let found = matchAt(PARAMETER, value, end); found !== null; found = matchAt(PARAMETER, value, end)) {
    end = PARAMETER.lastIndex
    const name = found[1]?.toLowerCase()
    if (name !== undefined && !parameters.has(name)) parameters.set(name, found[2] ?? found[3]!.replace(/\\(.)/g, '$1'))
  }
  return /^[ \t]*$/.test(value.slice(end)) ? { type: type.toLowerCase(), parameters } : undefined
}

function parseAccept(accept: string): readonly Range[] {
  const members = (accept.match(MEMBER) ?? []).filter(member => /[^ \t]/.test(member))
  if (members.length === 0) return [ANYTHING]
  return members.flatMap(member => {
    const range = parseMediaType(member)
    const q = range?.parameters.get('q') ?? '1'
    if (range === undefined || !QVALUE.test(q)) return []
    return [{ of: range.type, rank: range.type === '*/*' ? 0 : range.type.endsWith('/*') ? 1 : 2, q: Number(q) } satisfies Range]
  })
}

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at
  return sticky.exec(text)
}

/** The same few values come with every request. At most this many are remembered, and none longer than this. */
const REMEMBERED = 64
const LONGEST_REMEMBERED = 256

const mediaTypes = new Map<string, MediaType>()
const acceptRanges = new Map<string, readonly Range[]>()

/** What `read` makes of `value`, from the memory if it is there. A full memory starts over. */
function remembered<T>(memory: Map<string, NonNullable<T>>, value: string, read: (value: string) => T): T {
  const known = memory.get(value)
  if (known !== undefined) return known
  const made = read(value)
  if (made === undefined || made === null || value.length > LONGEST_REMEMBERED) return made
  if (memory.size >= REMEMBERED) memory.clear()
  memory.set(value, made)
  return made
}
