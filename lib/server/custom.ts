/** Methods and notifications that the protocol does not have. No I/O. */
import { CODES, ProtocolError } from '../protocol/errors.js'
import { VOCABULARY } from '../revisions/vocabulary.js'
import { checkOf, type Check } from '../validation/check.js'
import type { JsonSchema } from '../validation/from-schema.js'
import { lint } from '../validation/lint.js'
import type { JsonObject, RpcNotification } from '../wire/json-rpc.js'

/**
 * Holds params against their schema, which is compiled when it is first needed. What it returns rejects with a ProtocolError, -32602.
 * @throws TypeError that names `what`, for a schema that is none
 */
export const fitting = (what: string, schema: JsonSchema = true): ((params: JsonObject) => Promise<JsonObject>) => {
  const fault = lint(schema)
  if (fault) throw new TypeError(`${what}: params${fault.pointer} ${fault.sentence}`)
  let check: Promise<Check> | undefined
  return async params => {
    const wrong = schema !== true && (await (check ??= checkOf(schema, 'params')))(params)
    if (wrong) throw new ProtocolError(CODES.invalidParams, wrong.sentence)
    return params
  }
}

const KNOWN: ReadonlySet<string> = new Set(VOCABULARY.map(({ method }) => method))

/** @throws TypeError for a method that the protocol has at any revision: there is another way to say that */
export const customNotification = (method: string, params: JsonObject | undefined): RpcNotification => {
  if (KNOWN.has(method)) throw new TypeError(`notify: ${method} is the protocol's own; a name of yours has a prefix, such as com.example/changed`)
  return params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params }
}
