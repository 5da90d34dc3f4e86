/** The README's tables, from the data they show. */
import { OPENING_TABLE } from '../lib/client.js'
import { coverageOf, isStrict, ROLES, type Coverage } from '../lib/replay/coverage.js'
import { loadSuite, type Suite } from '../lib/replay/load.js'
import { REVISIONS, type Revision } from '../lib/sans-io.js'

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

const yes = (value: boolean): string => (value ? 'yes' : 'no')

/** A question, in words, and each revision's answer to it. */
const QUESTIONS: readonly (readonly [question: string, answer: (revision: Revision) => string])[] = [
  ['a conversation is', ({ era }) => (era === 'legacy' ? 'a session' : 'each request')],
  ['over HTTP', ({ http }) => (http === 'streamable' ? 'Streamable HTTP' : 'HTTP+SSE')],
  ['arrays of messages', ({ batches }) => yes(batches)],
  ['`MCP-Protocol-Version`', ({ versionField }) => versionField],
  ['`Mcp-Method`, `Mcp-Name`, `Mcp-Param-*`', ({ mirrors }) => yes(mirrors)],
  ['broken streams are resumed', ({ resumes }) => yes(resumes)],
  ['streams begin with an empty event', ({ primes }) => yes(primes)],
  ['hanging up', ({ disconnect }) => disconnect],
  ['log messages unasked', ({ threshold }) => (threshold(undefined, undefined) === undefined ? 'none' : 'all')],
  ['the server asks', ({ input }) => input],
  ['changes are announced on', ({ changes }) => changes],
  ['bad arguments of a tool', ({ badArguments }) => badArguments],
  ['unknown method', ({ unknownMethodStatus }) => String(unknownMethodStatus)],
  ['`structuredContent`', ({ structured }) => structured],
  ['content', ({ content }) => content.join(' ')],
]

/** Revision by feature. */
export const revisionTable = (): string => table(['', ...REVISIONS.map(({ id }) => id)], QUESTIONS.map(([question, answer]) => [question, ...REVISIONS.map(answer)]))

/** What the client does about what it sees. */
export const openingTable = (): string => table(['tried', 'seen', 'then'], OPENING_TABLE.map(cells => [...cells]))

/**
 * Sentences of the ledger that a peer can see obeyed, by area: how many a case shows, of how many there are, for both roles together. Those
 * that no case shows have a test of this project, or a reason.
 */
export const clausesTable = (suite: Suite): string => {
  const covered = coverageOf(suite)
  const cell = (of: readonly Coverage[]): string => (of.length === 0 ? '' : `${of.filter(({ cases }) => cases.length > 0).length} of ${of.length}`)
  const line = (name: string, of: readonly Coverage[]): string[] => [name, ...suite.revisions.map(({ revision }) => cell(of.filter(one => one.revision === revision)))]
  const areas = [...new Set(covered.map(({ clause }) => clause.area))].sort()
  const musts = covered.filter(({ clause }) => isStrict(clause))
  return table(['', ...suite.revisions.map(({ revision }) => revision)], [
    ...areas.map(area => line(area, covered.filter(({ clause }) => clause.area === area))),
    line('all', covered),
    ...ROLES.map(role => line(`MUST, ${role}s`, musts.filter(one => one.role === role))),
  ])
}

if (process.argv[1]?.endsWith('readme-tables.js')) console.log([revisionTable(), openingTable(), clausesTable(await loadSuite('fixtures'))].join('\n\n'))
