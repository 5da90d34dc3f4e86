/** Every fixture: well formed, citing what stands, and true of our own server, in process and over a socket, and of our own client. */

import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { everything } from '../lib/examples/everything.js'
import { inProcess } from '../lib/io/in-process.js'
import { listen } from '../lib/io/listen.js'
import { jsonFiles, loadSuite, revisionsOf } from '../lib/replay/load.js'
import { DIRECTIVES } from '../lib/replay/match.js'
import { socketPeer } from '../lib/replay/peer.js'
import { describeMiss, describeSaid, type Verdict } from '../lib/replay/report.js'
import { playClient, playServer } from '../lib/replay/suite.js'
import { ourClient } from './replay/our-client.js'

const FOLDER = fileURLToPath(new URL('../../fixtures', import.meta.url))
/** The revisions everything() serves over Streamable HTTP. */
const SERVED = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28']

/** Some thousand conversations: a busy machine takes its time over them. */
t.setTimeout(120_000)

const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'))
const suite = await loadSuite(FOLDER)

const schema = await read(join(FOLDER, 'case.schema.json')) as object
const validate = new Ajv2020({ validateFormats: false, allowUnionTypes: true }).compile(schema)

t.test('every fixture file holds to case.schema.json', async t => {
  const folders = await Promise.all(['messages', 'http', 'stdio', 'http-sse'].map(name => jsonFiles(join(FOLDER, name))))
  for (const files of folders) t.not(files.length, 0)
  for (const file of folders.flat()) {
    validate(await read(file))
    t.same(validate.errors ?? [], [], file)
  }
})

t.test('the case that fixtures/README.md shows holds to it too, and one with a misspelled step does not', async t => {
  const [, shown] = /```json\n([^]*?)```/.exec(await readFile(join(FOLDER, 'README.md'), 'utf8'))!
  const one = JSON.parse(shown!) as { steps: object[] }
  validate(one)
  t.same(validate.errors ?? [], [])
  t.notOk(validate({ ...one, steps: [...one.steps, { heard: [] }] }))
  t.notOk(validate({ ...one, revisions: ['2025-11-25'] }), 'narrowing needs a reason')
})

t.test('fixtures/README.md explains every directive', async t => {
  const readme = await readFile(join(FOLDER, 'README.md'), 'utf8')
  t.same([...DIRECTIVES, '$repeat'].filter(name => !readme.includes(`{"${name}":`)), [])
})

t.test('no two cases have one id', async t => {
  const ids = suite.cases.map(one => one.id)
  t.same(ids.filter((id, index) => ids.indexOf(id) !== index), [])
})

t.test('every case runs at a revision, and narrows only to revisions that its clauses cover', async t => {
  for (const one of suite.cases) {
    const running = revisionsOf(one, suite).map(row => row.revision)
    t.not(running.length, 0, `${one.id} runs somewhere`)
    if (one.revisions) t.same(running, one.revisions, `${one.id} narrows to what its clauses cover`)
  }
})

t.test('every cause that a case names is a case, and no case is its own cause', async t => {
  const causes = new Map(suite.cases.map(one => [one.id, one.depends_on ?? []]))
  const leadsTo = (from: string, id: string, seen = new Set<string>()): boolean =>
    (causes.get(from) ?? []).some(next => next === id || !seen.has(next) && leadsTo(next, id, seen.add(next)))
  for (const [id, named] of causes) {
    t.same(named.filter(cause => !causes.has(cause)), [], `${id} names cases that exist`)
    t.notOk(leadsTo(id, id), `${id} does not depend on itself`)
  }
})

t.test('a ledger is named for the last revision its clauses stand in, and one id never stands twice at a time', async t => {
  const order = suite.revisions.map(row => row.revision)
  for (const { revision } of suite.revisions) {
    const ledger = await read(join(FOLDER, 'clauses', `${revision}.json`)) as readonly { readonly until: string }[]
    t.same(ledger.filter(clause => clause.until !== revision), [], revision)
  }
  for (const [id, clauses] of suite.clauses) {
    const taken = clauses.flatMap(({ since, until }) => order.slice(order.indexOf(since), order.indexOf(until) + 1))
    t.equal(new Set(taken).size, taken.length, id)
  }
})

/** One line for each case that does not pass, and one for each revision and area in which all do. */
const judge = async (t: Test, verdicts: AsyncIterable<Verdict>): Promise<void> => {
  const outcomes = new Map<string, string[]>()
  for await (const verdict of verdicts) {
    const area = `${verdict.revision} ${verdict.id.split('/', 1)[0]!}`
    outcomes.set(area, [...outcomes.get(area) ?? [], verdict.outcome])
    if (verdict.outcome === 'pass') continue
    const diagnostic = { misses: verdict.misses.map(describeMiss), transcript: verdict.transcript.map(describeSaid) }
    t.fail(`${verdict.revision} ${verdict.id}  ${verdict.title}`, diagnostic)
  }
  for (const revision of SERVED) t.ok([...outcomes.keys()].some(area => area.startsWith(revision)), `${revision} was asked for something`)
  for (const [area, all] of outcomes) if (all.every(outcome => outcome === 'pass')) t.pass(`${area}: ${all.length} cases`)
}

t.test('every server case passes against the reference server, in process', async t => {
  const serving = inProcess(everything())
  const peer = socketPeer(serving.url, serving.connect)
  t.teardown(() => serving.close())
  t.teardown(() => peer.close())
  await judge(t, playServer(suite, peer, { revisions: SERVED }))
})

t.test('every server case passes against the reference server, over a socket', async t => {
  const serving = await listen(everything(), { port: 0 })
  const peer = socketPeer(serving.url)
  t.teardown(() => serving.close({ graceMs: 0 }))
  t.teardown(() => peer.close())
  await judge(t, playServer(suite, peer, { revisions: SERVED }))
})

t.test('every client case passes against our client', async t => {
  await judge(t, playClient(suite, ourClient, { revisions: SERVED }))
})
