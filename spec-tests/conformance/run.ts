/**
 * The official conformance suite against the reference server and the reference client: `npm run conformance`.
 * Brings the suite, and the Node that it needs, through npm. A scenario passes when it was exercised and nothing in it
 * failed or warned; the last line counts them. Arguments narrow it: `server`, `client`, a revision.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12'
const NODE = 'node@22'
const MAIN = 'build/lib/cli/main.js'
const CLIENT = 'node build/lib/examples/everything-client.js'
const SKILLS = ['sep-2640-skills-directory', 'sep-2640-skills-enumeration', 'sep-2640-skills-manifest']
const SKILLS_CLIENT = ['sep-2640-client-no-prefetch', 'sep-2640-client-verify-digest', 'sep-2640-client-verify-size', 'sep-2640-client-verify-frontmatter']
/** Scenarios that cannot be exercised by anybody: the suite skips them by itself. */
const SKIPPED_BY_ITSELF = new Set(['tasks-status-notifications'])

type Leg = 'server' | 'client'
interface Check {
  readonly id: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  readonly errorMessage?: string
  readonly description?: string
}

const passed: string[] = []
const failed: string[] = []
const skipped: string[] = []

/** One call of the suite; its results are files, its exit code says nothing that they do not. */
const suite = async (leg: Leg, target: string, results: string, args: readonly string[]): Promise<void> => {
  const where = leg === 'server' ? ['--url', target] : ['--command', target]
  const child = spawn('npx', ['-y', '-p', NODE, '-p', SUITE, '--', 'conformance', leg, ...where, '-o', results, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2000)))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0 && readdirSync(results).length === 0) throw new Error(`the suite did not run: ${said}`)
}

const judge = (label: string, results: string, counts: (name: string) => boolean): void => {
  const files = readdirSync(results, { recursive: true, withFileTypes: true }).filter(entry => entry.name === 'checks.json')
  for (const file of files) {
    const name = relative(results, file.parentPath).replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '').replace(/^server-/, '')
    if (!counts(name)) continue
    const checks = JSON.parse(readFileSync(join(file.parentPath, file.name), 'utf8')) as Check[]
    const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    const exercised = checks.some(({ id, status }) => status === 'SUCCESS' && id !== 'wire-schema-valid')
    if (bad.length === 0 && exercised) passed.push(`${label} ${name}`)
    else if (bad.length === 0 && SKIPPED_BY_ITSELF.has(name)) skipped.push(`${label} ${name}`)
    else {
      failed.push(`${label} ${name}`)
      console.log(`FAILED ${label} ${name}${exercised ? '' : ': nothing of its own was exercised'}`)
      for (const { status, id, errorMessage, description } of bad) console.log(`  ${status} ${id}: ${(errorMessage ?? description ?? '').slice(0, 300)}`)
    }
  }
  if (files.length === 0) failed.push(`${label}: the suite produced nothing`)
}

const SETS: readonly (readonly [revision: string, args: readonly string[]])[] = [
  ['2026-07-28', ['--requirements', '2026-07-28']],
  ['2025-11-25', ['--requirements', '2025-11-25']],
  ['2025-06-18', ['--suite', 'all', '--spec-version', '2025-06-18']],
  ['2025-03-26', ['--suite', 'all', '--spec-version', '2025-03-26']],
]

const run = async (leg: Leg, target: string, revisions: readonly string[]): Promise<void> => {
  for (const [revision, args] of SETS) {
    if (revisions.length > 0 && !revisions.includes(revision)) continue
    const scored = args[0] === '--requirements'
    if (leg === 'client' && !scored) continue
    const results = mkdtempSync(join(tmpdir(), 'conformance-'))
    try {
      await suite(leg, target, results, args)
      if (scored) for (const scenario of leg === 'server' ? SKILLS : SKILLS_CLIENT) await suite(leg, target, results, ['--scenario', scenario, '--spec-version', revision, '--force'])
      judge(`${leg} ${revision}`, results, name => leg === 'server' || !name.startsWith('auth/'))
      console.log(`${leg} ${revision}: ${passed.filter(name => name.startsWith(`${leg} ${revision}`)).length} scenarios passed`)
    } finally {
      rmSync(results, { recursive: true, force: true })
    }
  }
}

const serve = async (): Promise<{ readonly url: string; readonly child: ChildProcess }> => {
  const child = spawn(process.execPath, [MAIN, 'serve', '--example', 'everything', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string]
  return { url: line.replace(/^listening on /, '').trim().replace('127.0.0.1', 'localhost'), child }
}

const wanted = process.argv.slice(2)
const revisions = wanted.filter(word => /^\d/.test(word))
const legs = wanted.filter((word): word is Leg => word === 'server' || word === 'client')
process.chdir(join(dirname(process.argv[1]!), '../../..'))
if (legs.length === 0 || legs.includes('server')) {
  const { url, child } = await serve()
  await run('server', url, revisions).finally(() => child.kill())
}
if (legs.length === 0 || legs.includes('client')) await run('client', CLIENT, revisions)
console.log(`${passed.length} passed, ${failed.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`)
process.exitCode = failed.length > 0 ? 1 : 0
