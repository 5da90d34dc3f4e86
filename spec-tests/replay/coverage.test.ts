/** The ledger is answered for: each sentence that the wire can show has a case, a named test, or a reason why it has neither. */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { coverageOf, ROLES } from '../../lib/replay/coverage.js'
import { loadSuite } from '../../lib/replay/load.js'

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))
const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']

const covered = coverageOf(suite)

t.test('every sentence that the wire can show is answered for, at each revision and for each role it binds', async t => {
  for (const revision of REVISIONS) {
    for (const role of ROLES) {
      const due = covered.filter(one => one.revision === revision && one.role === role)
      const unanswered = due.filter(({ cases, instead }) => cases.length + instead.length === 0).map(({ clause: { keyword, id } }) => `${keyword} ${id}`)
      t.same(unanswered, [], `${revision} ${role}: ${due.length} sentences`)
      t.ok(due.length > 50)
    }
  }
})

t.test('a test that the ledger names is there, under that name', async t => {
  for (const { id, answered_by: answers = [] } of [...suite.clauses.values()].flat()) {
    for (const answer of answers) {
      if ('reason' in answer) t.match(answer.reason, /\S/, id)
      else t.ok((await readFile(answer.test, 'utf8')).includes(answer.named), `${id}: ${answer.named}`)
    }
  }
})

t.test('what a case shows needs no other answer', async t => {
  const needed = new Set(covered.flatMap(({ role, cases, instead }) => (cases.length === 0 ? instead.map(answer => `${role} ${JSON.stringify(answer)}`) : [])))
  for (const { clause, role, instead } of covered) t.same(instead.filter(answer => !needed.has(`${role} ${JSON.stringify(answer)}`)), [], clause.id)
})
