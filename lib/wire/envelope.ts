/** What the text of a JSON-RPC message shows and its parsed value hides: a member given twice, an id that was rounded. */

/** The members whose repetition is refused, each with a bit of its own. Their letters all lie in U+0061 to U+0075. */
const MEMBERS: ReadonlyMap<string, number> = new Map(
  ['jsonrpc', 'id', 'method', 'params', 'result', 'error'].map((member, place) => [member, 1 << place]),
)
/** Every letter of the longest name written as an escape. */
const LONGEST_SPELLING = 6 * 'jsonrpc'.length

/** An escape that could spell a letter of a name in `MEMBERS`. */
const ESCAPED_LETTER = /\\u00[67]/
/** A number with an exponent or a fraction that is not zero: reading it may have rounded it to an integer. */
const ROUNDED = /\s*:\s*-?\d+(?:\.\d*[1-9]|(?:\.\d+)?[eE])/y

const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Why two readers of one message's text could disagree about it. */
export interface Flaw {
  /** What was seen and what was expected. */
  readonly what: string
  /** True if they could disagree about the id, so that none may be echoed. */
  readonly hidesId: boolean
}

type Envelope = { readonly [name: string]: unknown }

/**
 * The flaw in the text of one message, if it has one. `text` is valid JSON whose value is `value`.
 * Native searches prove most texts flawless; only the others are read character by character, at 2 ms per MiB.
 */
export function findFlaw(text: string, value: Envelope): Flaw | undefined {
  return isPlain(text, value) ? undefined : scan(text, 1).get(0)
}

/** The flaws of the messages in a batch, by position. `text` is valid JSON whose value is an array. */
export function findFlaws(text: string): ReadonlyMap<number, Flaw> {
  return scan(text, 2)
}

/**
 * True only if each member present is named once in the whole text, at whatever depth, and a numeric id is not rounded.
 * Searching for `method"` rather than `"method"` can only find too many, and is four times cheaper: JSON is full of quotes.
 */
function isPlain(text: string, { id, method, params, result, error }: Envelope): boolean {
  if (text.includes('\\u00') && ESCAPED_LETTER.test(text)) return false
  return (
    isSingle(text, 'jsonrpc"') &&
    (id === undefined || isSingle(text, 'id"')) &&
    (method === undefined || isSingle(text, 'method"')) &&
    (params === undefined || isSingle(text, 'params"')) &&
    (result === undefined || isSingle(text, 'result"')) &&
    (error === undefined || isSingle(text, 'error"')) &&
    (typeof id !== 'number' || !isRounded(text, text.indexOf('id"') + 3))
  )
}

const isSingle = (text: string, part: string): boolean => text.indexOf(part, text.indexOf(part) + part.length) === -1

function isRounded(text: string, afterName: number): boolean {
  ROUNDED.lastIndex = afterName
  return ROUNDED.test(text)
}

/** Reads valid JSON once, without recursion. `level` is how many brackets are open within a message. */
function scan(text: string, level: 1 | 2): ReadonlyMap<number, Flaw> {
  const flaws = new Map<number, Flaw>()
  let depth = 0
  let message = 0
  let seen = 0
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = closingQuote(text, at + 1)
        const member = depth === level && isKey(text, end) ? memberAt(text, at + 1, end) : undefined
        if (member !== undefined) {
          const flaw = flawOf(member, seen, text, end + 1)
          if (flaw !== undefined) flaws.set(message, { what: flaw.what, hidesId: flaw.hidesId || flaws.get(message)?.hidesId === true })
          seen |= MEMBERS.get(member)!
        }
        at = end
        break
      }
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1
        if (depth === level) seen = 0
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1
        break
      case COMMA:
        if (depth === level - 1) message += 1
        break
    }
  }
  return flaws
}

/** Where the string whose content starts at `at` ends: at the first quote with an even number of backslashes before it; -1 if it does not. */
function closingQuote(text: string, at: number): number {
  for (let end = text.indexOf('"', at); ; end = text.indexOf('"', end + 1)) {
    if (end === -1) return -1
    let slash = end
    while (text.charCodeAt(slash - 1) === BACKSLASH) slash -= 1
    if ((end - slash) % 2 === 0) return end
  }
}

/** Is the string whose closing quote is here a key? */
function isKey(text: string, quote: number): boolean {
  let at = quote + 1
  while (text.charCodeAt(at) <= SPACE) at += 1
  return text.charCodeAt(at) === COLON
}

/** The member of the envelope that the key between `start` and `end` names, if it names one. */
function memberAt(text: string, start: number, end: number): string | undefined {
  if (end - start > LONGEST_SPELLING) return undefined
  const raw = text.slice(start, end)
  const name = raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw
  return MEMBERS.has(name) ? name : undefined
}

function flawOf(member: string, seen: number, text: string, afterName: number): Flaw | undefined {
  if ((seen & MEMBERS.get(member)!) !== 0) {
    return { what: `"${member}" is given twice; expected each member once`, hidesId: member === 'id' }
  }
  if (member !== 'id' || !isRounded(text, afterName)) return undefined
  return { what: 'id is written with a fraction or an exponent; expected a string or an integer', hidesId: true }
}

/** Are more brackets open at once than that? Reads no text whose brackets, in all, are fewer; of others only brackets and strings. */
export function isDeeper(text: string, maxDepth: number): boolean {
  if (text.length <= 2 * maxDepth || !hasOpen(text, maxDepth)) return false
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = closingQuote(text, at + 1)
      if (at === -1) return false
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1
  }
  return false
}

function hasOpen(text: string, more: number): boolean {
  let seen = 0
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      seen += 1
      if (seen > more) return true
    }
  }
  return false
}
