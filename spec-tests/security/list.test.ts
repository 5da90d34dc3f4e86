/** The executable list is whole: every row is answered by a test that exists, or by a reason; every file here answers for something. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { LIST, type Shown } from './list.js'

const SPEC_TESTS = fileURLToPath(new URL('../../../spec-tests/', import.meta.url))
const sources = new Map<string, string>()
const sourceOf = (file: string): string => {
  if (!sources.has(file)) sources.set(file, readFileSync(SPEC_TESTS + file, 'utf8'))
  return sources.get(file)!
}
const shown = ({ by }: (typeof LIST)[number]): readonly Shown[] => ('reason' in by ? [] : by)

t.test('every row is answered: by a test that exists, or by a reason', async t => {
  for (const row of LIST) {
    if ('reason' in row.by) t.ok(row.by.reason.length > 20, row.of)
    else t.ok(row.by.length > 0, row.of)
    for (const { file, named } of shown(row)) {
      const begins = sourceOf(file).split('\n').filter(line => /\bt(est)?\.test\(/.test(line))
      if (!begins.some(line => line.includes(named))) t.fail(`${row.of}: no test of ${file} is named ${JSON.stringify(named)}`)
    }
  }
})

t.test('no row is there twice, and an id is an id', async t => {
  const ids = LIST.map(({ of }) => of)
  t.strictSame(ids.filter((id, at) => ids.indexOf(id) !== at), [])
  for (const id of ids) t.match(id, /^(CVE-20\d\d-\d{4,6}|GHSA(-[0-9a-z]{4}){3}|class .+)$/)
})

t.test('every test file here answers for a row, and every advisory that a test is named after has one', async t => {
  const answering = new Set(LIST.flatMap(shown).map(({ file }) => file))
  const files = readdirSync(`${SPEC_TESTS}security`).filter(name => name.endsWith('.test.ts') && name !== 'list.test.ts').map(name => `security/${name}`)
  t.strictSame(files.filter(file => !answering.has(file)), [])
  const known = new Set(LIST.map(({ of }) => of))
  for (const file of files) for (const [id] of sourceOf(file).matchAll(/\b(CVE-20\d\d-\d{4,6}|GHSA(-[0-9a-z]{4}){3})\b/g)) t.ok(known.has(id), `${file}: ${id}`)
})
