/** Checks of protocol messages by validators that the build has compiled. Loads nothing of ajv, compiles nothing. */
import type { Revision } from '../revisions/index.js'
import { explain } from './explain.js'
import type { Fault, SchemaError } from './explain.js'

/** `undefined` when the value fits, else why not. */
export type Check = (value: unknown) => Fault | undefined

/** What a side checks of one method. */
export interface Checks {
  /** The params of a message that this side receives. Absent params are checked as `{}`. */
  readonly params?: Check
  /** The result of a request that this side sends; of a client's, also what it answers. */
  readonly result?: Check
}

/** A validator as ajv compiles it: the errors of the last refusal are on the function. */
export interface Validator {
  (value: unknown): boolean
  errors?: readonly SchemaError[] | null
}

/** What the build writes: for each revision its methods, with the validator of the params and of the result. */
export type MessageTable = readonly (readonly [
  revision: string, methods: readonly (readonly [method: string, params: Validator | undefined, result: Validator | undefined])[],
])[]

/** What the build writes: for each revision the error codes whose `data` has a shape. */
export type ErrorTable = readonly (readonly [revision: string, codes: readonly (readonly [code: number, data: Validator])[]])[]

/** The checks of a table, by revision and method, or `undefined` for a method that this side neither hears nor says there. */
export const checksOf = (table: MessageTable): ((revision: Revision, method: string) => Checks | undefined) => {
  const checks = (params: Validator | undefined, result: Validator | undefined): Checks => ({
    ...(params !== undefined && { params: check(params, 'params', {}) }),
    ...(result !== undefined && { result: check(result, 'result') }),
  })
  const byRevision = new Map(table.map(([id, methods]) =>
    [id, new Map(methods.map(([method, params, result]) => [method, checks(params, result)]))]))
  return (revision, method) => byRevision.get(revision.id)?.get(method)
}

/** The check of an error's `data`, by revision and code, or `undefined` where it may be anything. */
export const errorChecksOf = (table: ErrorTable): ((revision: Revision, code: number) => Check | undefined) => {
  const byRevision = new Map(table.map(([id, codes]) => [id, new Map(codes.map(([code, data]) => [code, check(data, 'error.data')]))]))
  return (revision, code) => byRevision.get(revision.id)?.get(code)
}

const check = (validate: Validator, subject: string, absent?: object): Check => (given) => {
  const value = given === undefined ? absent : given
  return validate(value) ? undefined : explain(validate.errors!, subject, value)
}
