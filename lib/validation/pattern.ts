/**
 * Reads a regular expression of JSON Schema (ECMA-262 22.2, flag u) into a tree. Only what is already known to be one is read: what is wrong with
 * the rest, RegExp says better. No I/O.
 */

/** A part of a pattern. A set is whatever stands for one code point, kept as it was written. */
export type Part =
  | { readonly kind: 'set'; readonly source: string }
  | { readonly kind: 'all'; readonly of: readonly Part[] }
  | { readonly kind: 'any'; readonly of: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly min: number; readonly max: number }
  | { readonly kind: 'at'; readonly place: Place; readonly wanted: boolean }
  | { readonly kind: 'look'; readonly part: Part; readonly ahead: boolean; readonly wanted: boolean }

/** Between two characters: the start of the text, its end, and where a word begins or ends. */
export type Place = 'start' | 'end' | 'edge'

/** Groups inside one another. */
const MAX_DEPTH = 100

/** @throws TypeError for what no bounded time is known for, with a sentence that begins with a verb */
export const readPattern = (source: string): Part => {
  const text = [...source]
  let at = 0
  let depth = 0
  const take = (count = 1): string => text.slice(at, (at += count)).join('')
  const has = (next: string): boolean => [...next].every((char, i) => text[at + i] === char)
  const skip = (next: string): boolean => has(next) && (at += next.length) > 0
  const through = (end: string): string => take(text.indexOf(end, at) + 1 - at)

  const alternatives = (): Part => {
    if (++depth > MAX_DEPTH) throw new TypeError(`nests more than ${MAX_DEPTH} groups`)
    const of: Part[] = []
    do of.push(sequence())
    while (skip('|'))
    depth--
    return of.length === 1 ? of[0]! : { kind: 'any', of }
  }

  const sequence = (): Part => {
    const of: Part[] = []
    while (at < text.length && !has('|') && !has(')')) of.push(counted(term()))
    return { kind: 'all', of }
  }

  const term = (): Part => {
    if (skip('^')) return { kind: 'at', place: 'start', wanted: true }
    if (skip('$')) return { kind: 'at', place: 'end', wanted: true }
    if (skip('\\b')) return { kind: 'at', place: 'edge', wanted: true }
    if (skip('\\B')) return { kind: 'at', place: 'edge', wanted: false }
    if (skip('(')) return group()
    return { kind: 'set', source: has('[') ? bracketed() : has('\\') ? escaped() : take() }
  }

  const group = (): Part => {
    const look = (['?=', '?!', '?<=', '?<!'] as const).find(skip)
    if (!look && !skip('?:')) {
      if (skip('?<')) through('>')
      else if (has('?')) throw new TypeError('changes flags inside a group')
    }
    const part = alternatives()
    take()
    return look ? { kind: 'look', part, ahead: !look.includes('<'), wanted: look.endsWith('=') } : part
  }

  const bracketed = (): string => {
    const from = at
    while (!has(']')) take(has('\\') ? 2 : 1)
    take()
    return text.slice(from, at).join('')
  }

  const escaped = (): string => {
    const letter = text[at + 1]!
    if (/[1-9k]/.test(letter)) throw new TypeError('refers back to what a group matched')
    if (/[pP]/.test(letter) || has('\\u{')) return through('}')
    if (letter !== 'u') return take({ c: 3, x: 4 }[letter] ?? 2)
    const unit = take(6)
    // two halves of one code point: ECMA-262, RegExpUnicodeEscapeSequence
    return /^\\u[dD][89abAB]/.test(unit) && /^\\u[dD][c-fC-F]/.test(text.slice(at, at + 4).join('')) ? unit + take(6) : unit
  }

  const counted = (part: Part): Part => {
    let [min, max] = [0, Infinity]
    if (skip('+')) min = 1
    else if (skip('?')) max = 1
    else if (has('{')) {
      const [from, to] = through('}').slice(1, -1).split(',')
      min = Number(from)
      max = to === undefined ? min : to === '' ? Infinity : Number(to)
    } else if (!skip('*')) return part
    skip('?') // what is tried first does not matter to whether it matches
    return { kind: 'repeat', part, min, max }
  }

  return alternatives()
}
