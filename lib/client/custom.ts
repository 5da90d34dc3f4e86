/** Notifications that the protocol does not have, told apart and typed. No I/O. */
import { checkOf } from '../validation/check.js'
import type { JsonSchema, Typed } from '../validation/from-schema.js'

/**
 * Reads the notifications of one method: `const changed = await notificationOf('com.example/changed', SCHEMA)`, then `changed(note)` is the params
 * of a note of that method that fit the schema, and `undefined` for any other.
 * @throws TypeError for a schema that is none
 */
export const notificationOf = async <const P extends JsonSchema>(method: string, params: P): Promise<(note: { readonly method: string; readonly params?: unknown }) => Typed<P> | undefined> => {
  const check = await checkOf(params, 'params')
  return note => (note.method === method && check(note.params ?? {}) === undefined ? (note.params ?? {}) as Typed<P> : undefined)
}
