/**
 * Is this a JSON Schema that we can hold a value against? Looked at when it is registered, without ajv: keywords of the wrong kind,
 * references that lead nowhere or out of the document, patterns that are none or that no bounded time is known for, and schemas too deep or too large.
 */
import type { JsonSchema } from './from-schema.js'
import { faultOf } from './matcher.js'

/** Subschemas nested inside one another. */
export const MAX_SCHEMA_DEPTH = 64
/** Subschemas in all. */
export const MAX_SUBSCHEMAS = 10_000

/** Levels of any kind, data and unknown keywords included. */
const MAX_NESTING = 512
/** Schemas that apply to the same value, one leading to the next. */
const MAX_CHAIN = 500

/** Dialects understood, by the `$schema` that declares them, without a trailing `#`. */
export const DIALECTS: ReadonlyMap<string, Dialect> = new Map([
  ['https://json-schema.org/draft/2020-12/schema', '2020-12'],
  ['https://json-schema.org/draft/2019-09/schema', '2019-09'],
  ['http://json-schema.org/draft-07/schema', 'draft-07'],
])
export type Dialect = '2020-12' | '2019-09' | 'draft-07'

/** What a schema lacks: where, as a JSON pointer, and why. */
export interface SchemaFault {
  readonly pointer: string
  readonly sentence: string
}

/** The dialect a schema declares; the default when it declares none; `undefined` when it names one that is not understood. */
export const dialectOf = (schema: JsonSchema, byDefault: Dialect = '2020-12'): Dialect | undefined => {
  const declared = typeof schema === 'object' ? schema.$schema : undefined
  if (declared === undefined) return byDefault
  return typeof declared === 'string' ? DIALECTS.get(declared.replace(/#$/, '')) : undefined
}

type Kind =
  | 'schema' | 'schemas' | 'map' | 'strings' | 'names' | 'string' | 'count' | 'number' | 'boolean' | 'type' | 'values' | 'list' | 'any' | 'pattern' | 'patterns'
  | 'items' | 'dependencies'

const KINDS: ReadonlyMap<string, Kind> = new Map(
  Object.entries({
    schema: ['additionalProperties', 'contains', 'else', 'if', 'not', 'propertyNames', 'then', 'unevaluatedItems', 'unevaluatedProperties', 'additionalItems', 'contentSchema'],
    schemas: ['allOf', 'anyOf', 'oneOf', 'prefixItems'],
    map: ['$defs', 'definitions', 'dependentSchemas', 'properties'],
    strings: ['required'],
    names: ['dependentRequired'],
    string: ['$anchor', '$comment', '$dynamicAnchor', '$dynamicRef', '$id', '$ref', '$schema', 'description', 'format', 'title', 'contentEncoding', 'contentMediaType'],
    count: ['maxContains', 'maxItems', 'maxLength', 'maxProperties', 'minContains', 'minItems', 'minLength', 'minProperties'],
    number: ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
    boolean: ['deprecated', 'readOnly', 'uniqueItems', 'writeOnly'],
    type: ['type'],
    values: ['enum'],
    list: ['examples'],
    any: ['const', 'default'],
    pattern: ['pattern'],
    patterns: ['patternProperties'],
    items: ['items'],
    dependencies: ['dependencies'],
  } satisfies Record<Kind, readonly string[]>).flatMap(([kind, keywords]) => keywords.map(keyword => [keyword, kind as Kind])),
)

const TYPES: ReadonlySet<unknown> = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'])

const isObject = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === 'object' && value !== null && !Array.isArray(value)
const isStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(item => typeof item === 'string')
const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** The first fault of a schema, or nothing. */
export const lint = (schema: unknown, byDefault: Dialect = '2020-12'): SchemaFault | undefined => {
  if (typeof schema !== 'boolean' && !isObject(schema)) return { pointer: '', sentence: `a schema is an object or a boolean, not ${show(schema)}` }
  const dialect = dialectOf(schema, byDefault)
  if (dialect === undefined) {
    return { pointer: '/$schema', sentence: `dialect ${show((schema as { $schema?: unknown }).$schema)} is not understood; ${[...DIALECTS.keys()].join(', ')} are` }
  }
  if (isNested(schema, MAX_NESTING)) return { pointer: '', sentence: `is nested too deep: more than ${MAX_NESTING} levels` }
  const anchors = new Set<string>()
  const nodes: [object, string][] = []
  const references: { readonly pointer: string; readonly ref: string }[] = []
  let count = 0

  const walk = (node: unknown, pointer: string, depth: number): SchemaFault | undefined => {
    if (typeof node === 'boolean') return undefined
    if (!isObject(node)) return { pointer, sentence: `must be a schema, an object or a boolean, not ${show(node)}` }
    if (++count > MAX_SUBSCHEMAS) return { pointer, sentence: `is one subschema too many; at most ${MAX_SUBSCHEMAS} are taken` }
    if (depth > MAX_SCHEMA_DEPTH) return { pointer, sentence: `is nested too deep; at most ${MAX_SCHEMA_DEPTH} levels are taken` }
    nodes.push([node, pointer])
    for (const [keyword, value] of Object.entries(node)) {
      const at = `${pointer}/${escape(keyword)}`
      const kind = KINDS.get(keyword)
      const fault = kind === undefined ? undefined : look(kind, value, at, depth)
      if (fault) return fault
    }
    for (const keyword of ['$anchor', '$dynamicAnchor']) {
      const name = node[keyword]
      if (typeof name !== 'string') continue
      if (anchors.has(name)) return { pointer: `${pointer}/${keyword}`, sentence: `${show(name)} names another subschema already` }
      anchors.add(name)
    }
    if (depth > 0 && node.$id !== undefined) return { pointer: `${pointer}/$id`, sentence: 'makes a document of its own within this one; only references within one document are followed' }
    for (const keyword of ['$ref', '$dynamicRef']) {
      const ref = node[keyword]
      if (typeof ref === 'string') references.push({ pointer: `${pointer}/${keyword}`, ref })
    }
    return undefined
  }

  const each = (entries: Iterable<readonly [string | number, unknown]>, at: string, depth: number): SchemaFault | undefined => {
    for (const [key, value] of entries) {
      const fault = walk(value, `${at}/${escape(String(key))}`, depth + 1)
      if (fault) return fault
    }
    return undefined
  }

  const look = (kind: Kind, value: unknown, at: string, depth: number): SchemaFault | undefined => {
    const wrong = (expected: string): SchemaFault => ({ pointer: at, sentence: `must be ${expected}, not ${show(value)}` })
    switch (kind) {
      case 'schema':
        return walk(value, at, depth + 1)
      case 'items':
        return Array.isArray(value) && dialect !== '2020-12' ? each(value.entries(), at, depth) : walk(value, at, depth + 1)
      case 'schemas':
        return Array.isArray(value) && value.length > 0 ? each(value.entries(), at, depth) : wrong('a non-empty array of schemas')
      case 'map':
        return isObject(value) ? each(Object.entries(value), at, depth) : wrong('an object of schemas')
      case 'dependencies':
        return isObject(value) ? each(Object.entries(value).filter(([, item]) => !isStrings(item)), at, depth) : wrong('an object of schemas or name lists')
      case 'patterns': {
        if (!isObject(value)) return wrong('an object of schemas')
        for (const source of Object.keys(value)) {
          const bad = faultOf(source)
          if (bad) return { pointer: at, sentence: `key ${show(source)} ${bad}` }
        }
        return each(Object.entries(value), at, depth)
      }
      case 'pattern': {
        if (typeof value !== 'string') return wrong('a regular expression')
        const bad = faultOf(value)
        return bad === undefined ? undefined : { pointer: at, sentence: `${show(value)} ${bad}` }
      }
      case 'strings':
        return isStrings(value) && new Set(value).size === value.length ? undefined : wrong('an array of different strings')
      case 'string':
        return typeof value === 'string' ? undefined : wrong('a string')
      case 'count':
        return Number.isInteger(value) && (value as number) >= 0 ? undefined : wrong('an integer from 0')
      case 'number':
        return typeof value === 'number' && (!at.endsWith('/multipleOf') || value > 0) ? undefined : wrong('a number')
      case 'boolean':
        return typeof value === 'boolean' ? undefined : wrong('true or false')
      case 'type':
        return (Array.isArray(value) ? value.length > 0 && value.every(item => TYPES.has(item)) : TYPES.has(value)) ? undefined : wrong(`one or some of ${[...TYPES].join(', ')}`)
      case 'names':
        return isObject(value) && Object.values(value).every(isStrings) ? undefined : wrong('an object of name lists')
      case 'values':
        return Array.isArray(value) && value.length > 0 ? undefined : wrong('an array of at least one value')
      case 'list':
        return Array.isArray(value) ? undefined : wrong('an array')
      case 'any':
        return undefined
    }
  }

  const fault = walk(schema, '', 0)
  if (fault) return fault
  for (const { pointer, ref } of references) {
    // 2026-07-28/basic/index#security-considerations: nothing is ever fetched because a schema says so
    if (!ref.startsWith('#')) return { pointer, sentence: `${show(ref)} leads out of the document; only references within it (#…) are followed` }
    if (!(ref.slice(1).startsWith('/') || ref === '#' ? targetOf(schema, ref) !== undefined : anchors.has(ref.slice(1)))) return { pointer, sentence: `${show(ref)} leads nowhere in this schema` }
  }
  return circleIn(schema, nodes)
}

/** Keywords whose schemas apply to the same value: going round in them never ends. */
const IN_PLACE = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'] as const

/** A way from a subschema back to itself that does not go deeper into the value. */
const circleIn = (root: unknown, nodes: readonly (readonly [object, string])[]): SchemaFault | undefined => {
  const done = new Set<unknown>()
  const open = new Set<unknown>()
  const visit = (node: unknown, pointer: string): SchemaFault | undefined => {
    if (!isObject(node) || done.has(node)) return undefined
    if (open.has(node)) return { pointer, sentence: 'leads back to itself without going deeper into the value' }
    if (open.size >= MAX_CHAIN) return { pointer, sentence: `is reached through more than ${MAX_CHAIN} references` }
    open.add(node)
    const next: [unknown, string][] = IN_PLACE.flatMap(keyword => (Array.isArray(node[keyword]) ? node[keyword] : [node[keyword]]).map((item): [unknown, string] => [item, `${pointer}/${keyword}`]))
    for (const keyword of ['$ref', '$dynamicRef']) if (typeof node[keyword] === 'string') next.push([targetOf(root, node[keyword]), `${pointer}/${keyword}`])
    for (const [item, at] of next) {
      const fault = visit(item, at)
      if (fault) return fault
    }
    open.delete(node)
    done.add(node)
    return undefined
  }
  for (const [node, pointer] of nodes) {
    const fault = visit(node, pointer)
    if (fault) return fault
  }
  return undefined
}

/** Looked at a level at a time: what is too deep must not be walked down to find out. */
const isNested = (value: unknown, maxLevels: number): boolean => {
  let level: unknown[] = [value]
  for (let levels = 0; level.length > 0; levels++) {
    if (levels > maxLevels) return true
    level = level.flatMap(item => (typeof item === 'object' && item !== null ? Object.values(item) : []))
  }
  return false
}

/** What a reference by pointer leads to, if it is a schema. */
const targetOf = (root: unknown, ref: string): unknown => {
  const fragment = ref.slice(1)
  if (fragment === '') return root
  if (!fragment.startsWith('/')) return undefined
  let node = root
  for (const part of fragment.slice(1).split('/')) {
    let key: string
    try {
      key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    } catch {
      return undefined
    }
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined
    node = (node as { readonly [key: string]: unknown })[key]
  }
  return typeof node === 'boolean' || isObject(node) ? node : undefined
}

/**
 * The schema with the keywords that its dialects know: the rest are annotations, some of which ajv would not take for such.
 * Its own `$id` goes too: references stay within it.
 */
export const known = (schema: JsonSchema): JsonSchema => {
  const clean = (node: unknown): unknown => {
    if (!isObject(node)) return node
    return Object.fromEntries(Object.entries(node).flatMap(([keyword, value]): [string, unknown][] => {
      const kind = KINDS.get(keyword)
      if (kind === undefined || keyword === '$id') return []
      if (kind === 'schema' || kind === 'items') return [[keyword, Array.isArray(value) ? value.map(clean) : clean(value)]]
      if (kind === 'schemas') return [[keyword, (value as unknown[]).map(clean)]]
      if (kind === 'map' || kind === 'patterns' || kind === 'dependencies') return [[keyword, Object.fromEntries(Object.entries(value as object).map(([name, item]) => [name, clean(item)]))]]
      return [[keyword, value]]
    }))
  }
  return clean(schema) as JsonSchema
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
