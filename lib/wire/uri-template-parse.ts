/** The text of a URI template in parts: RFC 6570 2, and what its operators do (appendix A). */

/** Longest template taken, in UTF-16 code units. */
export const MAX_TEMPLATE_LENGTH = 8192

/** Most variables in one template. */
export const MAX_TEMPLATE_VARIABLES = 32

/** A row of RFC 6570 appendix A, and what is not in it: the first character that no longer belongs to the value, or to a list of them. */
export interface Operator {
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

/** Unreserved, percent-encoded, and `: @ ! $ ' ( ) * + =`, with which no separator and no operator begins. */
const BEYOND_SEGMENT = /[^A-Za-z0-9\-._~%:@!$'()*+=]/
const BEYOND_RESERVED = /[^A-Za-z0-9\-._~%:/?#[\]@!$&'()*+,;=]/
const PLAIN = { first: '', separator: ',', named: false, ifEmpty: '', reserved: false, beyond: BEYOND_SEGMENT, holds: '.' } as const
const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['+', { ...PLAIN, reserved: true, beyond: BEYOND_RESERVED, holds: '#./;?&' }],
  ['#', { ...PLAIN, first: '#', reserved: true, beyond: BEYOND_RESERVED, holds: '#./;?&' }],
  ['.', { ...PLAIN, first: '.', separator: '.' }],
  ['/', { ...PLAIN, first: '/', separator: '/' }],
  [';', { ...PLAIN, first: ';', separator: ';', named: true, beyond: /[^A-Za-z0-9\-._~%:@!$'()*=;]/, holds: '.;' }],
  ['?', { ...PLAIN, first: '?', separator: '&', named: true, ifEmpty: '=', beyond: /[^A-Za-z0-9\-._~%:@!$'()*=&]/, holds: '.?&' }],
  ['&', { ...PLAIN, first: '&', separator: '&', named: true, ifEmpty: '=', beyond: /[^A-Za-z0-9\-._~%:@!$'()*=&]/, holds: '.&' }],
])

/** A pair of braces and what is in it. */
export type Expression = { readonly operator: Operator; readonly names: readonly string[] }

/** A literal, as it stands in URIs, or an expression. */
export type Part = string | Expression

/** The template in parts. @throws TypeError as `UriTemplate.parse` does */
export function parseParts(text: string): Part[] {
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

/** U+R of RFC 6570 3.2.1: reserved characters and percent-encoding are copied. */
export const encodeSome = (text: string): string =>
  text.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~%:/?#[\]@!$&'()*+,;=]+/g, encodeURIComponent)
