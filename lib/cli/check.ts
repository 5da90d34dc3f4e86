/** `mcpwire check`: the fixtures against any server at a URL or behind a pipe, or any client that a command starts. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { commandClient } from '../replay/command-client.js'
import type { Case, ServerCase } from '../replay/case.js'
import { loadSuite, revisionsOf, type Clause, type RevisionRow, type Suite } from '../replay/load.js'
import { socketPeer, type Peer } from '../replay/peer.js'
import type { PipePeer } from '../replay/pipe-peer.js'
import { playPipe } from '../replay/pipe-suite.js'
import type { Verdict } from '../replay/report.js'
import { playServerCase } from '../replay/server-case.js'
import { ssePeer } from '../replay/sse-peer.js'
import { stdioPeer } from '../replay/stdio-peer.js'
import { playClient, playServer, type PlayOptions, type Verdicts } from '../replay/suite.js'
import { reporterOf, type Form, type Judged } from './check-report.js'
import { harmless } from './print.js'
import { UsageError } from './usage.js'

export interface CheckOptions {
  /** A server's URL; absent when a client is checked. */
  readonly url: string | undefined
  /** A server that is a program: its name and its arguments. Cases about HTTP are skipped. Default: none. */
  readonly command?: readonly string[] | undefined
  /** The command of a client, as one line of shell. */
  readonly client: string | undefined
  /** The URL is that of the stream of HTTP+SSE. Default false. */
  readonly sse?: boolean | undefined
  /** The client starts its server, and speaks to it in lines. Default false. */
  readonly stdio?: boolean | undefined
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

/**
 * Settles with the exit code: 0 when nothing failed that was not expected to, 1 when something did.
 * @throws UsageError when there was nothing to play: no such cases, nobody there, or no revision spoken
 */
export const check = async (options: CheckOptions): Promise<number> => {
  const { url, command, client, sse = false, stdio = false, list, form, junit, strict, timeoutMs } = options
  if ([url, command, client].filter(target => target !== undefined).length !== 1 && !(list && url === undefined)) {
    throw new UsageError('check takes one of the URL of a server, -- and the command of one, or --client COMMAND')
  }
  if (sse && url === undefined) throw new UsageError('--sse goes with the URL of a server')
  if (stdio && client === undefined) throw new UsageError('--stdio goes with --client; a server on standard input and output is named after --')
  const suite = await loadSuite(options.fixtures ?? OWN_FIXTURES)
  const select = selection(suite, options)
  const roles = list && url === undefined && command === undefined && client === undefined ? ['server', 'client'] : [client === undefined ? 'server' : 'client']
  const running = runningCases(suite, suite.cases.filter(one => roles.includes(one.under_test) && select(one)), options.revisions)
  if (running.length === 0) throw new UsageError(`no case for a ${roles.join(' or ')} fits what was asked for`)
  if (list) return listCases(running)

  const expected = await expectations(options.expectedFailures, suite)
  const target = url !== undefined ? (sse ? sseTarget(url) : httpTarget(url)) : command !== undefined ? stdioTarget(command) : undefined
  const timed = { ...(timeoutMs !== undefined && { deadlineMs: timeoutMs }) }
  try {
    const revisions = target && options.revisions.length === 0 ? await spokenBy(target, suite, running, timed) : options.revisions
    if (target && options.revisions.length > 0) await reach(target, suite, revisions, timed)
    const played = { ...(revisions.length > 0 && { revisions }), ...timed, select }
    const total = running.reduce((sum, { at }) => sum + (revisions.length === 0 ? at.length : at.filter(date => revisions.includes(date)).length), 0)
    const report = reporterOf(form, suite, total, process.stdout, [options.clauses, options.areas, options.cases].every(asked => asked.length === 0))
    for await (const verdict of target ? target.play(suite, played) : playClient(suite, commandClient(client!), { ...played, stdio })) {
      report.judged(judge(verdict, strict, expected))
    }
    return await report.end(junit) ? 0 : 1
  } finally {
    await target?.peer.close()
  }
}

const judge = (verdict: Verdict, strict: boolean, expected: ReadonlySet<string>): Judged => {
  const foreseen = expected.has(`${verdict.id} @${verdict.revision}`)
  const missed = verdict.outcome === 'fail' || (strict && verdict.outcome === 'warn')
  if (foreseen && missed) return { verdict, wrong: false, aside: 'expected to fail' }
  if (foreseen && verdict.outcome === 'pass') return { verdict, wrong: true, aside: 'passes, and was expected to fail' }
  return { verdict, wrong: missed }
}

/** Lines `ID @REVISION`, # begins a comment. @throws UsageError for a file that is not there, or a case that is none */
const expectations = async (file: string | undefined, suite: Suite): Promise<ReadonlySet<string>> => {
  if (file === undefined) return new Set()
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`--expected-failures cannot be read: ${error.message}`)
  })
  const lines = text.split(/\r?\n/).map(line => line.replace(/#.*$/, '').trim()).filter(Boolean)
  const known = new Set(suite.cases.flatMap(one => revisionsOf(one, suite).map(({ revision }) => `${one.id} @${revision}`)))
  const unknown = lines.find(line => !known.has(line))
  if (unknown !== undefined) throw new UsageError(`--expected-failures ${JSON.stringify(unknown)}: expected ID @REVISION of a case that runs there; --list has them`)
  return new Set(lines)
}

/** A server, and how cases are played at it. */
interface Target {
  readonly peer: Peer
  readonly named: string
  /** Can it be spoken there at all? */
  carries(at: RevisionRow): boolean
  /** Before another conversation begins. */
  renew(): Promise<void>
  play(suite: Suite, options: PlayOptions<ServerCase>): Verdicts
}

const httpTarget = (url: string): Target => {
  const peer = socketPeer(checked(url, 'http://localhost:3000/mcp'))
  return {
    peer, named: url, renew: async () => undefined,
    carries: ({ bindings }) => bindings.includes('streamable-http'),
    play: (suite, options) => playServer(suite, peer, options),
  }
}

const sseTarget = (url: string): Target => pipeTarget(ssePeer(checked(url, 'http://localhost:3000/sse')), url)

const stdioTarget = ([program, ...args]: readonly string[]): Target => {
  if (program === undefined) throw new UsageError('-- takes the command of a server')
  return pipeTarget(stdioPeer(program, args), program)
}

const pipeTarget = (peer: PipePeer, named: string): Target => ({
  peer, named, renew: () => peer.renew(),
  carries: ({ bindings }) => bindings.includes(peer.binding),
  play: (suite, options) => playPipe(suite, peer, options),
})

const checked = (url: string, like: string): string => {
  if (/^https?:/i.test(url) && URL.canParse(url)) return url
  throw new UsageError(`${JSON.stringify(url)} is no URL to check; expected one such as ${like}`)
}

/** How long a server may take to show that it speaks a revision, unless --timeout-ms gives it less. */
const HELLO_MS = 5000

/** Does it speak that revision? Says why not. */
const missing = async (target: Target, row: RevisionRow, { deadlineMs = HELLO_MS }: { readonly deadlineMs?: number }): Promise<Missing | undefined> => {
  await target.renew()
  const { outcome, misses, transcript } = await playServerCase(speaking(row), row, target.peer, { deadlineMs: Math.min(deadlineMs, HELLO_MS) })
  await target.renew()
  if (outcome === 'pass') return undefined
  // The runner's own line comes first; whoever is not there has no line.
  return { why: misses[0]!.sentence, answered: transcript.some(({ by, text }) => by === 'peer' && !text.startsWith('connection broke')) }
}
interface Missing {
  readonly why: string
  readonly answered: boolean
}

/** The revisions that a server speaks here, where nobody said which: the others would accuse it of nothing but their absence. @throws UsageError if none */
const spokenBy = async (target: Target, suite: Suite, running: readonly Running[], timed: { readonly deadlineMs?: number }): Promise<string[]> => {
  const rows = suite.revisions.filter(row => target.carries(row) && running.some(({ at }) => at.includes(row.revision)))
  const spoken: string[] = []
  const silent: { readonly revision: string; readonly miss: Missing }[] = []
  for (const row of rows) {
    const miss = await missing(target, row, timed)
    if (miss === undefined) spoken.push(row.revision)
    else if (!miss.answered) throw nobody(target, miss)
    else silent.push({ revision: row.revision, miss })
  }
  const reasons = silent.map(({ revision, miss }) => `${revision}: ${shortened(miss.why)}`)
  if (spoken.length === 0) throw new UsageError(`${target.named} speaks no revision that there are cases for. ${reasons.join('; ')}`)
  for (const { revision, miss } of silent) process.stderr.write(`mcpwire: ${revision} is not spoken there, so its cases are left out (--revision ${revision} plays them): ${shortened(miss.why)}\n`)
  return spoken
}

/** Asked for by name, a revision is played even where it is not spoken, but not where nobody answers. @throws UsageError */
const reach = async (target: Target, suite: Suite, revisions: readonly string[], timed: { readonly deadlineMs?: number }): Promise<void> => {
  for (const row of suite.revisions.filter(({ revision }) => revisions.includes(revision)).slice(0, 1)) {
    const miss = await missing(target, row, timed)
    if (miss && !miss.answered) throw nobody(target, miss)
  }
}

const nobody = ({ named }: Target, { why }: Missing): UsageError => new UsageError(`nothing to check at ${named}: ${shortened(why.replace(/^expected .*, seen (no status, then )?/, ''))}`)

const shortened = (text: string): string => harmless(text.replace(/\s+/g, ' ')).replace(/^(.{300}).+$/, '$1…')

const speaking = ({ revision, opening }: RevisionRow): ServerCase => ({
  id: 'speaks', title: 'the server speaks the revision', keyword: 'MUST', clauses: [], under_test: 'server',
  steps: opening === 'initialize' ? [] : [{ post: { call: 'server/discover' } }, { hear: [{ result: { supportedVersions: { $has: [revision] } } }] }],
})

/**
 * A case is played when it cites a clause of the kind asked for, and its id says what was asked for.
 * @throws UsageError for what no clause, area, case or revision is called
 */
const selection = (suite: Suite, { clauses, areas, cases, revisions }: CheckOptions): ((one: Case) => boolean) => {
  const all = [...suite.clauses.values()].flat()
  const known = suite.revisions.map(({ revision }) => revision)
  const begins = (beginning: string) => ({ id, source }: Clause): boolean => id.startsWith(beginning) || source.startsWith(beginning)
  const demand = (option: string, asked: readonly string[], exists: (word: string) => boolean, expected: string): void => {
    const unknown = asked.find(word => !exists(word))
    if (unknown !== undefined) throw new UsageError(`--${option} ${JSON.stringify(unknown)}: expected ${expected}`)
  }
  demand('revision', revisions, date => known.includes(date), `one of ${known.join(', ')}`)
  demand('clause', clauses, beginning => all.some(begins(beginning)), 'the beginning of a clause id or of its page, such as http.origin or basic/lifecycle')
  demand('area', areas, area => all.some(clause => clause.area === area), `one of ${[...new Set(all.map(({ area }) => area))].sort().join(', ')}`)
  demand('case', cases, part => suite.cases.some(({ id }) => id.includes(part)), 'part of the id of a case; --list has them')
  return one => {
    const cited = one.clauses.flatMap(id => suite.clauses.get(id) ?? [])
    return (clauses.length === 0 || clauses.some(beginning => cited.some(begins(beginning))))
      && (areas.length === 0 || cited.some(({ area }) => areas.includes(area)))
      && (cases.length === 0 || cases.some(part => one.id.includes(part)))
  }
}

interface Running {
  readonly one: Case
  /** The revisions it runs at, of those asked for. */
  readonly at: readonly string[]
}

const runningCases = (suite: Suite, cases: readonly Case[], revisions: readonly string[]): readonly Running[] =>
  cases
    .map(one => ({ one, at: revisionsOf(one, suite).map(({ revision }) => revision).filter(date => revisions.length === 0 || revisions.includes(date)) }))
    .filter(({ at }) => at.length > 0)

const listCases = (running: readonly Running[]): number => {
  for (const { one, at } of running) process.stdout.write(`${one.under_test} ${one.keyword.padEnd(6)} ${one.id}  ${one.title}  [${at.join(' ')}]\n`)
  return 0
}
