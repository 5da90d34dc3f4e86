/** Plays one client case at one revision: be the server, and judge what the client sends and what its application learns. */

import type { Keyword } from './case.js'
import type { ClientCase } from './client-steps.js'
import { listenForArrivals, type Listen } from './arrivals.js'
import { ClientStage } from './client-stage.js'
import type { ClientUnderTest } from './driver.js'
import { judge } from './judge.js'
import type { RevisionRow } from './load.js'
import type { Verdict } from './report.js'

export interface ClientCaseOptions {
  /** How hard a miss is judged. Default: the case's keyword. */
  readonly keyword?: Keyword
  /** For the whole case. Default 10 000; beyond it the case fails and says what it was waiting for. */
  readonly deadlineMs?: number
  /** The server that the client meets. Default: Streamable HTTP. */
  readonly listen?: Listen
}

const DEADLINE_MS = 10_000

/**
 * Plays the steps in order, up to the first miss that counts in full. Rejects for nothing a client does: one that does not start or stays
 * silent fails the case.
 * @throws TypeError for a wrong fixture.
 */
export const playClientCase = (
  one: ClientCase, at: RevisionRow, client: ClientUnderTest, options: ClientCaseOptions = {},
): Promise<Verdict> => {
  const stage = new ClientStage(one, at, options.deadlineMs ?? DEADLINE_MS, options.listen ?? listenForArrivals)
  return judge(one, at, options.keyword ?? one.keyword, {
    transcript: stage.transcript,
    prepare: () => stage.start(client),
    perform: step => stage.perform(step),
    leave: () => stage.leave(),
  })
}
