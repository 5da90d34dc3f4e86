/** The rules of the house: what may import what, where a date may be written, who touches the world. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import t from 'tap'

/** Rooms from the top down; those in one row are siblings and do not see each other. */
const ROWS = [['cli'], ['examples'], ['replay'], ['extensions'], ['index.ts', 'server.ts', 'client.ts', 'sans-io.ts'], ['io'], ['server', 'client'], ['validation', 'bindings'], ['protocol'], ['revisions'], ['wire']]
const PROGRAMS = new Set(['cli', 'examples', 'replay'])
/** What validation/ needs of ajv, and the one program of the build among the rooms. */
const BUILD_PROGRAM = 'lib/validation/precompile.ts'

const sources = readdirSync('lib', { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
  .map(entry => join(entry.parentPath, entry.name))
  .sort()

const roomOf = (file: string): string => relative('lib', file).split('/')[0]!
const rowOf = (room: string): number => ROWS.findIndex(row => row.includes(room))
const importsOf = (file: string): string[] => {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g)].map(match => (match[1] ?? match[2] ?? match[3])!)
}
/** Lines of code, comments blanked. */
const codeOf = (file: string): string => readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, text => text.replace(/[^\n]/g, ' ')).replace(/(^|[^:'"`])\/\/.*$/gm, '$1')

t.test('the top level holds what it is meant to, and nothing else', async t => {
  const ignored = readFileSync('.gitignore', 'utf8').split('\n').filter(line => line.endsWith('/')).map(line => line.slice(0, -1))
  const allowed = new Set(['.ci', '.git', '.gitignore', 'LICENSE', 'README.md', 'fixtures', 'lib', 'package-lock.json', 'package.json', 'spec-tests', 'tsconfig.json', ...ignored])
  t.same(readdirSync('.').filter(name => !allowed.has(name) && !name.endsWith('.tgz')), [])
})

t.test('every room is on the list', async t => {
  for (const file of sources) t.not(rowOf(roomOf(file)), -1, file)
})

t.test('imports point strictly down', async t => {
  let seen = 0
  for (const file of sources) {
    for (const target of importsOf(file)) {
      if (!target.startsWith('.')) continue
      seen++
      const there = roomOf(normalize(join(dirname(file), target.replace(/\.js$/, '.ts'))))
      const here = roomOf(file)
      // one entry point may gather others; a room may see itself
      const fine = here === there || rowOf(there) > rowOf(here) || (here === 'index.ts' && rowOf(there) === rowOf(here))
      if (!fine) t.fail(`${file} imports ${target}: ${here} may not see ${there}`)
    }
  }
  t.ok(seen > 100, `${seen} imports were read`)
})

t.test('only io and the programs touch the world', async t => {
  for (const file of sources) {
    const room = roomOf(file)
    if (room === 'io' || PROGRAMS.has(room) || file === BUILD_PROGRAM) continue
    for (const target of importsOf(file)) {
      if (target.startsWith('.')) continue
      t.ok(room === 'validation' && /^ajv(\/|$)/.test(target), `${file} imports ${target}`)
    }
  }
})

t.test('a server never loads undici, and sans-io loads nothing from outside', async t => {
  const reach = (entry: string): Set<string> => {
    const found = new Set<string>()
    const queue = [entry]
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      if (found.has(file)) continue
      found.add(file)
      for (const target of importsOf(file)) {
        if (!target.startsWith('.')) found.add(target)
        else if (sources.includes(normalize(join(dirname(file), target.replace(/\.js$/, '.ts'))))) queue.push(normalize(join(dirname(file), target.replace(/\.js$/, '.ts'))))
      }
    }
    return found
  }
  t.notOk(reach('lib/server.ts').has('undici'))
  t.ok(reach('lib/client.ts').has('undici'), 'the reader of imports sees undici where it is')
  t.strictSame([...reach('lib/sans-io.ts')].filter(name => !name.startsWith('lib/')), [])
})

t.test('a dated revision is written in revisions/ and the examples alone', async t => {
  for (const file of sources) {
    if (['revisions', 'examples'].includes(roomOf(file))) continue
    const line = codeOf(file).split('\n').findIndex(text => /20\d\d-\d\d-\d\d/.test(text))
    t.equal(line, -1, `${file}${line < 0 ? '' : `:${line + 1}`}`)
  }
})

t.test('the era is asked at the doors alone', async t => {
  const doors = /^lib\/(bindings\/.*(admit|ask|hear|stdio)|protocol\/opening|io\/connect|revisions\/)/
  for (const file of sources) {
    if (doors.test(file)) continue
    t.notMatch(codeOf(file), /\.era\b/, file)
  }
})

t.test('no file has two subjects: 300 lines at the most', async t => {
  for (const file of sources) t.ok(readFileSync(file, 'utf8').split('\n').length <= 301, file)
})
