/** The TypeScript type of the values a JSON Schema literal admits: types only, for the common keywords; anything else is `unknown`. */

/** A JSON Schema: an object of keywords, or a boolean. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

interface Named {
  string: string
  number: number
  integer: number
  boolean: boolean
  null: null
  object: { readonly [key: string]: unknown }
  array: readonly unknown[]
}

type Flat<T> = { [K in keyof T]: T[K] }
type Required<S> = S extends { readonly required: readonly (infer R)[] } ? R : never

type FromObject<S> = S extends { readonly properties: infer P }
  ? Flat<
      { readonly [K in keyof P as K extends Required<S> ? K : never]: FromSchema<P[K]> } & {
        readonly [K in keyof P as K extends Required<S> ? never : K]?: FromSchema<P[K]>
      }
    >
  : Named['object']

type FromArray<S> = S extends { readonly items: infer I } ? readonly FromSchema<I>[] : Named['array']

type FromType<T, S> = T extends 'object' ? FromObject<S> : T extends 'array' ? FromArray<S> : T extends keyof Named ? Named[T] : unknown

/**
 * `FromSchema<typeof schema>` for a schema written `as const` or passed as a literal.
 * Understands type (one or several), properties, required, items, enum, const, anyOf and oneOf.
 */
export type FromSchema<S> = S extends { readonly const: infer C } ? C
  : S extends { readonly enum: readonly (infer E)[] } ? E
  : S extends { readonly anyOf: readonly (infer B)[] } ? (B extends unknown ? FromSchema<B> : never)
  : S extends { readonly oneOf: readonly (infer B)[] } ? (B extends unknown ? FromSchema<B> : never)
  : S extends { readonly type: readonly (infer T)[] } ? (T extends unknown ? FromType<T, S> : never)
  : S extends { readonly type: infer T } ? FromType<T, S>
  : S extends { readonly properties: unknown } ? FromObject<S>
  : unknown

/** What a schema admits; any object where the schema's type says nothing, as where none was given. */
export type Typed<S> = JsonSchema extends S ? Named['object'] : FromSchema<S>
