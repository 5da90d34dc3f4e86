/** `x-mcp-header`: the arguments of a tool that travel in header fields as well (2026-07-28/basic/transports/streamable-http#schema-extension). */
import type { JsonObject } from '../wire/json-rpc.js'

/** An argument that is repeated in `Mcp-Param-{name}`. */
export interface Mirrored {
  /** The annotation as written. */
  readonly name: string
  /** Property names from the arguments' root to the value. */
  readonly path: readonly string[]
  readonly type: 'string' | 'integer' | 'boolean'
}

export const ANNOTATION = 'x-mcp-header'
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/ // RFC 9110, 5.6.2
const TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean'])
/** Keywords whose values are data, not schemas: what looks like an annotation there is none. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples'])
/** Keywords whose members are schemas by a name of their own, which is no keyword whatever it is. */
const NAMED: ReadonlySet<string> = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties'])
/** Levels of schema that are looked through. Deeper schemas are refused elsewhere. */
const MAX_DEPTH = 64

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The annotated arguments of a tool, or in a sentence what is wrong with an annotation: such a tool is not to be used. */
export const mirroredOf = (inputSchema: unknown): readonly Mirrored[] | string => {
  const found: Mirrored[] = []
  const names = new Set<string>()

  /** `path`: how the value is reached through `properties` alone; undefined where it is not. */
  const look = (schema: unknown, path: readonly string[] | undefined, depth: number): string | undefined => {
    if (depth > MAX_DEPTH) return undefined
    if (Array.isArray(schema)) return firstOf(schema.map(item => () => look(item, undefined, depth + 1)))
    if (!isObject(schema)) return undefined
    const fault = ANNOTATION in schema ? take(schema, path) : undefined
    if (fault) return fault
    return firstOf(
      Object.entries(schema).filter(([keyword]) => !DATA.has(keyword)).map(([keyword, value]) => () =>
        keyword === 'properties' && isObject(value)
          ? firstOf(Object.entries(value).map(([name, property]) => () => look(property, path && [...path, name], depth + 1)))
          : NAMED.has(keyword) && isObject(value)
            ? firstOf(Object.values(value).map(named => () => look(named, undefined, depth + 1)))
            : look(value, undefined, depth + 1)),
    )
  }

  const take = (schema: JsonObject, path: readonly string[] | undefined): string | undefined => {
    const name = schema[ANNOTATION]
    const where = path?.join('.') ?? ''
    if (typeof name !== 'string' || !TOKEN.test(name)) return `${ANNOTATION} of ${where || 'a subschema'} is ${JSON.stringify(name)}; expected a header name`
    if (path === undefined || path.length === 0) return `${ANNOTATION} ${name} stands where it is not reached through properties alone`
    if (!TYPES.has(schema.type)) return `${ANNOTATION} ${name} is on ${where}, of type ${JSON.stringify(schema.type)}; expected string, integer or boolean`
    if (names.has(name.toLowerCase())) return `${ANNOTATION} ${name} is given twice`
    names.add(name.toLowerCase())
    found.push({ name, path, type: schema.type as Mirrored['type'] })
    return undefined
  }

  return look(inputSchema, [], 0) ?? found
}

const firstOf = (looks: readonly (() => string | undefined)[]): string | undefined => {
  for (const look of looks) {
    const fault = look()
    if (fault !== undefined) return fault
  }
  return undefined
}
