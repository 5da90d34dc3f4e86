/** The README is run: its programs start, its requests are sent, and what it shows is what comes. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import * as client from '../lib/client.js'
import { connect } from '../lib/client.js'
import { CODES, REVISIONS } from '../lib/sans-io.js'
import * as server from '../lib/server.js'
import { LEVELS } from '../lib/wire/levels.js'
import { DEFAULTS, LIMITED, limitsTable } from './readme-limits.js'
import { loadSuite } from '../lib/replay/load.js'
import { clausesTable, openingTable, revisionTable } from './readme-tables.js'

const readme = readFileSync('README.md', 'utf8')
const blocks = (language: string): string[] => [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(match => match[1]!)
const [serverCode, clientCode, moreCode, embedCode] = blocks('js')

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

const run = promisify(execFile)

t.test('its programs', async t => {
  t.equal(blocks('js').length, 4)
  const port = await freePort()
  const dir = t.testdir({})
  const at = (name: string, code: string): string => {
    const file = join(dir, name)
    writeFileSync(file, code.replaceAll('3000', String(port)))
    return file
  }
  const start = async (file: string): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill())
    return child
  }

  const server = await start(at('server.mjs', serverCode!))
  const [line] = (await once(server.stdout!.setEncoding('utf8'), 'data')) as [string]
  t.equal(line, `http://127.0.0.1:${port}/mcp\n`)

  const { stdout } = await run(process.execPath, [at('client.mjs', clientCode!)])
  t.match(stdout, /^info \{ file: 'a\.txt', status: 'done' \}\ninfo \{ file: 'b\.txt', status: 'done' \}\n\[ \{ type: 'text', text: '2 files processed' \} \]\n$/)

  await t.test('the requests by hand', async t => {
    const [session] = blocks('console')
    const steps = session!.split(/^\$ /m).filter(Boolean)
    t.equal(steps.length, 4)
    const known = new Map<string, string>()
    for (const step of steps) {
      const [command, ...expected] = step.split('\n')
      const line = command!.replaceAll('3000', String(port)).replace('$SESSION', () => known.get('$SESSION') ?? '')
      const { stdout } = await run('bash', ['-c', line])
      const seen = stdout
        .replaceAll('\r', '')
        .replace(/^(Date|Connection|Keep-Alive): .*\n/gm, '')
        .replace(/^Mcp-Session-Id: (.*)$/m, (_, id: string) => (known.set('$SESSION', id), 'Mcp-Session-Id: $SESSION'))
        .replace(/^id: .*-(\w+)$/gm, 'id: $STREAM-$1')
      t.equal(seen.trimEnd(), expected.join('\n').trimEnd(), command!)
    }
  })
  server.kill()
  await once(server, 'exit')

  const more = await start(at('more.mjs', moreCode!))
  await once(more.stdout!, 'data')
  const client = await connect(`http://127.0.0.1:${port}/mcp`, { info: { name: 'reader', version: '1' }, answers: { elicit: () => ({ action: 'accept', content: { sure: true } }) } })
  t.match(await client.readResource('note://today').result, { contents: [{ uri: 'note://today', text: 'Write the README.' }] })
  t.match(await client.getPrompt('summarise', { name: 'today' }).result, { messages: [{ content: { text: 'Summarise this note: Write the README.' } }] })
  t.match(await client.callTool('index').result, { content: [{ text: '1 notes indexed' }] })
  t.match(await client.callTool('remove', { name: 'today' }).result, { content: [{ text: 'removed' }] })
  await client.close()
  more.kill()
  await once(more, 'exit')

  const embedded = await start(at('embed.mjs', embedCode!))
  const reach = async (path: string): Promise<string> => {
    for (let tries = 0; ; tries++) {
      try {
        return (await run('curl', ['-s', `http://127.0.0.1:${port}${path}`, '-H', 'Content-Type: application/json', '-d', '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}', '--retry', '20', '--retry-connrefused', '--retry-delay', '1'])).stdout
      } catch (error) {
        if (tries > 3) throw error
      }
    }
  }
  t.match(await reach('/mcp'), /"serverInfo":\{"name":"clock"/)
  t.equal(await reach('/'), 'not here')
  embedded.kill()
})

t.test('the table of levels is the levels', async t => {
  const rows = [...readme.matchAll(/^\| `(\w+)` \| (\d) \|/gm)].map(([, level, severity]) => [level, Number(severity)])
  t.strictSame(rows, LEVELS.map((level, severity) => [level, severity]))
})

t.test('the table of clauses is what the fixtures show', async t => {
  const shown = clausesTable(await loadSuite('fixtures'))
  t.ok(readme.includes(shown), shown)
})

t.test('the tables of revisions and of the opening are what the code has', async t => {
  t.ok(readme.includes(revisionTable()), revisionTable())
  t.ok(readme.includes(openingTable()), openingTable())
})

/** Sources of the library, by path; the programs beside it have no peers to fear. */
const library = new Map(readdirSync('lib', { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts') && !/^(replay|cli|examples|extensions)\//.test(path))
  .map(path => [path, readFileSync(join('lib', path), 'utf8')]))

t.test('the table of limits is what the code has, and every limit has a row', async t => {
  t.ok(readme.includes(limitsTable()), limitsTable())
  // the first two have a row in words, the next two are what others come to, the last are other people's: browsers', and models'
  const others = new Set(['maxDepth', 'maxNodes', 'maxBytes', 'maxQueued', 'maxAgeS', 'maxTokens'])
  for (const [path, code] of library) {
    for (const [, name] of code.matchAll(/\breadonly (max[A-Z]\w*)\??: number/g)) if (!others.has(name!)) t.ok(LIMITED.has(name!), `${path}: ${name}`)
    for (const [, its, fields] of code.matchAll(/^export interface (\w+(?:Options|Limits))\b[^]*?\{\n([^]*?)^\}/gm)) {
      const internal = its === 'LinkOptions' || its === 'OpeningOptions'
      for (const [, name] of fields!.matchAll(/^  readonly (\w+Ms|restarts)\??: number/gm)) if (!internal) t.ok(LIMITED.has(name!), `${path}: ${its}.${name}`)
    }
    for (const [, name] of code.matchAll(/^export const (MAX_\w+)/gm)) t.match(readFileSync('spec-tests/readme-limits.ts', 'utf8'), new RegExp(`\\$\\{.*${name}|String\\(${name}\\)|, ${name}\\)`), `${path}: ${name}`)
  }
  const all = [...library.values()].join('\n')
  for (const name of LIMITED) if (!/^[A-Z]|^(ping|outputSchema|hasMore|pattern|requestState|listen|createVault|tasks|asTasks|drop|reconnect|logLimits)$/.test(name)) t.match(all, new RegExp(`readonly ${name}\\??:`), name)
})

t.test('what the docstring of a limit calls its default is the default', async t => {
  const shown = (value: number): string => (value % 1_048_576 === 0 ? `${value / 1_048_576} Mi` : String(value).replace(value > 9999 ? /\B(?=(\d{3})+$)/g : /$/, value > 9999 ? ' ' : ''))
  const defaults = new Map<string, Set<string>>()
  for (const limits of Object.values(DEFAULTS)) for (const [name, value] of Object.entries(limits)) defaults.set(name, (defaults.get(name) ?? new Set()).add(shown(value)))
  for (const [path, code] of library) {
    for (const [, name] of code.matchAll(/^export const (\w+_LIMITS)\b/gm)) t.ok(name! in DEFAULTS, `${path}: ${name}`)
    for (const [, doc, name] of code.matchAll(/\/\*\*((?:(?!\*\/)[^])*?)\*\/\n  readonly (\w+)\??: number/g)) {
      const said = / Default (\d[\d ]*\d|\d)( Mi)?/.exec(doc!)
      if (said && defaults.has(name!)) t.ok(defaults.get(name!)!.has(said[1]! + (said[2] ?? '')), `${path}: ${name}: ${said[0]}; the code has ${[...defaults.get(name!)!].join(' or ')}`)
    }
  }
})

t.test('the tables of errors: every code, every status, both together, and every class', async t => {
  const section = readme.slice(readme.indexOf('## Errors'), readme.indexOf('## Limits'))
  const rows = [...section.matchAll(/^\| (-\d{5}) \| ([\d, ]+) \|/gm)].map(([, code, statuses]) => [Number(code), statuses!.split(', ').map(Number)] as const)
  const codes = new Set<number>([...Object.values(CODES), ...REVISIONS.map(({ missingResourceCode }) => missingResourceCode)])
  t.strictSame(new Set(rows.map(([code]) => code)), codes)
  const said = new Set<number>([200, ...REVISIONS.flatMap(({ unknownMethodStatus, refusalStatus }) => [unknownMethodStatus, refusalStatus])])
  for (const [path, code] of library) {
    for (const [, status, name] of code.matchAll(/\bnew Refusal\((\d{3}), CODES\.(\w+)/g)) {
      t.ok(rows.some(([of, statuses]) => of === CODES[name as keyof typeof CODES] && statuses.includes(Number(status))), `${path}: ${name} with ${status}`)
    }
    for (const [, status] of code.matchAll(/\b(?:new Refusal|refuse)\((\d{3}),/g)) said.add(Number(status))
    for (const [, status] of code.matchAll(/\['(?:HPE|ERR)_\w+', \[(\d{3}),/g)) said.add(Number(status))
  }
  t.strictSame(new Set(rows.flatMap(([, statuses]) => statuses)), said)

  const classes = Object.entries({ ...client, ...server }).filter(([, value]) => typeof value === 'function' && value.prototype instanceof Error).map(([name]) => name)
  t.ok(classes.length >= 10)
  for (const name of classes) t.ok(section.includes(`\`${name}\``), name)
  const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(match => match[1]!)
  for (const name of listed) t.ok(name in client, `${name} is exported`)
})

t.test('the reading order names files that exist', async t => {
  const section = readme.slice(readme.indexOf('## Reading order'))
  const paths = [...section.matchAll(/`(lib\/[^`]+)`/g)].map(match => match[1]!)
  t.ok(paths.length > 5)
  for (const path of paths) t.ok(existsSync(path), path)
})
