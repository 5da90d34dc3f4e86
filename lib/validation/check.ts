/** A schema compiled once; a value held against it answers in a sentence. */
import { compile } from './dialects.js'
import { explain } from './explain.js'
import type { JsonSchema } from './from-schema.js'
import type { Dialect } from './lint.js'
import { TooMuchWork } from './matcher.js'

/** What does not fit, and where: a JSON pointer into the value. */
export interface Fault {
  readonly pointer: string
  readonly sentence: string
}

/** `undefined`: the value fits. */
export type Check = (value: unknown) => Fault | undefined

/**
 * Compiles `schema`; sentences call the value `subject`: `arguments.files must be an array, not "a"`.
 * @throws TypeError if the schema is none.
 */
export const checkOf = async (schema: JsonSchema, subject: string, byDefault?: Dialect): Promise<Check> => {
  const fits = await compile(schema, byDefault)
  return value => {
    try {
      return fits(value) ? undefined : explain(fits.errors ?? [], subject, value)
    } catch (error) {
      if (error instanceof TooMuchWork) return { pointer: '', sentence: `${subject} cannot be checked: a text in it ${error.message}` }
      throw error
    }
  }
}
