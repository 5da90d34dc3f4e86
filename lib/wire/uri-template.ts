/** URI templates, RFC 6570 up to level 3: parse, expand, and match in linear time. Level 4 (`{x:3}`, `{x*}`) is refused. */

/** Longest template taken, in UTF-16 code units. */
export const MAX_TEMPLATE_LENGTH = 8192

/** Most variables in one template. */
export const MAX_TEMPLATE_VARIABLES = 32

/**
 * A template for URIs. Variables under no operator or one of `+ # . /` are *positional*: told apart by where they stand. Those
 * under `; ? &` are *named*: told apart by the names that the URI spells out.
 */
export class UriTemplate {
  /** The template as it was given. */
  readonly text: string
  /** Its variables in the order in which they stand, each once. A percent-encoded name is left so (RFC 6570 2.3). */
  readonly variables: readonly string[]
  readonly #parts: readonly Part[]
  /** What a matching URI begins with. */
  readonly #head: string
  readonly #gaps: readonly Gap[]

  private constructor(text: string, parts: readonly Part[]) {
    const { head, gaps } = outline(parts)
    this.text = text
    this.variables = parts.flatMap(part => (typeof part === 'string' ? [] : part.names))
    this.#parts = parts
    this.#head = head
    this.#gaps = gaps
  }

  /**
   * The template that `text` spells. Stricter than RFC 6570, so that a URI matches in one way only: no variable twice, and no
   * expression directly after one whose value could hold what it begins with, as in `{x}{y}`, `{x}{.y}` or `{+x}{?y}`.
   * @throws TypeError with the index of the first fault and what was expected there; also past `MAX_TEMPLATE_LENGTH` or
   * `MAX_TEMPLATE_VARIABLES`.
   */
  static parse(text: string): UriTemplate {
    return new UriTemplate(text, parseParts(text))
  }

  /**
   * The values that make this template `uri`, percent-decoded, or undefined if none do. RFC 6570 1.4 leaves matching open; these are
   * the rules, under which no choice is ever taken back:
   * - A value ends at the earliest occurrence of the literal, separator or operator that follows it; before the template's last
   *   literal, at that literal's place at the end of the URI; with nothing after it, at the end of the URI.
   * - It holds only what expansion writes: unreserved characters and percent-encoding; after `+` and `#` reserved characters too.
   * - A positional variable is there and not empty: `a/{id}/b` does not match `a//b`, nor `a{/id}` plain `a`.
   * - Named variables come in any order, each at most once; any or all may be absent, and a name without `=` has an empty value. A
   *   name that the template lacks means no match, as a query that is ignored would give one resource many URIs.
   * - Malformed percent-encoding, or of what is not UTF-8, means no match. Literals and names are compared as written.
   * The cost is linear in the length of `uri`, which is not limited here.
   */
  match(uri: string): ReadonlyMap<string, string> | undefined {
    if (!uri.startsWith(this.#head)) return undefined
    const values: Value[] = []
    let at = this.#head.length
    for (const gap of this.#gaps) {
      const end = gap === this.#gaps.at(-1) ? lastPlace(gap, uri) : firstPlace(gap, uri, at)
      const found = end < at ? undefined : fill(gap, uri.slice(at, end))
      if (found === undefined) return undefined
      values.push(...found)
      at = end + gap.until.length
    }
    return at === uri.length ? new Map(values) : undefined
  }

  /**
   * The URI for these values (RFC 6570 3.2). One that is undefined or absent leaves no trace, nor does an inherited one; others are
   * passed over. `match` gives back what `expand` was given unless a positional value is empty or absent, or a value holds what
   * ends it or, after `+` and `#`, percent-encoding, which is copied.
   * @throws TypeError for a lone surrogate, which UTF-8 can't carry.
   */
  expand(values: { readonly [name: string]: string | undefined }): string {
    let uri = ''
    for (const part of this.#parts) {
      if (typeof part === 'string') uri += part
      else {
        const { first, separator, named, ifEmpty, reserved } = part.operator
        const written = part.names.flatMap(name => {
          const value = Object.hasOwn(values, name) ? values[name] : undefined
          if (value === undefined) return []
          if (/\p{Cs}/u.test(value)) throw new TypeError(`the value of ${name} holds a lone surrogate; expected text that UTF-8 can carry`)
          return (named ? name + (value === '' ? ifEmpty : '=') : '') + (reserved ? encodeSome(value) : encodeAll(value))
        })
        if (written.length > 0) uri += first + written.join(separator)
      }
    }
    return uri
  }
}

/** A row of RFC 6570 appendix A, and what is not in it: the first character that no longer belongs to the value, or to a list of them. */
interface Operator {
  readonly first: string
  readonly separator: string
  readonly named: boolean
  /** What follows the name if the value is empty. */
  readonly ifEmpty: '' | '='
  /** May a value hold reserved characters as they are? */
  readonly reserved: boolean
  readonly beyond: RegExp
  /** The operators whose sign what this one wrote could hold. */
  readonly holds: string
}

const BEYOND_UNRESERVED = /[^A-Za-z0-9\-._~%]/
const BEYOND_RESERVED = /[^A-Za-z0-9\-._~%:/?#[\]@!$&'()*+,;=]/
const PLAIN = { first: '', separator: ',', named: false, ifEmpty: '', reserved: false, beyond: BEYOND_UNRESERVED, holds: '.' } as const
const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['+', { ...PLAIN, reserved: true, beyond: BEYOND_RESERVED, holds: '#./;?&' }],
  ['#', { ...PLAIN, first: '#', reserved: true, beyond: BEYOND_RESERVED, holds: '#./;?&' }],
  ['.', { ...PLAIN, first: '.', separator: '.' }],
  ['/', { ...PLAIN, first: '/', separator: '/' }],
  [';', { ...PLAIN, first: ';', separator: ';', named: true, beyond: /[^A-Za-z0-9\-._~%=;]/, holds: '.;' }],
  ['?', { ...PLAIN, first: '?', separator: '&', named: true, ifEmpty: '=', beyond: /[^A-Za-z0-9\-._~%=&]/, holds: '.?&' }],
  ['&', { ...PLAIN, first: '&', separator: '&', named: true, ifEmpty: '=', beyond: /[^A-Za-z0-9\-._~%=&]/, holds: '.&' }],
])

type Expression = { readonly operator: Operator; readonly names: readonly string[] }

/** A literal, as it stands in URIs, or an expression. */
type Part = string | Expression

function parseParts(text: string): Part[] {
  if (text.length > MAX_TEMPLATE_LENGTH) {
    throw new TypeError(`a URI template of ${text.length} characters; expected at most ${MAX_TEMPLATE_LENGTH}`)
  }
  const parts: Part[] = []
  const seen = new Set<string>()
  /** What the expressions since the last literal could hold. Several count, because a named one may be absent. */
  let held = ''
  for (let at = 0; at < text.length;) {
    const brace = text.indexOf('{', at)
    const literal = text.slice(at, brace === -1 ? text.length : brace)
    if (literal !== '') {
      parts.push(parseLiteral(literal, at))
      held = ''
    }
    if (brace === -1) break
    const close = text.indexOf('}', brace)
    if (close === -1) throw fault(brace, '{ is never closed; expected } after the variables')
    const sign = text[brace + 1]!
    if ('=,!@|'.includes(sign)) throw fault(brace + 1, `the operator ${sign} has no meaning; expected none, or one of + # . / ; ? &`)
    const operator = OPERATORS.get(sign) ?? PLAIN
    const { first, named, holds } = operator
    if (held !== '' && (first === '' || held.includes(first))) {
      throw fault(brace, 'the value before this expression could run on into it; expected a literal between them, or one expression')
    }
    held = named ? held + holds : holds
    const start = brace + (operator === PLAIN ? 1 : 2)
    parts.push({ operator, names: parseNames(text.slice(start, close), start, seen) })
    at = close + 1
  }
  return parts
}

const NAME = /^(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*$/

function parseNames(list: string, start: number, seen: Set<string>): string[] {
  let next = start
  return list.split(',').map(name => {
    const at = next
    next += name.length + 1
    if (name === '') throw fault(at, 'a variable without a name; expected one of letters, digits, _ and dots between them')
    if (/[:*]/.test(name)) throw fault(at, `${quote(name)} has a modifier of level 4; expected a plain name, as in levels 1 to 3`)
    if (!NAME.test(name)) throw fault(at, `${quote(name)} is no variable name; expected letters, digits, _ and dots between them`)
    if (seen.has(name)) throw fault(at, `the variable ${quote(name)} stands here again; expected each once`)
    if (seen.size === MAX_TEMPLATE_VARIABLES) throw fault(at, `more variables than ${MAX_TEMPLATE_VARIABLES}; expected at most that many`)
    seen.add(name)
    return name
  })
}

/** The characters that no literal holds (RFC 6570 2.1, with erratum 6937, which allows the apostrophe). */
const NO_LITERAL = /%(?![0-9A-Fa-f]{2})|[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point} "<>\\^`{|}]/u

function parseLiteral(literal: string, start: number): string {
  const at = literal.search(NO_LITERAL)
  if (at !== -1) throw fault(start + at, `${quote(literal[at]!)} outside an expression; expected a character of a URI, or its encoding`)
  return encodeSome(literal)
}

function fault(index: number, what: string): TypeError {
  return new TypeError(`URI template, index ${index}: ${what}`)
}

const quote = (text: string): string => JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)

/** U of RFC 6570 3.2.1: all but unreserved characters is encoded. */
const encodeAll = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** U+R of RFC 6570 3.2.1: reserved characters and percent-encoding are copied. */
const encodeSome = (text: string): string =>
  text.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~%:/?#[\]@!$&'()*+,;=]+/g, encodeURIComponent)

/** A positional value, lists of named ones, or one and then the others; and the literal after them. */
interface Gap {
  readonly positional?: { readonly name: string; readonly beyond: RegExp }
  readonly lists: readonly Expression[]
  /** Empty at the end of a template that ends in an expression. */
  readonly until: string
  /** By n: how long a beginning of `until` its first n + 1 characters also end in. */
  readonly borders: readonly number[]
}

type Value = readonly [name: string, value: string]

/** The template as literals and the gaps between them. Signs and separators of positional values are literals as well. */
function outline(parts: readonly Part[]): { readonly head: string; readonly gaps: readonly Gap[] } {
  let head = ''
  const gaps: { positional?: NonNullable<Gap['positional']>; lists: Expression[]; until: string }[] = []
  const write = (literal: string): void => {
    const before = gaps.at(-1)
    if (before === undefined) head += literal
    else before.until += literal
  }
  const gap = (): (typeof gaps)[number] => {
    if (gaps.at(-1)?.until !== '') gaps.push({ lists: [], until: '' })
    return gaps.at(-1)!
  }
  for (const part of parts) {
    if (typeof part === 'string') write(part)
    else if (part.operator.named) gap().lists.push(part)
    else {
      const { first, separator, beyond } = part.operator
      for (const [index, name] of part.names.entries()) {
        write(index === 0 ? first : separator)
        gap().positional = { name, beyond }
      }
    }
  }
  return { head, gaps: gaps.map(gap => ({ ...gap, borders: bordersOf(gap.until) })) }
}

/** The values in `text`, if it is this gap to its end. */
function fill({ positional, lists }: Gap, text: string): Value[] | undefined {
  const values: Value[] = []
  let rest = text
  const take = (beyond: RegExp): string => {
    const taken = rest.slice(0, beyond.exec(rest)?.index)
    rest = rest.slice(taken.length)
    return taken
  }
  if (positional !== undefined) {
    const value = decode(take(positional.beyond))
    if (value === undefined || value === '') return undefined
    values.push([positional.name, value])
  }
  for (const { operator, names } of lists) {
    if (!rest.startsWith(operator.first)) continue
    rest = rest.slice(1)
    const left = new Set(names)
    for (const member of take(operator.beyond).split(operator.separator)) {
      const [name, encoded = '', ...more] = member.split('=')
      const value = decode(encoded)
      if (!left.delete(name!) || value === undefined || more.length > 0) return undefined
      values.push([name!, value])
    }
  }
  return rest === '' ? values : undefined
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function lastPlace({ until }: Gap, uri: string): number {
  return uri.endsWith(until) ? uri.length - until.length : -1
}

/** The earliest place of `until`, or -1. A place within percent-encoding is none. */
function firstPlace({ until, borders }: Gap, uri: string, from: number): number {
  // After Knuth, Morris and Pratt: indexOf may take time in proportion to the product of both lengths.
  for (let at = from, seen = 0; at < uri.length; at += 1) {
    seen = advance(until, borders, seen, uri[at]!)
    const start = at + 1 - seen
    if (seen === until.length && uri[start - 1] !== '%' && uri[start - 2] !== '%') return start
  }
  return -1
}

function bordersOf(literal: string): number[] {
  const borders: number[] = []
  for (let at = 0; at < literal.length; at += 1) borders.push(at === 0 ? 0 : advance(literal, borders, borders[at - 1]!, literal[at]!))
  return borders
}

/** How much of the literal has been seen once `char` has, given how much had been before it. */
function advance(literal: string, borders: readonly number[], before: number, char: string): number {
  let seen = before
  while (seen > 0 && literal[seen] !== char) seen = borders[seen - 1]!
  return literal[seen] === char ? seen + 1 : 0
}
