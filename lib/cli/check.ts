/** `mcpwire check`: the fixtures against any server at a URL, or any client that a command starts. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { commandClient } from '../replay/command-client.js'
import type { Case, ServerCase } from '../replay/case.js'
import { loadSuite, revisionsOf, type RevisionRow, type Suite } from '../replay/load.js'
import { socketPeer, type HttpPeer } from '../replay/peer.js'
import type { Verdict } from '../replay/report.js'
import { playServerCase } from '../replay/server-case.js'
import { playClient, playServer } from '../replay/suite.js'
import { find } from '../revisions/index.js'
import { reporterOf, type Form } from './check-report.js'
import { UsageError } from './usage.js'

export interface CheckOptions {
  /** A server's URL; absent when a client is checked. */
  readonly url: string | undefined
  /** The command of a client, as one line of shell. */
  readonly client: string | undefined
  /** Fixtures to play. Default: those of this package. */
  readonly fixtures: string | undefined
  readonly revisions: readonly string[]
  /** Beginnings of clause ids. */
  readonly clauses: readonly string[]
  readonly areas: readonly string[]
  /** Parts of case ids. */
  readonly cases: readonly string[]
  /** A SHOULD that is missed fails too. */
  readonly strict: boolean
  /** Say which cases there are, and play none. */
  readonly list: boolean
  readonly form: Form
  readonly junit: string | undefined
  /** A file of lines `ID @REVISION`: what is known to fail. What passes all the same fails the run. */
  readonly expectedFailures: string | undefined
  readonly timeoutMs: number | undefined
}

/** The fixtures that come with this package. */
export const OWN_FIXTURES = fileURLToPath(new URL('../../../fixtures/', import.meta.url))

/** Settles with the exit code: 0 when nothing failed that was not expected to. @throws UsageError */
export const check = async (options: CheckOptions): Promise<number> => {
  const { url, client, revisions, strict, list, form, junit, expectedFailures, timeoutMs } = options
  if ((url === undefined) === (client === undefined)) throw new UsageError('check takes the URL of a server, or --client COMMAND')
  const suite = await loadSuite(options.fixtures ?? OWN_FIXTURES)
  const known = suite.revisions.map(({ revision }) => revision)
  const unknown = revisions.find(revision => !known.includes(revision))
  if (unknown !== undefined) throw new UsageError(`--revision ${JSON.stringify(unknown)}: expected one of ${known.join(', ')}`)
  const select = selection(suite, options)
  const role = url === undefined ? 'client' : 'server'
  const played = { ...(revisions.length > 0 && { revisions }), ...(timeoutMs !== undefined && { deadlineMs: timeoutMs }), select }
  if (list) {
    listCases(suite, suite.cases.filter(one => one.under_test === role && select(one)), revisions)
    return 0
  }

  const expected = new Set(expectedFailures === undefined ? [] : (await readFile(expectedFailures, 'utf8')).split('\n').map(line => line.replace(/#.*$/, '').trim()).filter(Boolean))
  const peer = url === undefined ? undefined : socketPeer(url)
  const spoken = peer && revisions.length === 0 ? await spokenBy(peer, suite) : revisions
  const verdicts = peer ? playServer(suite, peer, { ...played, revisions: spoken }) : playClient(suite, commandClient(client!), played)
  const report = reporterOf(form, suite, process.stdout)
  const all: Verdict[] = []
  let wrong = 0
  try {
    for await (const verdict of verdicts) {
      const failed = verdict.outcome === 'fail' || (strict && verdict.outcome === 'warn')
      const foreseen = expected.has(`${verdict.id} @${verdict.revision}`)
      const passes = verdict.outcome === 'pass'
      if (failed ? !foreseen : foreseen && passes) wrong++
      all.push(verdict)
      report.verdict(verdict, foreseen ? (passes ? 'passes, and was expected to fail' : 'expected to fail') : undefined)
    }
  } finally {
    await peer?.close()
  }
  await report.end(all, junit)
  if (all.length === 0) throw new UsageError('no case fits what was asked for')
  return wrong === 0 ? 0 : 1
}

/** The revisions that a server speaks here, where nobody said which: the others would accuse it of nothing but their absence. */
const spokenBy = async (peer: HttpPeer, suite: Suite): Promise<string[]> => {
  const rows = suite.revisions.filter(({ revision }) => find(revision)?.http === 'streamable')
  const spoken: string[] = []
  for (const row of rows) {
    const { outcome } = await playServerCase(speaking(row), row, peer)
    if (outcome === 'pass') spoken.push(row.revision)
    else process.stderr.write(`mcpwire: ${row.revision} is not spoken there; --revision ${row.revision} plays its cases all the same\n`)
  }
  return spoken
}

const speaking = ({ revision, opening }: RevisionRow): ServerCase => ({
  id: 'speaks', title: 'the server speaks the revision', keyword: 'MUST', clauses: [], under_test: 'server',
  steps: opening === 'initialize' ? [] : [{ post: { call: 'server/discover' } }, { hear: [{ result: { supportedVersions: { $has: [revision] } } }] }],
})

/** A case is played when it cites a clause of the kind asked for, and its id says what was asked for. */
const selection = (suite: Suite, { clauses, areas, cases }: CheckOptions) => (one: Case): boolean => {
  const cited = one.clauses.flatMap(id => suite.clauses.get(id) ?? [])
  return (clauses.length === 0 || clauses.some(beginning => one.clauses.some(id => id.startsWith(beginning)) || cited.some(({ source }) => source.startsWith(beginning))))
    && (areas.length === 0 || cited.some(({ area }) => areas.includes(area)))
    && (cases.length === 0 || cases.some(part => one.id.includes(part)))
}

const listCases = (suite: Suite, cases: readonly Case[], revisions: readonly string[]): void => {
  for (const one of cases) {
    const at = revisionsOf(one, suite).map(({ revision }) => revision).filter(revision => revisions.length === 0 || revisions.includes(revision))
    if (at.length > 0) process.stdout.write(`${one.keyword.padEnd(6)} ${one.id}  ${one.title}  [${at.join(' ')}]\n`)
  }
}
