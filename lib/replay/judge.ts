/** Plays the steps of a case on its stage, and makes a verdict of what was missed. The same for servers and clients. */

import type { Case, Keyword } from './case.js'
import { weaker, type RevisionRow } from './load.js'
import { Unbound } from './match.js'
import type { Miss, Said, Verdict } from './report.js'

/** The peer did otherwise than expected. The message says both. */
export class Missed extends Error {
  override readonly name = 'Missed'
}

/** The peer does not offer what the case is about, and need not. The message says what. */
export class NotOffered extends Error {
  override readonly name = 'NotOffered'
}

/** Where a case is played. */
export interface Playing<Step> {
  readonly transcript: readonly Said[]
  /** @throws Missed, NotOffered */
  prepare(): Promise<void>
  /** @throws Missed */
  perform(step: Step): Promise<void>
  /** Lets go of everything. */
  leave(): Promise<void>
}

/**
 * Plays the steps in order, up to the first miss that counts in full. A step of a weaker keyword is judged by that, and the case goes on,
 * as far as it can without what that step was to remember.
 * @throws TypeError for a wrong fixture.
 */
export const judge = async <One extends Case>(
  one: One, at: RevisionRow, keyword: Keyword, stage: Playing<One['steps'][number]>,
): Promise<Verdict> => {
  const began = performance.now()
  const misses: Miss[] = []
  let notOffered = false
  try {
    await stage.prepare()
    for (const [step, action] of one.steps.entries()) {
      const judged = 'keyword' in action && action.keyword ? weaker(action.keyword, keyword) : keyword
      try {
        await stage.perform(action)
      } catch (cause) {
        const lacking = cause instanceof Unbound ? misses.at(-1) : undefined
        if (lacking) {
          misses.push({ keyword: lacking.keyword, step, sentence: `the case ends here, because ${(cause as Unbound).message}` })
          break
        }
        if (!(cause instanceof Missed)) throw cause
        misses.push({ keyword: judged, step, sentence: cause.message })
        if (judged === keyword) break
      }
    }
  } catch (cause) {
    if (!(cause instanceof Missed || cause instanceof NotOffered)) throw cause
    notOffered = cause instanceof NotOffered
    misses.push({ keyword, sentence: cause.message })
  } finally {
    await stage.leave()
  }
  return {
    id: one.id, title: one.title, revision: at.revision, keyword, misses,
    outcome: notOffered ? 'skip' : outcomeOf(misses), transcript: stage.transcript, tookMs: performance.now() - began,
  }
}

const outcomeOf = (misses: readonly Miss[]): Verdict['outcome'] => {
  if (misses.some(miss => miss.keyword === 'MUST')) return 'fail'
  if (misses.some(miss => miss.keyword === 'SHOULD')) return 'warn'
  return misses.length > 0 ? 'note' : 'pass'
}
