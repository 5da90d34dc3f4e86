/** The ledger is answered for: each sentence that the wire can show has a case, a named test, or a reason why it has neither. */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Keyword } from '../../lib/replay/case.js'
import { loadSuite, revisionsOf, weaker, type Clause } from '../../lib/replay/load.js'

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))
/** Areas of which every such sentence must be answered for. */
const AREAS = [
  'http', 'lifecycle', 'versioning', 'jsonrpc', 'meta', 'errors', 'discover', 'mrtr', 'subscriptions', 'caching', 'cancellation', 'progress', 'ping',
  'logging',
]
/** Areas of which each MUST and MUST NOT must be; of the rest the ledger has what is shown. */
const FEATURES = ['tools', 'resources', 'prompts', 'completion', 'pagination', 'elicitation', 'sampling', 'roots', 'tasks', 'schema']
const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']
const ROLES = ['server', 'client'] as const

const clauses = [...suite.clauses.values()].flat()
const order = suite.revisions.map(row => row.revision)
const binds = (clause: Clause, role: string): boolean => clause.role === role || clause.role === 'both'
const isDue = ({ area, keyword, testable }: Clause): boolean =>
  testable === 'wire' && (AREAS.includes(area) || FEATURES.includes(area) && keyword.startsWith('MUST'))
const stands = ({ since, until }: Clause, revision: string): boolean =>
  order.indexOf(since) <= order.indexOf(revision) && order.indexOf(revision) <= order.indexOf(until)

/** How hard the hardest case judges, by role, clause and revision. A MUST is not shown by what merely notes a miss. */
const judged = new Map<string, Keyword>()
for (const one of suite.cases) {
  for (const { revision } of revisionsOf(one, suite)) {
    for (const id of one.clauses) {
      const key = `${one.under_test} ${id} ${revision}`
      if (weaker(judged.get(key) ?? 'MAY', one.keyword) !== one.keyword || !judged.has(key)) judged.set(key, one.keyword)
    }
  }
}
const isShown = ({ id, keyword }: Clause, role: string, revision: string): boolean => {
  const hardest = judged.get(`${role} ${id} ${revision}`)
  return hardest !== undefined && weaker(hardest, keyword.replace(' NOT', '') as Keyword) === keyword.replace(' NOT', '')
}
const isAnswered = (clause: Clause, role: string, revision: string): boolean =>
  isShown(clause, role, revision) || (clause.answered_by ?? []).some(answer => answer.role === undefined || answer.role === role)

t.test('every sentence that the wire can show is answered for, at each revision and for each role it binds', async t => {
  for (const revision of REVISIONS) {
    for (const role of ROLES) {
      const due = clauses.filter(clause => isDue(clause) && stands(clause, revision) && binds(clause, role))
      const unanswered = due.filter(clause => !isAnswered(clause, role, revision)).map(({ keyword, id }) => `${keyword} ${id}`)
      t.same(unanswered, [], `${revision} ${role}: ${due.length} sentences`)
      t.ok(due.length > 50)
    }
  }
})

t.test('a test that the ledger names is there, under that name', async t => {
  for (const { id, answered_by: answers = [] } of clauses) {
    for (const answer of answers) {
      if ('reason' in answer) t.match(answer.reason, /\S/, id)
      else t.ok((await readFile(answer.test, 'utf8')).includes(answer.named), `${id}: ${answer.named}`)
    }
  }
})

t.test('what a case shows needs no other answer', async t => {
  for (const clause of clauses) {
    for (const answer of clause.answered_by ?? []) {
      const roles = ROLES.filter(role => binds(clause, role) && (answer.role === undefined || answer.role === role))
      const surplus = roles.filter(role => REVISIONS.filter(revision => stands(clause, revision)).every(revision => isShown(clause, role, revision)))
      t.same(surplus, [], clause.id)
    }
  }
})
