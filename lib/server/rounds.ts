/**
 * Multi round-trip requests: what a handler needs is asked in the result, and the client's retry brings it (basic/patterns/mrtr).
 * The server keeps nothing between rounds: what was answered so far travels sealed in `requestState`. No I/O.
 */
import type { JsonObject } from '../wire/json-rpc.js'
import { asks } from '../revisions/vocabulary.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { faultOf } from './answered.js'
import { asAsked } from './visits.js'
import { lacking, MAX_ROUNDS, Needs, type Answers, type Question } from './input.js'

/**
 * Seals what a client carries for us, so that it can neither be read nor changed, nor used by another principal,
 * for another request, or later than meant.
 */
export interface Vault {
  /** `around`: what must be the same when it comes back. */
  seal(content: JsonObject, around: string): string
  /** `undefined`: not ours, changed, too late, or meant for something else. */
  open(sealed: string, around: string): JsonObject | undefined
  /** The same for what is good for one use, where somebody counts uses. */
  redeem(sealed: string, around: string): JsonObject | undefined | Promise<JsonObject | undefined>
}

/** A result that asks: to be sent as it is. */
export class InputRequired {
  constructor(readonly result: JsonObject) {}
}

interface Kept {
  /** Answers of rounds that are complete. */
  readonly answers: Answers
  /** Answers of the round that is not. */
  readonly partial: Answers
  /** What that round asked, as far as an answer is held against it. */
  readonly asked: { readonly [name: string]: Question }
  readonly round: number
}
const FRESH: Kept = { answers: {}, partial: {}, asked: {}, round: 0 }

/** Params of a request without what belongs to a retry: the same in every round of one request. */
const aroundOf = ({ request: { method, params }, principal }: Exchange): string => {
  const { _meta, inputResponses, requestState, ...own } = params ?? {}
  return canonical([principal ?? null, method, own])
}

/** Does this request belong to a round after the first? */
export const isRetry = ({ request: { params } }: Exchange): boolean => params !== undefined && ('inputResponses' in params || 'requestState' in params)

/**
 * Runs a handler with what earlier rounds and this one brought, until it is done or needs what is not there.
 * `first`: what it returned when it was run without any answers, if it was.
 * @throws ProtocolError -32602 for a state or an answer that is not right, -32021 for what the client did not declare
 */
export const runInRounds = async (exchange: Exchange, vault: Vault, run: (answers: Answers) => unknown, first?: Needs): Promise<unknown> => {
  const kept = await keptBy(exchange, vault)
  const pool = new Map(Object.entries({ ...kept.partial, ...(exchange.request.params?.inputResponses as Answers | undefined) }))
  let { answers, round } = kept

  /** Moves the answers to some questions out of the pool, once all of them are there. */
  const take = async (asked: { readonly [name: string]: Question }): Promise<boolean> => {
    const names = Object.keys(asked)
    for (const name of names) {
      const fault = pool.has(name) && (await faultOf(asked[name]!, pool.get(name), exchange.revision))
      if (fault) throw new ProtocolError(CODES.invalidParams, `inputResponses.${name}: ${fault}`)
    }
    if (names.length === 0 || !names.every(name => pool.has(name))) return false
    round++
    answers = { ...answers, ...Object.fromEntries(names.map(name => [name, pool.get(name)!])) }
    for (const name of names) pool.delete(name)
    return true
  }

  await take(kept.asked)
  let outcome = first ?? (await run(answers))
  while (outcome instanceof Needs) {
    const { questions } = outcome
    assertDeclared(exchange, outcome)
    if (round >= MAX_ROUNDS) throw new ProtocolError(CODES.internalError, `the handler asked ${MAX_ROUNDS} times and is not done`)
    if (!(await take(questions))) {
      const there = Object.keys(questions).filter(name => pool.has(name))
      const asked = Object.fromEntries(Object.entries(questions).map(([name, question]) => [name, essence(question)]))
      const state: Kept = { answers, partial: Object.fromEntries(there.map(name => [name, pool.get(name)!])), asked, round }
      return new InputRequired({
        resultType: 'input_required',
        inputRequests: Object.fromEntries(Object.entries(questions).filter(([name]) => !there.includes(name)).map(([name, question]) => [name, asAsked(question, exchange.revision)])),
        requestState: vault.seal(state as unknown as JsonObject, aroundOf(exchange)),
      })
    }
    outcome = await run(answers)
  }
  return outcome
}

/** What of a question its answer is held against: the form, not the words. */
const essence = ({ method, params }: Question): Question =>
  params?.requestedSchema === undefined ? { method } : { method, params: { requestedSchema: params.requestedSchema } }

const keptBy = async (exchange: Exchange, vault: Vault): Promise<Kept> => {
  const sealed = exchange.request.params?.requestState
  if (sealed === undefined) return FRESH
  const content = await vault.redeem(sealed as string, aroundOf(exchange))
  // basic/patterns/mrtr#server-requirements-basic-workflow: state that fails verification is refused; why is nobody's business
  if (!content) throw new ProtocolError(CODES.invalidParams, 'requestState is not valid for this request; start it anew')
  return content as unknown as Kept
}

/** basic/patterns/mrtr#server-requirements-basic-workflow: nothing is asked that the client did not declare. */
const assertDeclared = ({ client, revision }: Exchange, { questions }: Needs): void => {
  for (const question of Object.values(questions)) {
    if (!asks(revision, question.method)) throw new ProtocolError(CODES.internalError, `a client of ${revision.id} cannot be asked ${question.method}`)
    const requiredCapabilities = lacking(client.capabilities, question, revision)
    if (requiredCapabilities) {
      throw new ProtocolError(CODES.missingCapability, `${question.method} needs a capability that the client did not declare`, { requiredCapabilities })
    }
  }
}

/** JSON with its members in order, so that equal values are equal texts. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
