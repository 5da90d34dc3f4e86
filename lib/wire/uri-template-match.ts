/** Which values make a URI template a URI: literals sought from the left, in linear time, no choice taken back. */
import type { Expression, Part } from './uri-template-parse.js'

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

/** A template as literals and the gaps between them. */
export interface Outline {
  /** What a matching URI begins with. */
  readonly head: string
  readonly gaps: readonly Gap[]
}

/** Signs and separators of positional values are literals as well. */
export function outlineOf(parts: readonly Part[]): Outline {
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

/** The values in `uri`, or undefined if it does not fit. */
export function valuesIn({ head, gaps }: Outline, uri: string): ReadonlyMap<string, string> | undefined {
  if (!uri.startsWith(head)) return undefined
  const values: Value[] = []
  let at = head.length
  for (const gap of gaps) {
    const end = gap === gaps.at(-1) ? lastPlace(gap, uri) : firstPlace(gap, uri, at)
    const found = end < at ? undefined : fill(gap, uri.slice(at, end))
    if (found === undefined) return undefined
    values.push(...found)
    at = end + gap.until.length
  }
  return at === uri.length ? new Map(values) : undefined
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
