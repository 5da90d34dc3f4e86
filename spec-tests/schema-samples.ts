/** Values for comparing two JSON Schemas: valid samples of one that reach every branch, and every small change to a sample. */

/** A JSON Schema, with the keywords that the official documents use. */
export interface Node {
  readonly $schema?: string
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Node>>
  readonly definitions?: Readonly<Record<string, Node>>
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
  readonly allOf?: readonly Node[]
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Node
  readonly items?: Node
  readonly minimum?: number
}

/** A valid value; `under` names the one member in which it differs from a sample before it. */
export interface Sample {
  readonly value: unknown
  readonly under?: string
}

/** Follows a `$ref` of the document that the schema belongs to. */
export type Resolve = (ref: string) => Node

/**
 * Samples of a schema: an object with its required members only, with all, and with each further variant of each; every branch of
 * a union. Definitions that it refers to are sampled briefly, without the variants: they get all of theirs when it is their turn.
 */
export const samplesOf = (node: Node, resolve: Resolve, within: readonly string[] = []): Sample[] => {
  const brief = within.length > 1
  const inner = (child: Node, trail = within): unknown[] => samplesOf(child, resolve, trail).map(({ value }) => value)
  const plain = (values: readonly unknown[]): Sample[] => values.map((value) => ({ value }))

  const ref = node.$ref
  if (ref !== undefined) {
    return within.includes(ref) ? [] : samplesOf(resolve(ref), resolve, [...within, ref])
  }
  if ('const' in node) return plain([node.const])
  if (node.enum !== undefined) return plain(node.enum)
  const union = node.anyOf ?? node.oneOf
  if (union !== undefined) return plain(union.flatMap((branch) => inner(branch)))
  if (node.allOf !== undefined) {
    const parts = node.allOf.map((part) => inner(part))
    const rounds = Math.max(...parts.map((part) => part.length))
    return plain(Array.from({ length: rounds }, (_, round) => Object.assign({}, ...parts.map((part) => part[round % part.length]))))
  }
  if (typeof node.type === 'object') return plain(node.type.flatMap((type) => inner({ ...node, type })))

  switch (node.type) {
    case 'string': return plain(['text'])
    case 'integer': return plain([Math.max(1, node.minimum ?? 1)])
    case 'number': return plain([0.5])
    case 'boolean': return plain([true])
    case 'null': return plain([null])
    case 'array': {
      const items = inner(node.items ?? {})
      return plain(items.length === 0 ? [[]] : [items, []])
    }
    case 'object': return objectsOf(node, inner).slice(0, brief ? 2 : undefined)
    default: return plain(['anything'])
  }
}

const objectsOf = (node: Node, inner: (child: Node) => unknown[]): Sample[] => {
  const members = Object.entries(node.properties ?? {})
    .map(([name, child]) => ({ name, values: inner(child) }))
    .filter(({ values }) => values.length > 0)
  if (typeof node.additionalProperties === 'object') {
    inner(node.additionalProperties).forEach((value, position) => members.push({ name: `other ${position}`, values: [value] }))
  }
  const required = node.required ?? []
  const first = (names: typeof members): Record<string, unknown> => Object.fromEntries(names.map(({ name, values }) => [name, values[0]]))
  const full = first(members)
  return [
    { value: full },
    { value: first(members.filter(({ name }) => required.includes(name))) },
    ...members.flatMap(({ name, values }) => values.slice(1).map((value) => ({ value: { ...full, [name]: value }, under: name }))),
  ]
}

/** What a member is replaced by, one after the other: one value of each type and, for numbers, of each kind. */
const REPLACEMENTS: readonly (readonly [name: string, value: unknown])[] =
  [['null', null], ['true', true], ['text', 'other text'], ['7', 7], ['1.5', 1.5], ['-1', -1], ['array', []], ['object', {}]]

/** One change to a sample. `pointer` says where, `change` is `missing` or what stands there instead. */
export interface Change {
  readonly pointer: string
  readonly change: string
}

/**
 * Makes every single change to a value and calls `look` while it is in place: each member at each depth removed, then replaced by
 * one value of each type. The value is left as it was. Elements of arrays are replaced, not removed.
 */
export const eachChange = (sample: Sample, look: (change: Change, value: unknown) => void): void => {
  const root: { value: unknown } = { value: structuredClone(sample.value) }
  const visit = (parent: Record<string, unknown>, key: string, pointer: string): void => {
    const kept = parent[key]
    if (pointer !== '' && !Array.isArray(parent)) {
      delete parent[key]
      look({ pointer, change: 'missing' }, root.value)
    }
    for (const [change, value] of REPLACEMENTS) {
      parent[key] = value
      look({ pointer, change }, root.value)
    }
    parent[key] = kept
    if (typeof kept !== 'object' || kept === null) return
    for (const name of Object.keys(kept)) {
      if (pointer === '' && sample.under !== undefined && name !== sample.under) continue
      visit(kept as Record<string, unknown>, name, `${pointer}/${name}`)
    }
  }
  visit(root, 'value', '')
}
