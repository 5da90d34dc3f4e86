/** Results that ask: 2026-07-28/basic/patterns/mrtr. What is asked, and what a client carries for the server meanwhile. No I/O. */
import type { JsonObject } from '../wire/json-rpc.js'
import { InvalidMessage } from '../protocol/errors.js'
import type { Question } from './answers.js'

/** What a result asks for. */
export interface Asks {
  /** By the names under which the answers are to be sent. Absent: nothing but another try. */
  readonly inputRequests?: { readonly [name: string]: Question }
  /** To be sent back as it is: opaque, and never looked into. */
  readonly requestState?: string
}

const PAGE = 'basic/patterns/mrtr'

/** #supported-requests */
const ASKING: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read'])

/**
 * What this result asks, or `undefined` for one that is complete; a result that does not say is complete (2026-07-28/basic/index#resulttype).
 * The shape of what is asked is not looked at here.
 * @throws InvalidMessage for a result of a type that this client does not know, or that the method cannot have.
 */
export const asksOf = (method: string, result: JsonObject): Asks | undefined => {
  const { resultType = 'complete', inputRequests, requestState } = result
  if (resultType === 'complete') return undefined
  if (resultType !== 'input_required') {
    const seen = JSON.stringify(resultType).slice(0, 100)
    throw new InvalidMessage(`${method}: resultType is ${seen}; expected "complete" or "input_required"`, 'basic/index#resulttype')
  }
  if (!ASKING.has(method)) {
    throw new InvalidMessage(`${method}: the result asks for input, which only ${[...ASKING].join(', ')} may`, `${PAGE}#supported-requests`)
  }
  if (inputRequests === undefined && requestState === undefined) {
    const seen = 'the result is input_required and has neither inputRequests nor requestState'
    throw new InvalidMessage(`${method}: ${seen}`, `${PAGE}#server-requirements-basic-workflow`)
  }
  return { ...(inputRequests !== undefined && { inputRequests }), ...(requestState !== undefined && { requestState }) } as Asks
}
