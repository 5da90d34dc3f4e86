/** Does a value fit a pattern? And its reverse: a template filled with what was bound. The language is fixtures/README.md#patterns. */

import type { JsonObject } from '../wire/json-rpc.js'

/** JSON in which an object made only of `$` directives constrains the value instead of equalling it. */
export type Pattern = null | boolean | number | string | readonly Pattern[] | Fields
type Fields = { readonly [key: string]: Pattern }

/** What `$bind` has named so far. */
export type Bindings = ReadonlyMap<string, unknown>

export interface Mismatch {
  readonly fits: false
  /** JSON Pointer of the place that does not fit; empty for the value itself. */
  readonly path: string
  readonly expected: string
  readonly seen: string
}
export type Match = { readonly fits: true; readonly bound: Bindings } | Mismatch

/** A name that nothing was bound to: the fixture is wrong, unless a step missed that was to bind it. */
export class Unbound extends TypeError {
  override readonly name = 'Unbound'
}

/**
 * Fits when every field the pattern names fits, arrays element by element, everything else by equality.
 * `undefined` stands for a value that is not there. Names bound by a pattern that does not fit are forgotten.
 * @throws TypeError when the pattern itself is wrong: an ill-typed directive, or directives mixed with fields.
 */
export const match = (pattern: Pattern, value: unknown, known: Bindings = new Map(), path = ''): Match => {
  if (isFields(pattern) && isDirective(pattern)) return obey(pattern, value, known, path)
  if (value === undefined) return missed(path, show(pattern), 'nothing')
  if (isArray(pattern)) return matchArray(pattern, value, known, path)
  if (isFields(pattern)) return matchFields(pattern, value, known, path)
  return Object.is(pattern, value) ? { fits: true, bound: known } : missed(path, show(pattern), show(value))
}

/**
 * The template with every `{"$same": name}` replaced by what is bound, and every `{"$repeat": [text, times]}` by that text. A member that is
 * to be the same as one that was not there is left out.
 * @throws TypeError when a name is not bound, or a directive cannot be sent.
 */
export const fill = (template: Pattern, known: Bindings): unknown => {
  if (isArray(template)) return template.map(element => fill(element, known))
  if (!isFields(template)) return template
  if (!isDirective(template)) {
    return Object.fromEntries(Object.entries(template).map(([key, inner]) => [key, fill(inner, known)] as const).filter(([, value]) => value !== undefined))
  }
  if ('$same' in template) return lookUp(template['$same'], known)
  if ('$repeat' in template) return repeat(template['$repeat'])
  throw new TypeError(`${show(template)} cannot be sent: only $same and $repeat stand for a value`)
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: value => typeof value === 'string',
  number: value => typeof value === 'number',
  integer: value => Number.isInteger(value),
  boolean: value => typeof value === 'boolean',
  null: value => value === null,
  array: value => Array.isArray(value),
  object: value => isObject(value),
}

type Check = (argument: Pattern, value: unknown, known: Bindings, path: string) => Match

const when = (holds: boolean, known: Bindings, path: string, expected: string, value: unknown): Match =>
  holds ? { fits: true, bound: known } : missed(path, expected, show(value))

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['$absent', (wanted, value, known, path) => {
    if (typeof wanted !== 'boolean') throw new TypeError(`$absent takes true or false, not ${show(wanted)}`)
    return when((value === undefined) === wanted, known, path, wanted ? 'nothing' : 'something', value)
  }],
  ['$type', (name, value, known, path) => {
    const test = typeof name === 'string' && Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
    if (!test) throw new TypeError(`$type takes one of ${Object.keys(TYPES).join(', ')}, not ${show(name)}`)
    return when(test(value), known, path, `a value of type ${String(name)}`, value)
  }],
  ['$pattern', (source, value, known, path) => {
    if (typeof source !== 'string') throw new TypeError(`$pattern takes a regular expression, not ${show(source)}`)
    return when(typeof value === 'string' && new RegExp(source, 'u').test(value), known, path, `text matching /${source}/`, value)
  }],
  ['$at_least', (least, value, known, path) => {
    if (typeof least !== 'number') throw new TypeError(`$at_least takes a number, not ${show(least)}`)
    return when(typeof value === 'number' && value >= least, known, path, `a number of at least ${least}`, value)
  }],
  ['$same', (name, value, known, path) => {
    const earlier = lookUp(name, known)
    return when(equal(earlier, value), known, path, `${show(earlier)}, as ${String(name)} was`, value)
  }],
  ['$not', (inner, value, known, path) => when(!match(inner, value, known, path).fits, known, path, `anything but ${show(inner)}`, value)],
  ['$any_of', (alternatives, value, known, path) => {
    if (!isArray(alternatives)) throw new TypeError(`$any_of takes a list, not ${show(alternatives)}`)
    for (const alternative of alternatives) {
      const outcome = match(alternative, value, known, path)
      if (outcome.fits) return outcome
    }
    return missed(path, `one of ${show(alternatives)}`, show(value))
  }],
  ['$only', (fields, value, known, path) => {
    if (!isFields(fields)) throw new TypeError(`$only takes an object, not ${show(fields)}`)
    const surplus = isObject(value) ? Object.keys(value).find(key => !Object.hasOwn(fields, key)) : undefined
    if (surplus !== undefined) return missed(`${path}/${escape(surplus)}`, 'nothing', show((value as JsonObject)[surplus]))
    return match(fields, value, known, path)
  }],
  ['$each', (element, value, known, path) => {
    if (!Array.isArray(value)) return missed(path, 'an array', show(value))
    return inTurn(value.map((one, index) => bound => match(element, one, bound, `${path}/${index}`)), known)
  }],
  ['$has', (wanted, value, known, path) => {
    if (!isArray(wanted)) throw new TypeError(`$has takes a list, not ${show(wanted)}`)
    if (!Array.isArray(value)) return missed(path, 'an array', show(value))
    return inTurn(wanted.map(one => bound => {
      const found = value.map((element, index) => match(one, element, bound, `${path}/${index}`)).find(outcome => outcome.fits)
      return found ?? missed(path, `an array with ${show(one)} in it`, show(value))
    }), known)
  }],
  ['$length', (inner, value, known, path) =>
    Array.isArray(value) ? match(inner, value.length, known, `${path}/length`) : missed(path, 'an array', show(value))],
  ['$json', (inner, value, known, path) => {
    const parsed = typeof value === 'string' ? parse(value) : undefined
    return parsed === undefined ? missed(path, 'JSON text', show(value)) : match(inner, parsed, known, path)
  }],
  ['$bind', (name, value, known, path) => {
    if (typeof name !== 'string') throw new TypeError(`$bind takes a name, not ${show(name)}`)
    if (value === undefined) return missed(path, `a value to remember as ${name}`, 'nothing')
    return { fits: true, bound: new Map(known).set(name, value) }
  }],
  ['$maybe', (name, value, known) => {
    if (typeof name !== 'string') throw new TypeError(`$maybe takes a name, not ${show(name)}`)
    return { fits: true, bound: new Map(known).set(name, value) }
  }],
])

const SENT_ONLY: ReadonlySet<string> = new Set(['$repeat'])

/** Every directive a pattern may hold, in the order they are checked. */
export const DIRECTIVES: readonly string[] = [...CHECKS.keys()]

const obey = (directives: Fields, value: unknown, known: Bindings, path: string): Match => {
  const sentOnly = Object.keys(directives).find(name => SENT_ONLY.has(name))
  if (sentOnly) throw new TypeError(`${sentOnly} stands for a value to send and matches nothing`)
  const named = DIRECTIVES.filter(name => Object.hasOwn(directives, name))
  return inTurn(named.map(name => bound => CHECKS.get(name)!(directives[name]!, value, bound, path)), known)
}

const matchArray = (pattern: readonly Pattern[], value: unknown, known: Bindings, path: string): Match => {
  if (!Array.isArray(value)) return missed(path, `an array of ${pattern.length}`, show(value))
  if (value.length !== pattern.length) return missed(path, `an array of ${pattern.length}`, `${value.length}: ${show(value)}`)
  return inTurn(pattern.map((element, index) => bound => match(element, value[index], bound, `${path}/${index}`)), known)
}

const matchFields = (pattern: Fields, value: unknown, known: Bindings, path: string): Match => {
  if (!isObject(value)) return missed(path, 'an object', show(value))
  return inTurn(Object.entries(pattern).map(([key, inner]) => bound =>
    match(inner, Object.hasOwn(value, key) ? value[key] : undefined, bound, `${path}/${escape(key)}`)), known)
}

/** Each step sees what the ones before it bound; the first that misses decides. */
const inTurn = (steps: readonly ((bound: Bindings) => Match)[], known: Bindings): Match => {
  let bound = known
  for (const step of steps) {
    const outcome = step(bound)
    if (!outcome.fits) return outcome
    bound = outcome.bound
  }
  return { fits: true, bound }
}

/** Only known directives make an object one: `$schema` and `$ref` stay ordinary fields. */
const isDirective = (pattern: Fields): boolean => {
  const keys = Object.keys(pattern)
  const directives = keys.filter(key => CHECKS.has(key) || SENT_ONLY.has(key))
  if (directives.length > 0 && directives.length < keys.length) {
    throw new TypeError(`${show(pattern)} mixes directives with fields, so it is unclear which it is`)
  }
  return directives.length > 0
}

const lookUp = (name: Pattern | undefined, known: Bindings): unknown => {
  if (typeof name !== 'string') throw new TypeError(`$same takes a name, not ${show(name)}`)
  if (!known.has(name)) throw new Unbound(`nothing was bound as ${name}; bound are: ${[...known.keys()].join(', ') || 'none'}`)
  return known.get(name)
}

const repeat = (argument: Pattern | undefined): string => {
  const [text, times] = isArray(argument) ? argument : []
  if (typeof text !== 'string' || typeof times !== 'number') throw new TypeError(`$repeat takes [text, times], not ${show(argument)}`)
  return text.repeat(times)
}

const equal = (left: unknown, right: unknown): boolean => {
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((one, index) => equal(one, right[index]))
  }
  if (!isObject(left)) return Object.is(left, right)
  if (!isObject(right)) return false
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every(key => Object.hasOwn(right, key) && equal(left[key], right[key]))
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const isArray = (value: unknown): value is readonly Pattern[] => Array.isArray(value)
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isFields = isObject as (pattern: Pattern | undefined) => pattern is Fields

const missed = (path: string, expected: string, seen: string): Mismatch => ({ fits: false, path, expected, seen })

/** RFC 6901, section 3. */
const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

const SHOWN = 400
const show = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text
}
