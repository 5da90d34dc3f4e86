/** `mcpwire explain`: from a clause, an error code, a status or a `page#heading` to the sentence, and to what shows it and obeys it. */
import { readdir, readFile } from 'node:fs/promises'
import { STATUS_CODES } from 'node:http'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CODES } from '../protocol/errors.js'
import type { Case } from '../replay/case.js'
import { loadSuite, type Clause, type Suite } from '../replay/load.js'
import { OWN_FIXTURES } from './check.js'
import { UsageError } from './usage.js'

/** Clauses shown at most, and cases and places named at most for each. */
const MAX_SHOWN = 12
const MAX_NAMED = 8

/** Prints what is known of `word`: a clause, the beginning of one, a page, a case, an error code or a status. @throws UsageError when nothing is */
export const explain = async (word: string): Promise<number> => {
  const suite = await loadSuite(OWN_FIXTURES)
  const found = /^-?\d{3,5}$/.test(word) ? ofNumber(suite, word) : ofWord(suite, word)
  if (found.length === 0) throw new UsageError(`nothing is known of ${JSON.stringify(word)}; ${advice(suite, word)}`)
  const lines = await citations()
  for (const clause of found.slice(0, MAX_SHOWN)) print(clause, suite, lines)
  if (found.length > MAX_SHOWN) process.stdout.write(`and ${found.length - MAX_SHOWN} more: ${[...new Set(found.slice(MAX_SHOWN).map(({ id }) => id))].join(', ')}\n`)
  return 0
}

const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(CODES).map(([name, code]) => [String(code), name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)]))

/** A clause that says the number, or what it is called, comes before one whose cases merely expect it. */
const ofNumber = (suite: Suite, number: string): readonly Clause[] => {
  const name = NAMES.get(number) ?? STATUS_CODES[number]
  if (name !== undefined) process.stdout.write(`${number}: ${name}\n\n`)
  const shown = new Set(suite.cases.filter(one => expects(one, number)).flatMap(one => one.clauses))
  const says = ({ sentence }: Clause): boolean => new RegExp(`(^|[^\\w-])${number}\\b`).test(sentence) || (name !== undefined && sentence.toLowerCase().includes(name.toLowerCase()))
  const all = [...suite.clauses.values()].flat()
  return [...all.filter(says), ...all.filter(clause => !says(clause) && shown.has(clause.id))]
}

/** Errors name `page#heading` with or without a revision and a number behind it. */
const ofWord = (suite: Suite, word: string): readonly Clause[] => {
  const one = suite.cases.find(({ id }) => id === word)
  if (one) process.stdout.write(`${one.id}  (a case for a ${one.under_test}, ${one.keyword}): ${one.title}\n\n`)
  const page = word.replace(/^\d{4}-\d\d-\d\d\//, '').replace(/\/\d+$/, '')
  const fits = ({ id, source }: Clause): boolean => (one ? one.clauses.includes(id) : id === word || id.startsWith(`${word}.`) || (page !== '' && source.startsWith(page)))
  return [...suite.clauses.values()].flat().filter(fits)
}

const advice = (suite: Suite, word: string): string => {
  const near = word === '' ? [] : [...suite.clauses.values()].flat().filter(({ id, sentence }) => `${id} ${sentence}`.toLowerCase().includes(word.toLowerCase()))
  const ids = [...new Set(near.map(({ id }) => id))]
  const asked = 'give a clause id, a page#heading, the id of a case, an error code such as -32602, or a status such as 404'
  return ids.length === 0 ? asked : `it is said in ${named(ids)}`
}

const named = (all: readonly string[]): string => (all.length <= MAX_NAMED ? all.join(', ') : `${all.slice(0, MAX_NAMED).join(', ')} and ${all.length - MAX_NAMED} more`)

/** Does a case expect that error code, or that status, of whoever is judged? */
const expects = (one: Case, number: string): boolean => new RegExp(`"(code|status)":(\\{"\\$any_of":\\[)?[^\\]}"]*${number}\\b`).test(JSON.stringify(one.steps))

const print = (clause: Clause, suite: Suite, lines: readonly Citation[]): void => {
  const { id, keyword, role, sentence, source, since, until, answered_by: answers = [] } = clause
  const cases = suite.cases.filter(one => one.clauses.includes(id)).map(one => one.id)
  const citing = lines.filter(({ anchor }) => anchor === source || source.endsWith(`/${anchor}`)).map(({ at }) => at)
  const range = since === until ? since : `${since} to ${until}`
  const out = [
    `${id}  (${keyword}, ${role}, ${range})`,
    `  ${sentence}`,
    `  page: ${source}`,
    ...(cases.length > 0 ? [`  shown by: ${named(cases)}`] : []),
    ...answers.map(answer => ('reason' in answer ? `  not shown: ${answer.reason}` : `  shown by: ${answer.test}, ${JSON.stringify(answer.named)}`)),
    // A citation names the heading, under which other sentences stand too.
    ...(citing.length > 0 ? [`  its heading is cited at: ${named([...new Set(citing)])}`] : []),
  ]
  process.stdout.write(`${out.join('\n')}\n\n`)
}

interface Citation {
  readonly anchor: string
  /** File and line. */
  readonly at: string
}

/** Where the library's comments cite which heading. The runner, the commands and the examples are not the library. */
const citations = async (): Promise<Citation[]> => {
  const root = fileURLToPath(new URL('../../../lib/', import.meta.url))
  const files = (await readdir(root, { recursive: true })).filter(name => name.endsWith('.ts') && !/^(replay|cli|examples)\b/.test(name))
  const found = await Promise.all(files.map(async name => {
    const text = await readFile(join(root, name), 'utf8')
    return text.split('\n').flatMap((line, i) =>
      [...line.matchAll(/(?:\d{4}-\d\d-\d\d\/)?((?:[a-z]+\/)*[a-z-]+#[a-z0-9%A-F-]+)/g)].map(match => ({ anchor: match[1]!, at: `lib/${relative(root, join(root, name))}:${i + 1}` })))
  }))
  return found.flat()
}
