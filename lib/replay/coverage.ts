/** Which sentences of the ledger a peer can see obeyed, and which of them the cases show: by revision and role. */

import type { Case, Keyword } from './case.js'
import { revisionsOf, weaker, type Clause, type Suite } from './load.js'

export type Role = Case['under_test']
export const ROLES: readonly Role[] = ['server', 'client']

/** Of one sentence, for one role at one revision. */
export interface Coverage {
  readonly clause: Clause
  readonly revision: string
  readonly role: Role
  /** The cases that show it as hard as it is meant: what merely notes a miss does not show a MUST. */
  readonly cases: readonly Case[]
  /** What the ledger names instead: tests, or a reason why there is none. */
  readonly instead: NonNullable<Clause['answered_by']>
}

/** Does the sentence bind that role? */
export const binds = (clause: Clause, role: Role): boolean => clause.role === role || clause.role === 'both'

/** Is it a MUST or a MUST NOT? */
export const isStrict = ({ keyword }: Clause): boolean => plain(keyword) === 'MUST'

/** Every sentence that the wire can show, at each revision where it stands and for each role that it binds. */
export const coverageOf = (suite: Suite): readonly Coverage[] => {
  const order = suite.revisions.map(row => row.revision)
  const citing = new Map<string, Case[]>()
  for (const one of suite.cases) {
    for (const { revision } of revisionsOf(one, suite)) {
      for (const id of one.clauses) {
        const key = `${one.under_test} ${id} ${revision}`
        citing.set(key, [...citing.get(key) ?? [], one])
      }
    }
  }
  return [...suite.clauses.values()].flat().filter(({ testable }) => testable === 'wire').flatMap(clause =>
    order.slice(order.indexOf(clause.since), order.indexOf(clause.until) + 1).flatMap(revision =>
      ROLES.filter(role => binds(clause, role)).map((role): Coverage => ({
        clause, revision, role,
        cases: (citing.get(`${role} ${clause.id} ${revision}`) ?? []).filter(one => weaker(one.keyword, plain(clause.keyword)) === plain(clause.keyword)),
        instead: (clause.answered_by ?? []).filter(answer => answer.role === undefined || answer.role === role),
      }))))
}

const plain = (keyword: Clause['keyword']): Keyword => keyword.replace(' NOT', '') as Keyword
