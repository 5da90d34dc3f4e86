/** Schemas that the other side wrote: used only where using them cannot take for ever, since it writes the values as well. No I/O. */
import { type Check, checkOf } from '../validation/check.js'
import type { JsonSchema } from '../validation/from-schema.js'
import { lint } from '../validation/lint.js'

/** Objects and arrays in such a schema, each counted as often as it is referred to. Beyond it, it is not used. */
export const MAX_PEER_SCHEMA = 2000

/** Keywords whose work grows faster than the value: backtracking, comparing each with each, references found out later. A property of that name counts too. */
const WILD: ReadonlySet<string> = new Set(['pattern', 'patternProperties', 'uniqueItems', '$dynamicRef', '$recursiveRef'])

/** The check by a server's schema. `undefined`: it is none, points outside, or is too much; then nothing is held against it, and nothing is fetched. */
export const checkOfPeer = (schema: JsonSchema, subject: string): Promise<Check> | undefined =>
  (lint(schema) || !isTame(schema) ? undefined : checkOf(schema, subject))

const isTame = (root: JsonSchema): boolean => {
  let left = MAX_PEER_SCHEMA
  const open = new Set<object>()
  const walk = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return true
    if (--left < 0 || open.has(value)) return false
    open.add(value)
    const fine = Object.entries(value).every(([name, member]) => !WILD.has(name) && walk(name === '$ref' && typeof member === 'string' ? targetOf(root, member) : member))
    open.delete(value)
    return fine
  }
  return walk(root)
}

/** What a reference within the document leads to; one by another name leads back to the root, where it is found to turn in a circle. */
const targetOf = (root: JsonSchema, ref: string): unknown => {
  if (!ref.startsWith('#/')) return root
  const steps = decodeURIComponent(ref.slice(2)).split('/').map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  return steps.reduce<unknown>((at, step) => (at as { readonly [name: string]: unknown } | undefined)?.[step], root)
}
