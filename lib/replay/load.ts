/** A folder of fixtures, read: its cases, and which clauses, and so which revisions, each answers to. */

import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Case, CaseFile, Keyword } from './case.js'

/** One sentence of the specification, in our words. An id may stand in several ledgers, for ranges that do not overlap. */
export interface Clause {
  readonly id: string
  readonly keyword: Keyword | 'MUST NOT' | 'SHOULD NOT'
  readonly role: string
  readonly area: string
  readonly sentence: string
  /** page#heading of the newest revision in which it stands. */
  readonly source: string
  /** First and last revision in which it stands. */
  readonly since: string
  readonly until: string
  /** Whether a peer can see it obeyed: `wire`. Else in the code (`unit`), by a person (`manual`), or not at all (`untestable`). */
  readonly testable: 'wire' | 'unit' | 'manual' | 'untestable'
  /** What shows it where no case does, or why nothing does. */
  readonly answered_by?: readonly ClauseAnswer[]
}

/** For one role, or for each that the clause binds: a test in a file of the project, or a reason. */
export type ClauseAnswer = { readonly role?: 'server' | 'client' } & (
  { readonly test: string; readonly named: string } | { readonly reason: string })

/** What a runner must know of a revision to start a conversation in it. */
export interface RevisionRow {
  readonly revision: string
  /** By `initialize`, or by saying everything in each request. */
  readonly opening: 'initialize' | 'each-request'
  /** Does the client send MCP-Protocol-Version after the opening? */
  readonly version_header: boolean
  /** The bindings that carry it. */
  readonly bindings: readonly Binding[]
}

/** How messages travel. */
export type Binding = 'streamable-http' | 'stdio' | 'http-sse'
/** A folder of cases: about messages over any binding, or about one binding. */
export type Folder = 'messages' | 'http' | 'stdio' | 'http-sse'

export interface Suite {
  readonly cases: readonly Case[]
  readonly clauses: ReadonlyMap<string, readonly Clause[]>
  /** Oldest first. */
  readonly revisions: readonly RevisionRow[]
}

const FOLDERS: readonly Folder[] = ['messages', 'http', 'stdio', 'http-sse']
const ALONE: Readonly<Record<Binding, Folder>> = { 'streamable-http': 'http', stdio: 'stdio', 'http-sse': 'http-sse' }
/** Does its folder play over that binding, and the case not say otherwise? */
export const isFor = ({ folder = 'messages', bindings }: Case, binding: Binding): boolean =>
  (folder === 'messages' || folder === ALONE[binding]) && (bindings?.includes(binding) ?? true)

/** Reads a fixtures folder. @throws Error that names the file which is not JSON. */
export const loadSuite = async (folder: string): Promise<Suite> => {
  const cases = (await Promise.all(FOLDERS.map(name => casesIn(folder, name)))).flat()
  const ledgers = await Promise.all((await jsonFiles(join(folder, 'clauses'))).map(file => readJson<readonly Clause[]>(file)))
  const clauses = new Map<string, readonly Clause[]>()
  for (const clause of ledgers.flat()) clauses.set(clause.id, [...clauses.get(clause.id) ?? [], clause])
  return { cases, clauses, revisions: await readJson(join(folder, 'revisions.json')) }
}

const casesIn = async (root: string, folder: Folder): Promise<readonly Case[]> => {
  const files = await jsonFiles(join(root, folder))
  const cases = (await Promise.all(files.map(file => readJson<CaseFile>(file)))).flat() as readonly Case[]
  return cases.map(one => ({ ...one, folder }))
}

/** Paths of the .json files below a folder, sorted. A folder that is not there holds none. */
export const jsonFiles = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return []
  })
  return entries.filter(name => name.endsWith('.json')).sort().map(name => join(folder, name))
}

const readJson = async <T>(file: string): Promise<T> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch (cause) {
    throw new Error(`${file} cannot be read as JSON: ${(cause as Error).message}`, { cause })
  }
}

/**
 * The revisions a case runs at: those of its clauses that a binding of the case carries, unless it narrows them. Oldest first.
 * @throws TypeError on an unknown clause id
 */
export const revisionsOf = (one: Case, suite: Suite): readonly RevisionRow[] => suite.revisions.filter(({ revision, bindings }) =>
  inForce(one, revision, suite).length > 0 && bindings.some(binding => isFor(one, binding)) && (one.revisions?.includes(revision) ?? true))

/** How hard a miss is judged at a revision: as the case says, but never harder than the clauses in force there. */
export const keywordAt = (one: Case, revision: string, suite: Suite): Keyword =>
  weaker(one.keyword, inForce(one, revision, suite).map(clause => plain(clause.keyword)).reduce(stronger, 'MAY'))

const inForce = (one: Case, revision: string, suite: Suite): readonly Clause[] => {
  const order = suite.revisions.map(row => row.revision)
  const at = order.indexOf(revision)
  return one.clauses.flatMap(id => {
    const clauses = suite.clauses.get(id)
    if (!clauses) throw new TypeError(`${one.id} cites ${id}, which no ledger holds`)
    return clauses.filter(({ since, until }) => order.indexOf(since) <= at && at <= order.indexOf(until))
  })
}

const STRENGTH: readonly Keyword[] = ['MAY', 'SHOULD', 'MUST']
const plain = (keyword: Clause['keyword']): Keyword => keyword.replace(' NOT', '') as Keyword
/** The lesser of two obligations. */
export const weaker = (one: Keyword, other: Keyword): Keyword => STRENGTH[Math.min(STRENGTH.indexOf(one), STRENGTH.indexOf(other))]!
const stronger = (one: Keyword, other: Keyword): Keyword => STRENGTH[Math.max(STRENGTH.indexOf(one), STRENGTH.indexOf(other))]!
