/**
 * JSON Schemas (2020-12) of the messages of every revision: structure only, our own writing. Names are those of the newest
 * specification where it has one. Open where the specification is open.
 */
import type { Revision } from '../revision.js'
import { asking } from './asking.js'
import { common } from './common.js'
import { content } from './content.js'
import { features } from './features.js'
import type { Schema, Shape } from './notation.js'
import { tasks } from './tasks.js'

export type { Schema } from './notation.js'

const SHAPES: ReadonlyMap<string, Shape> =
  new Map(Object.entries({ ...common, ...content, ...features, ...asking, ...tasks }))

/** One definition by itself, its references left as `#/$defs/Name`; `undefined` where the revision does not have it. */
export const definition = (name: string, revision: Revision): Schema | undefined => SHAPES.get(name)?.(revision)

/**
 * A schema that stands by itself, with everything it refers to under `$defs`.
 *
 * @throws TypeError if the revision has no such schema.
 */
export const schemaOf = (name: string, revision: Revision): Schema => {
  const root = definition(name, revision)
  if (root === undefined) throw new TypeError(`${revision.id} has no schema named ${name}`)
  const $defs: Record<string, Schema> = {}
  const pending = references(root)
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (Object.hasOwn($defs, next)) continue
    const found = definition(next, revision)
    if (found === undefined) throw new TypeError(`${name} of ${revision.id} refers to ${next}, which it does not have`)
    $defs[next] = found
    pending.push(...references(found))
  }
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...root, ...(Object.keys($defs).length > 0 && { $defs }) }
}

const PREFIX = '#/$defs/'
const references = (schema: unknown): string[] => {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([keyword, value]) =>
    keyword === '$ref' && typeof value === 'string' ? [value.slice(PREFIX.length)] : references(value))
}
