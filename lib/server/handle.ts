/** Runs a handler to its end, whichever way the revision has of asking the client: the handler cannot tell. No I/O. */
import type { Exchange } from '../protocol/exchange.js'
import { Needs, runWithAnswers, type Answers } from './input.js'
import { isRetry, runInRounds, type Vault } from './rounds.js'

const NONE: Answers = {}

/** What the handler returned in the end, or `InputRequired`; a promise only where there is something to wait for. */
export const handle = (exchange: Exchange, vault: Vault, run: (answers: Answers) => unknown): unknown => {
  const inResults = exchange.revision.input === 'in results'
  if (inResults && isRetry(exchange)) return runInRounds(exchange, vault, run)
  const further = (outcome: unknown): unknown => {
    if (!(outcome instanceof Needs)) return outcome
    return inResults ? runInRounds(exchange, vault, run, outcome) : runWithAnswers(exchange, run, outcome)
  }
  const outcome = run(NONE)
  return outcome instanceof Promise ? outcome.then(further) : further(outcome)
}
