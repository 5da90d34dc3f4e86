/** What became of the cases that were played on pipes, and what was left of the pipes. */

import type { Test } from 'tap'
import { describeMiss, describeSaid, type Verdict } from '../../lib/replay/report.js'
import { left } from '../interop/left.js'

export const leavesNothing = async (t: Test): Promise<void> => void t.strictSame(await left(), [], 'no child process and no socket is left')

/** One line for each case that does not pass, and one for each revision. */
export const judge = async (t: Test, verdicts: AsyncIterable<Verdict>, atLeast: Readonly<Record<string, number>>): Promise<void> => {
  const passed = new Map<string, number>()
  for await (const { id, title, revision, outcome, misses, transcript } of verdicts) {
    if (outcome === 'pass') passed.set(revision, (passed.get(revision) ?? 0) + 1)
    // Why it plays on no pipe is said by the case; that its cause failed, already by that.
    else if (outcome !== 'skip') t.fail(`${revision} ${id}  ${title}`, { misses: misses.map(describeMiss), transcript: transcript.map(describeSaid) })
  }
  t.same([...passed.keys()], Object.keys(atLeast))
  for (const [revision, count] of passed) t.ok(count >= atLeast[revision]!, `${revision}: ${count} cases`)
}
