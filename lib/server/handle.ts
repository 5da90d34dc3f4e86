/** Runs a handler to its end, whichever way there is of asking the client: the handler cannot tell. No I/O. */
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { MAX_ROUNDS, Needs, runWithAnswers, type Answers } from './input.js'
import type { Equipment } from './options.js'
import { isRetry, runInRounds } from './rounds.js'
import { TaskExchange } from './tasks.js'

const NONE: Answers = {}

/** What the handler returned in the end, or `InputRequired`; a promise only where there is something to wait for. */
export const handle = (exchange: Exchange, equipment: Equipment, run: (answers: Answers) => unknown): unknown => {
  if (exchange instanceof TaskExchange) return runInTask(exchange, run)
  const inResults = exchange.revision.input === 'in results'
  if (inResults && isRetry(exchange)) return runInRounds(exchange, equipment.vault(), run)
  const further = (outcome: unknown): unknown => {
    if (!(outcome instanceof Needs)) return outcome
    return inResults ? runInRounds(exchange, equipment.vault(), run, outcome) : runWithAnswers(exchange, equipment, run, outcome)
  }
  const outcome = run(NONE)
  return outcome instanceof Promise ? outcome.then(further) : further(outcome)
}

const runInTask = async (exchange: TaskExchange, run: (answers: Answers) => unknown): Promise<unknown> => {
  let answers = NONE
  let outcome = await run(answers)
  for (let round = 1; outcome instanceof Needs && exchange.open; round++) {
    if (round > MAX_ROUNDS) throw new ProtocolError(CODES.internalError, `the handler asked ${MAX_ROUNDS} times and is not done`)
    answers = { ...answers, ...(await exchange.askAll(outcome)) }
    if (exchange.open) outcome = await run(answers)
  }
  return outcome
}
