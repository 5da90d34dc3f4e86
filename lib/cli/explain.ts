/** `mcpwire explain`: from a clause, an error code, a status or a `page#heading` to the sentence, and to what shows it and obeys it. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CODES } from '../protocol/errors.js'
import type { Case } from '../replay/case.js'
import { loadSuite, type Clause, type Suite } from '../replay/load.js'
import { OWN_FIXTURES } from './check.js'
import { UsageError } from './usage.js'

/** Clauses shown at most. */
const MAX_SHOWN = 12

/** Prints what is known of `word`. @throws UsageError when nothing is */
export const explain = async (word: string): Promise<number> => {
  const suite = await loadSuite(OWN_FIXTURES)
  const number = /^-?\d{3,5}$/.test(word)
  const ids = number ? new Set(suite.cases.filter(one => expects(one, word)).flatMap(one => one.clauses)) : undefined
  const found = [...suite.clauses.values()].flat().filter(clause => (ids ? ids.has(clause.id) : fits(clause, word)))
  if (number && NAMES.has(word)) process.stdout.write(`${word}: ${NAMES.get(word)}\n\n`)
  if (found.length === 0) throw new UsageError(`nothing is known of ${JSON.stringify(word)}; give a clause id, a page#heading, an error code such as -32602, or a status such as 404`)
  const lines = await citations()
  for (const clause of found.slice(0, MAX_SHOWN)) print(clause, suite, lines)
  if (found.length > MAX_SHOWN) process.stdout.write(`and ${found.length - MAX_SHOWN} more: ${found.slice(MAX_SHOWN).map(({ id }) => id).join(', ')}\n`)
  return 0
}

const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(CODES).map(([name, code]) => [String(code), name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)]))

const fits = ({ id, source }: Clause, word: string): boolean => id === word || id.startsWith(`${word}.`) || source === word || source.startsWith(word)

/** Does a case expect that error code, or that status, of whoever is judged? */
const expects = (one: Case, number: string): boolean => new RegExp(`"(code|status)":(\\{"\\$any_of":\\[)?[^\\]}"]*${number}\\b`).test(JSON.stringify(one.steps))

const print = (clause: Clause, suite: Suite, lines: readonly Citation[]): void => {
  const { id, keyword, role, sentence, source, since, until, answered_by: answers = [] } = clause
  const cases = suite.cases.filter(one => one.clauses.includes(id)).map(one => one.id)
  const obeyed = lines.filter(({ anchor }) => anchor === source || source.endsWith(`/${anchor}`)).map(({ at }) => at)
  const range = since === until ? since : `${since} to ${until}`
  const out = [
    `${id}  (${keyword}, ${role}, ${range})`,
    `  ${sentence}`,
    `  page: ${source}`,
    ...(cases.length > 0 ? [`  shown by: ${cases.join(', ')}`] : []),
    ...answers.map(answer => ('reason' in answer ? `  not shown: ${answer.reason}` : `  shown by: ${answer.test}, ${JSON.stringify(answer.named)}`)),
    ...(obeyed.length > 0 ? [`  obeyed at: ${[...new Set(obeyed)].join(', ')}`] : []),
  ]
  process.stdout.write(`${out.join('\n')}\n\n`)
}

interface Citation {
  readonly anchor: string
  /** File and line. */
  readonly at: string
}

/** Where the library's comments cite which heading. */
const citations = async (): Promise<Citation[]> => {
  const root = fileURLToPath(new URL('../../../lib/', import.meta.url))
  const files = (await readdir(root, { recursive: true })).filter(name => name.endsWith('.ts'))
  const found = await Promise.all(files.map(async name => {
    const text = await readFile(join(root, name), 'utf8')
    return text.split('\n').flatMap((line, i) =>
      [...line.matchAll(/(?:\d{4}-\d\d-\d\d\/)?((?:[a-z]+\/)*[a-z-]+#[a-z-]+)/g)].map(match => ({ anchor: match[1]!, at: `lib/${relative(root, join(root, name))}:${i + 1}` })))
  }))
  return found.flat()
}
