/** One sentence about why a value does not fit its schema: where, what was expected, what was seen. Says the same for any dialect. */

/** Why a value was refused. */
export interface Fault {
  /** JSON Pointer (RFC 6901) from the value checked to the place at fault, or to where the missing member should be. */
  readonly pointer: string
  /** One clause without a full stop, bounded in length whatever the peer sent: `params.level must be one of debug, info, not "loud"`. */
  readonly sentence: string
}

/** What of an ajv error is read here. */
export interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
}

/** Longest rendering of one value or one name, in characters. */
const SHOWN = 60
/** Longest rendering of a path; of a longer one the end is shown. */
const PATH = 200

/**
 * The one fault worth telling of those a validator found, usually by stopping at the first.
 *
 * @param errors What ajv left in `errors`; at least one.
 * @param subject What the checked value is called, such as `params` or `arguments`.
 * @param value The checked value.
 */
export const explain = (errors: readonly SchemaError[], subject: string, value: unknown): Fault => {
  const best = choose(errors)
  const steps = best.instancePath.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const seen = steps.reduce<unknown>(memberOf, value)
  const missing = best.keyword === 'required' || best.keyword === 'dependentRequired' || best.keyword === 'dependencies'
    ? String(best.params['missingProperty'])
    : undefined
  if (missing !== undefined) {
    return {
      pointer: `${best.instancePath}/${missing.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      sentence: `${pathOf(subject, [...steps, missing])} is required`,
    }
  }
  return { pointer: best.instancePath, sentence: `${pathOf(subject, steps)} ${verdict(best, errors, seen)}` }
}

/** Keywords that only report that something below them failed. */
const WRAPPERS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'if', 'propertyNames'])

/** Of a union's branches the one that got furthest is the one that was meant; a mere tag mismatch says least. */
const choose = (errors: readonly SchemaError[]): SchemaError => {
  const leaves = errors.filter((error) => !WRAPPERS.has(error.keyword))
  const rank = (error: SchemaError): number => error.instancePath.split('/').length * 2 - (error.keyword === 'const' ? 1 : 0)
  return leaves.toSorted((a, b) => rank(b) - rank(a))[0] ?? errors[0]!
}

const verdict = (error: SchemaError, errors: readonly SchemaError[], seen: unknown): string => {
  const { keyword, params } = error
  const together = errors.filter((other) => other.instancePath === error.instancePath)
  switch (keyword) {
    case 'type':
      return `must be ${joined(together.flatMap(typesOf))}, not ${shown(seen)}`
    case 'enum':
    case 'const': {
      const allowed = [...new Set(together.flatMap(valuesOf))].map((one) => typeof one === 'string' ? cut(one) : shown(one))
      return `must be ${allowed.length === 1 ? allowed[0] : `one of ${allowed.join(', ')}`}, not ${shown(seen)}`
    }
    case 'additionalProperties':
      return `must not have a member ${shown(params['additionalProperty'])}`
    case 'unevaluatedProperties':
      return `must not have a member ${shown(params['unevaluatedProperty'])}`
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${String(params['comparison'])} ${String(params['limit'])}, not ${shown(seen)}`
    case 'multipleOf':
      return `must be a multiple of ${String(params['multipleOf'])}, not ${shown(seen)}`
    case 'minLength':
    case 'maxLength':
    case 'minItems':
    case 'maxItems':
    case 'minProperties':
    case 'maxProperties':
      return `must have at ${keyword.startsWith('min') ? 'least' : 'most'} ${String(params['limit'])} ${unit(keyword)}, not ${size(seen)}`
    case 'pattern':
      return `must match ${cut(String(params['pattern']))}, which ${shown(seen)} does not`
    case 'format':
      return `must be in the format ${cut(String(params['format']))}, which ${shown(seen)} is not`
    case 'uniqueItems':
      return `must not repeat an item, as [${String(params['j'])}] and [${String(params['i'])}] do`
    case 'false schema':
      return 'is not allowed'
    default:
      return `does not satisfy the keyword ${cut(keyword)} of its schema: ${shown(seen)}`
  }
}

const typesOf = ({ keyword, params }: SchemaError): string[] =>
  keyword !== 'type' ? [] : ([params['type']].flat() as string[]).flatMap((names) => names.split(','))

const valuesOf = ({ keyword, params }: SchemaError): unknown[] =>
  keyword === 'enum' ? params['allowedValues'] as unknown[] : keyword === 'const' ? [params['allowedValue']] : []

const joined = (types: readonly string[]): string =>
  [...new Set(types)].map((type) => type === 'null' ? type : `${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`).join(' or ')

const unit = (keyword: string): string =>
  keyword.endsWith('Items') ? 'items' : keyword.endsWith('Length') ? 'characters' : 'members'

const size = (seen: unknown): number =>
  typeof seen === 'string' ? [...seen].length : Array.isArray(seen) ? seen.length : Object.keys(seen as object).length

const memberOf = (at: unknown, step: string): unknown =>
  typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Readonly<Record<string, unknown>>)[step] : undefined

const cut = (text: string): string => text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text

/** A value in few words. Objects and arrays are named, not printed: what they hold may be long, or secret. */
const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(cut(value))
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

const pathOf = (subject: string, steps: readonly string[]): string => {
  const path = subject + steps.map((step) =>
    /^\d+$/.test(step) ? `[${cut(step)}]` : /^[A-Za-z_$][\w$]*$/.test(step) ? `.${cut(step)}` : `[${JSON.stringify(cut(step))}]`).join('')
  return path.length > PATH ? `…${path.slice(1 - PATH)}` : path
}
