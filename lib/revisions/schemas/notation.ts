/**
 * A compact notation for message schemas that change with the revision. A shape, asked for one revision, answers with its
 * JSON Schema (2020-12) there, or with `undefined` where that revision does not have it. Only keywords that need no run-time
 * support are produced, so that what is compiled from them imports nothing.
 */
import { REVISIONS, within } from '../index.js'
import type { Revision } from '../revision.js'

/** A JSON Schema, as data. */
export type Schema = { readonly [keyword: string]: unknown }

/** What a value looks like, revision by revision. */
export type Shape = (at: Revision) => Schema | undefined

/** Named shapes; a name is what `ref` and the vocabulary refer to. */
export type Definitions = Readonly<Record<string, Shape>>

const OLDEST = REVISIONS[0]!.id

const fixed = (schema: Schema): Shape => () => schema

export const anything = fixed({})
export const string = fixed({ type: 'string' })
export const number = fixed({ type: 'number' })
export const integer = fixed({ type: 'integer' })
export const boolean = fixed({ type: 'boolean' })
/** An object whose members are free. */
export const open = fixed({ type: 'object' })
/** A number from 0 to 1. */
export const share = fixed({ type: 'number', minimum: 0, maximum: 1 })

/** One of several types. */
export const types = (...type: string[]): Shape => fixed({ type })
/** One of these strings. */
export const word = (...words: string[]): Shape =>
  fixed(words.length === 1 ? { type: 'string', const: words[0] } : { type: 'string', enum: words })
/** The definition of this name. */
export const ref = (name: string): Shape => fixed({ $ref: `#/$defs/${name}` })

/** Only from this revision on. */
export const since = (first: string, shape: Shape): Shape => (at) => within(at, first) ? shape(at) : undefined
/** Only up to this revision, itself included. */
export const until = (last: string, shape: Shape): Shape => (at) => within(at, OLDEST, last) ? shape(at) : undefined
/** In this revision alone. */
export const only = (one: string, shape: Shape): Shape => since(one, until(one, shape))
/** The first of these that the revision has. */
export const firstOf = (...shapes: Shape[]): Shape => (at) => {
  for (const shape of shapes) {
    const schema = shape(at)
    if (schema !== undefined) return schema
  }
  return undefined
}

/** An array of `items`, with at most `maxItems` of them where that is said. */
export const list = (items: Shape, maxItems?: number): Shape => (at) =>
  ({ type: 'array', items: items(at), ...(maxItems !== undefined && { maxItems }) })

/** An object of any names, each with such a value. */
export const map = (values: Shape): Shape => (at) => ({ type: 'object', additionalProperties: values(at) })

/** An object with these members, open to others. A name that ends in `?` is optional; one may be both, in different revisions. */
export const object = (members: Readonly<Record<string, Shape>>): Shape => (at) => {
  const properties: Record<string, Schema> = {}
  const required: string[] = []
  for (const [key, shape] of Object.entries(members)) {
    const schema = shape(at)
    if (schema === undefined) continue
    const name = key.replace(/\?$/, '')
    properties[name] = schema
    if (name === key) required.push(name)
  }
  return { type: 'object', ...(required.length > 0 && { required }), properties }
}

/** At least one of those that the revision has. */
export const either = (...shapes: Shape[]): Shape => (at) => {
  const branches = shapes.map((shape) => shape(at)).filter((schema) => schema !== undefined)
  return branches.length > 1 ? { anyOf: branches } : branches[0]
}

/** `then` where `test` holds, else `otherwise`; where the revision has only one of the two, that one. */
export const when = (test: Schema, then: Shape, otherwise: Shape): Shape => (at) => {
  const [yes, no] = [then(at), otherwise(at)]
  return yes === undefined || no === undefined ? yes ?? no : { if: test, then: yes, else: no }
}

/** Does this member hold exactly this text? Also true when the member is absent. */
export const says = (member: string, text: string): Schema =>
  ({ type: 'object', properties: { [member]: { const: text } } })

/** All of those that the revision has. */
export const all = (...shapes: Shape[]): Shape => (at) =>
  ({ allOf: shapes.map((shape) => shape(at)).filter((schema) => schema !== undefined) })

/**
 * The shape that the text of one member names; each says the same text as a constant. `discriminator` only tells a compiler to
 * look at the tag first, so that an error is about the branch that was meant: the verdict is that of the `oneOf`.
 */
export const tagged = (tag: string, branches: Readonly<Record<string, Shape>>): Shape => (at) => {
  const present = Object.entries(branches).flatMap(([text, shape]) => {
    const schema = shape(at)
    return schema === undefined ? [] : [{ text, schema }]
  })
  return {
    type: 'object',
    required: [tag],
    properties: { [tag]: { enum: present.map(({ text }) => text) } },
    discriminator: { propertyName: tag },
    oneOf: present.map(({ schema }) => schema),
  }
}
