/** One ajv for each dialect, loaded when a schema needs it: a server without tools never does. */
import type { ValidateFunction } from 'ajv'
import type { JsonSchema } from './from-schema.js'
import { dialectOf, known, lint, type Dialect } from './lint.js'
import { Matcher } from './matcher.js'

interface Compiler {
  compile(schema: JsonSchema): ValidateFunction
}

const OPTIONS = {
  strict: false, // an unknown keyword is an annotation (JSON Schema 2020-12 core, 6.5), not an error
  allErrors: false, // stops at the first: a large wrong value costs no more than a right one
  validateSchema: false, // `lint` has looked
  validateFormats: false, // formats are annotations by default (2020-12 validation, 7.2.1)
  addUsedSchema: false, // two tools may use one $id
  ownProperties: true, // `required: ['toString']` is not met by every object
  logger: false,
  // RegExp can take for ever over a short text, and the peer chooses the text
  code: { regExp: Object.assign((source: string) => new Matcher(source), { code: 'Matcher' }) },
} as const

const load: { readonly [D in Dialect]: () => Promise<Compiler> } = {
  '2020-12': async () => new (await import('ajv/dist/2020.js')).default.default(OPTIONS),
  '2019-09': async () => new (await import('ajv/dist/2019.js')).default.default(OPTIONS),
  'draft-07': async () => new (await import('ajv')).default.default(OPTIONS),
}
const loaded = new Map<Dialect, Promise<Compiler>>()

/**
 * Compiles a schema that `lint` found good.
 * @throws TypeError if it is not good after all, with a sentence.
 */
export const compile = async (schema: JsonSchema, byDefault: Dialect = '2020-12'): Promise<ValidateFunction> => {
  const fault = lint(schema, byDefault)
  if (fault) throw new TypeError(`${fault.pointer || '(root)'} ${fault.sentence}`)
  const dialect = dialectOf(schema, byDefault)!
  let compiler = loaded.get(dialect)
  if (!compiler) loaded.set(dialect, (compiler = load[dialect]()))
  try {
    return (await compiler).compile(known(schema))
  } catch (error) {
    throw new TypeError(error instanceof Error ? error.message : String(error))
  }
}
