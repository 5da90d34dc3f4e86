/**
 * `needs()`: a handler that must ask the client says what it needs and is run again, from the top, with the answers.
 * Here the questions go out as requests of ours, on the exchange's own stream; `rounds.ts` has the other way. No I/O.
 */
import type { JsonObject } from '../wire/json-rpc.js'
import type { Revision } from '../revisions/index.js'
import { asks, declared } from '../revisions/vocabulary.js'
import { CODES, NoChannel, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { faultOf } from './answered.js'
import type { Equipment, World } from './options.js'
import { QuestionTask, runsAsTask } from './question-task.js'
import { request } from './request.js'
import { asAsked, rememberAsked } from './visits.js'

/** One question to the client: `elicitation/create`, `sampling/createMessage` or `roots/list`. */
export interface Question {
  readonly method: string
  readonly params?: JsonObject
  /**
   * Ask it as a task where the client takes that question as one (2025-11-25/basic/utilities/tasks), and plainly elsewhere: the answer is the
   * same, but one that takes long hangs on no connection. `ttlMs`: how long it may take, in whole milliseconds, default 600 000; beyond it the
   * task is cancelled, and the handler's request fails. Default: asked plainly.
   */
  readonly task?: boolean | { readonly ttlMs?: number }
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
 * @throws TypeError without any question, or for a `ttlMs` that is no whole number above zero.
 */
export const needs = (questions: { readonly [name: string]: Question }): Needs => {
  if (Object.keys(questions).length === 0) throw new TypeError('needs: expected at least one question')
  for (const [name, { task }] of Object.entries(questions)) {
    const ttlMs = typeof task === 'object' ? task.ttlMs : undefined
    if (ttlMs !== undefined && !(Number.isInteger(ttlMs) && ttlMs > 0)) throw new TypeError(`needs: ${name}.task.ttlMs is ${String(ttlMs)}; expected a whole number of milliseconds above zero`)
  }
  return new Needs(questions)
}

/** Rounds of questions one request may take. */
export const MAX_ROUNDS = 10

/** Runs a handler until it needs nothing more. @throws ProtocolError if the client cannot be asked, or is asked too often. */
export const runWithAnswers = async (exchange: Exchange, { world }: Equipment, run: (answers: Answers) => unknown, first: Needs): Promise<unknown> => {
  let answers: Answers = {}
  let outcome: unknown = first
  for (let round = 1; outcome instanceof Needs; round++) {
    if (round > MAX_ROUNDS) throw new ProtocolError(CODES.internalError, `the handler asked ${MAX_ROUNDS} times and is not done`)
    answers = { ...answers, ...(await askAll(exchange, outcome, world)) }
    outcome = await run(answers)
  }
  return outcome
}

/** All at once. When one fails, the others are withdrawn. */
const askAll = async (exchange: Exchange, { questions }: Needs, world: () => World): Promise<Answers> => {
  const names = Object.keys(questions)
  const withdrawn = new AbortController()
  const signal = AbortSignal.any([exchange.signal, withdrawn.signal])
  try {
    const results = await Promise.all(names.map(name => ask(exchange, questions[name]!, world, signal)))
    return Object.fromEntries(names.map((name, i) => [name, results[i]!]))
  } catch (error) {
    withdrawn.abort()
    throw error
  }
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

/**
 * Asks on the exchange's own stream, until `signal` aborts. Rejects at once, in words, where that cannot reach the client.
 * Without a `world`, it is asked plainly.
 */
export const ask = async (exchange: Exchange, question: Question, world?: () => World, signal = exchange.signal): Promise<JsonObject> => {
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
  const asker = { exchange, session, signal }
  const asked = asAsked(question, revision)
  const result = await (world && runsAsTask(exchange, question) ? new QuestionTask(asker, asked, question.task, world()).answer() : request(asker, method, asked.params))
  const fault = await faultOf(question, result, revision)
  if (fault) throw new ProtocolError(CODES.internalError, `the client's answer to ${method}: ${fault}`)
  return result
}
