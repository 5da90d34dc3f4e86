/** A client that is a program is judged like one in process. */

import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { ClientCase } from '../../lib/replay/client-steps.js'
import { playClientCase } from '../../lib/replay/client-case.js'
import { commandClient } from '../../lib/replay/command-client.js'
import { loadSuite } from '../../lib/replay/load.js'
import { describeMiss } from '../../lib/replay/report.js'
import { playClient } from '../../lib/replay/suite.js'

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))
const PROGRAM = `"${process.execPath}" "${fileURLToPath(new URL('client-program.js', import.meta.url))}"`
/** One of each kind of action and answer. */
const PLAYED = new Set([
  'lifecycle/client/initialized', 'logging/client/heard/levels', 'cancellation/client/told', 'http/client/resume/latest', 'questions/client/roots',
  'jsonrpc/client/error/told', 'http/client/session/deleted', 'http/client/notification-refused', 'progress/client/heard',
])
const at = suite.revisions.find(row => row.revision === '2025-11-25')!
const connecting: ClientCase = {
  id: 'made/up', title: 'made up', keyword: 'MUST', clauses: ['life.init.first'], under_test: 'client', opening: 'none',
  steps: [{ do: { connect: {} } }, { settles: { result: {} } }],
}

t.test('what our client does right in process it does right as a program', async t => {
  let played = 0
  for await (const verdict of playClient(suite, commandClient(PROGRAM), { revisions: ['2025-11-25'], select: one => PLAYED.has(one.id) })) {
    played++
    t.same(verdict.misses.map(describeMiss), [], verdict.id)
  }
  t.equal(played, PLAYED.size)
})

t.test('over lines it is given the command of its server', async t => {
  const verdicts = []
  for await (const { id, outcome } of playClient(suite, commandClient(PROGRAM), { revisions: ['2025-11-25'], stdio: true, select: ({ id }) => id === 'progress/client/heard' })) {
    verdicts.push([id, outcome])
  }
  t.same(verdicts, [['progress/client/heard', 'pass']])
})

t.test('a program that ends fails the case with its status', async t => {
  const { misses } = await playClientCase(connecting, at, commandClient('exit 3 #'))
  t.match(misses[0]?.sentence, /the command ended with status 3/)
})

t.test('a program that says what it should not fails the case with its words', async t => {
  const { misses } = await playClientCase(connecting, at, commandClient(`${PROGRAM} --misbehave`))
  t.match(misses[0]?.sentence, /the command said .*Hello! I am a client.*; expected \{/)
})

t.test('a program that does not end when its stdin does is killed, with what it started', async t => {
  const { misses } = await playClientCase({ ...connecting, steps: [{ do: { connect: {} } }] }, at, commandClient('sleep 600 #', { graceMs: 20 }))
  t.same(misses, [])
})
