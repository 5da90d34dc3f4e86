/**
 * `needs()`: a handler that must ask the client says what it needs and is run again, from the top, with the answers.
 * Here the questions go out as requests of ours, on the exchange's own stream; `rounds.ts` has the other way. No I/O.
 */
import type { JsonObject } from '../wire/json-rpc.js'
import type { Revision } from '../revisions/index.js'
import { asks, declared } from '../revisions/vocabulary.js'
import { CODES, NoChannel, ProtocolError, Timeout } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { faultOf } from './answered.js'
import { asAsked, rememberAsked } from './visits.js'

/** One question to the client: `elicitation/create`, `sampling/createMessage` or `roots/list`. */
export interface Question {
  readonly method: string
  readonly params?: JsonObject
}

/** Results by the name their question was asked under. */
export type Answers = { readonly [name: string]: JsonObject }

/** What a handler returns to be run again with `ctx.answers`. */
export class Needs {
  constructor(readonly questions: { readonly [name: string]: Question }) {}
}

/**
 * Return it from a handler to ask the client. The handler is then **run again from the top** with `ctx.answers`, holding one result for each name:
 * whatever stands before `needs` runs once for each round, so do what must happen once after it.
 * @throws TypeError without any question.
 */
export const needs = (questions: { readonly [name: string]: Question }): Needs => {
  if (Object.keys(questions).length === 0) throw new TypeError('needs: expected at least one question')
  return new Needs(questions)
}

/** Rounds of questions one request may take. */
export const MAX_ROUNDS = 10

/** Runs a handler until it needs nothing more. @throws ProtocolError if the client cannot be asked, or is asked too often. */
export const runWithAnswers = async (exchange: Exchange, run: (answers: Answers) => unknown, first: Needs): Promise<unknown> => {
  let answers: Answers = {}
  let outcome: unknown = first
  for (let round = 1; outcome instanceof Needs; round++) {
    if (round > MAX_ROUNDS) throw new ProtocolError(CODES.internalError, `the handler asked ${MAX_ROUNDS} times and is not done`)
    answers = { ...answers, ...(await askAll(exchange, outcome)) }
    outcome = await run(answers)
  }
  return outcome
}

const askAll = async (exchange: Exchange, { questions }: Needs): Promise<Answers> => {
  const names = Object.keys(questions)
  const results = await Promise.all(names.map(name => ask(exchange, questions[name]!)))
  return Object.fromEntries(names.map((name, i) => [name, results[i]!]))
}

/**
 * The capabilities a question needs and the client did not declare, as a client would declare them; `undefined` when it may be asked.
 * An empty `elicitation` means forms (2025-11-25/client/elicitation#capabilities); URLs, and tools in sampling, are declared by name.
 */
export const lacking = (capabilities: JsonObject, { method, params }: Question, revision: Revision): JsonObject | undefined => {
  const row = asks(revision, method)
  if (!row?.capability) return undefined
  const [name] = row.capability as readonly [string]
  const detail = method === 'elicitation/create' && params?.mode === 'url' ? 'url' : method === 'sampling/createMessage' && (params?.tools || params?.toolChoice) ? 'tools' : undefined
  const there = declared(capabilities, row) && (detail === undefined ? formsAreFine(method, capabilities) : isObject(capabilities[name]) && detail in capabilities[name])
  if (there) return undefined
  const wanted = detail ?? (method === 'elicitation/create' && declared(capabilities, row) ? 'form' : undefined)
  return { [name]: wanted === undefined ? {} : { [wanted]: {} } }
}

/** A client that lists its modes takes forms only if it lists them. */
const formsAreFine = (method: string, { elicitation }: JsonObject): boolean => method !== 'elicitation/create' || !isObject(elicitation) || !('url' in elicitation) || 'form' in elicitation

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null

/** Sends a request of ours on the exchange's own stream. Rejects at once, in words, where it cannot reach the client. */
export const ask = async (exchange: Exchange, question: Question): Promise<JsonObject> => {
  const { session, revision, client, outlet } = exchange
  const { method } = question
  if (!asks(revision, method)) throw new ProtocolError(CODES.internalError, `a client of ${revision.id} cannot be asked ${method}`)
  // 2025-11-25/basic/lifecycle#operation: only capabilities that were negotiated are used
  const lacks = lacking(client.capabilities, question, revision)
  if (lacks) throw new ProtocolError(CODES.internalError, `${method} needs the client capabilities ${JSON.stringify(lacks)}, which this client did not declare`)
  // 2025-11-25/basic/lifecycle#initialization: before `initialized`, a client is asked for nothing but a ping
  if (session && !session.ready && method !== 'ping') throw new NoChannel(`${method} cannot be asked: the client has not sent notifications/initialized`)
  if (!session || !outlet.speaks) throw new NoChannel(`${method} cannot reach the client: no stream leads to it`)
  rememberAsked(session, question)
  const { request, answer } = session.asked.ask(method, asAsked(question, revision).params)
  const onCancel = (): void => session.asked.forget(request.id, new NoChannel(`${method} was cancelled with the request that needed it`))
  exchange.signal.addEventListener('abort', onCancel, { once: true })
  exchange.send(request)
  try {
    const result = await answer
    const fault = await faultOf(question, result, revision)
    if (fault) throw new ProtocolError(CODES.internalError, `the client's answer to ${method}: ${fault}`)
    return result
  } catch (error) {
    // basic/lifecycle#timeouts: whoever stops waiting says so
    if (error instanceof Timeout) exchange.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: request.id, reason: error.message } })
    throw error
  } finally {
    exchange.signal.removeEventListener('abort', onCancel)
  }
}
