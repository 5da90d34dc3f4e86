/** The package as somebody else installs it: its types compile, its entry points load, and each loads no more than it should. */
import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const TSC = 'node_modules/typescript/bin/tsc'

const consumer = `
import { createServer, listen, needs, ToolError, type Context } from 'mcpwire/server'
import { connect } from 'mcpwire/client'
import { SseDecoder, REVISIONS } from 'mcpwire/sans-io'
import * as all from 'mcpwire'

const server = createServer({ name: 'a', version: '1' })
server.tool('t', {
  inputSchema: { type: 'object', required: ['files'], properties: { files: { type: 'array', items: { type: 'string' } }, deep: { enum: ['yes', 'no'] } } },
}, async ({ files, deep }, ctx: Context) => {
  const names: readonly string[] = files
  const choice: 'yes' | 'no' | undefined = deep
  // @ts-expect-error files are strings
  const wrong: readonly number[] = files
  await ctx.log.emergency({ names, choice, wrong })
  if (names.length === 0) throw new ToolError('no files')
  if (!ctx.answers.a) return needs({ a: { method: 'roots/list' } })
  return { structuredContent: { n: 1 } }
})
// @ts-expect-error a tool returns no number
server.tool('u', {}, () => 5)

export const main = async (): Promise<void> => {
  const listening = await listen(server, { port: 0 })
  const client = await connect(listening.url, { info: { name: 'b', version: '1' }, logLevel: 'info' })
  const call = client.callTool('t', { files: ['x'] }, { progress: true })
  for await (const note of call) {
    if (note.method === 'notifications/message') console.log(note.params.level, note.params.data)
    if (note.method === 'notifications/progress') console.log(note.params.progress)
  }
  console.log((await call.result).content, new SseDecoder().feed('data: x\\n\\n'), REVISIONS.length, all.LEVELS)
}
`

t.test('declarations compile for a consumer who checks them', async t => {
  const options = (module: string, resolution: string) => JSON.stringify({
    compilerOptions: { strict: true, noEmit: true, skipLibCheck: false, target: 'es2023', lib: ['es2023'], types: ['node'], module, moduleResolution: resolution },
    files: ['consumer.ts'],
  })
  const dir = t.testdir({
    'package.json': '{"type":"module"}',
    'consumer.ts': consumer,
    'nodenext.json': options('nodenext', 'nodenext'),
    'bundler.json': options('esnext', 'bundler'),
    node_modules: { '@types': {} },
  })
  symlinkSync(process.cwd(), join(dir, 'node_modules/mcpwire'))
  for (const name of ['@types/node', 'undici-types']) symlinkSync(join(process.cwd(), 'node_modules', name), join(dir, 'node_modules', name))
  for (const config of ['nodenext.json', 'bundler.json']) {
    const { stdout } = await run(process.execPath, [TSC, '-p', join(dir, config)]).catch((error: { stdout: string }) => error)
    t.equal(stdout, '', config)
  }
})

/** The names that a file of `lib/` exports, types included, each with the file that declares it. */
const exportsOf = (file: string): ReadonlyMap<string, string> => {
  const text = readFileSync(join('lib', file), 'utf8')
  const source = (path: string): string => join(dirname(file), path).replace(/\.js$/, '.ts')
  const names = (list: string): string[] => list.split(',').map(name => name.replace(/\btype\b/, '').trim()).filter(Boolean)
  return new Map([
    ...[...text.matchAll(/^export (?:interface|type|const|class) (\w+)/gm)].map(([, name]) => [name!, file] as const),
    ...[...text.matchAll(/export (?:type )?\{([^}]*)\} from '(.+)'/g)].flatMap(([, list, path]) => names(list!).map(name => [name, exportsOf(source(path!)).get(name)!] as const)),
    ...[...text.matchAll(/export type \* from '(.+)'/g)].flatMap(([, path]) => [...exportsOf(source(path!))]),
  ])
}

t.test('the index has all of the server and of the client, and what the third entry point has by the same name is the same', async t => {
  const index = exportsOf('index.ts')
  for (const file of ['server.ts', 'client.ts']) {
    const exported = exportsOf(file)
    t.ok(exported.size > 30, `${file} exports ${exported.size} names`)
    for (const [name, declared] of exported) t.equal(index.get(name), declared, `${name} of ${file}`)
  }
  const sansIo = exportsOf('sans-io.ts')
  t.notOk(index.has('SseDecoder') || !sansIo.has('SseDecoder'), 'sans-io is apart, as the index says')
  for (const [name, declared] of sansIo) if (index.has(name)) t.equal(index.get(name), declared, `${name} of sans-io.ts`)
})

t.test('require() works', async t => {
  const code = "const m = require('mcpwire'); const s = require('mcpwire/server'); console.log(typeof m.connect, typeof s.listen, m.Server === s.Server)"
  const { stdout } = await run(process.execPath, ['--no-warnings', '-e', code])
  t.equal(stdout, 'function function true\n')
})

/** Packages that loading an entry point brings in. */
const loadedBy = async (entry: string): Promise<string[]> => {
  const code = `
    import { createRequire } from 'node:module'
    await import('${entry}')
    const loaded = Object.keys(createRequire(import.meta.url).cache ?? {})
    console.log(JSON.stringify(loaded.map(path => path.match(/node_modules\\/((?:@[^/]+\\/)?[^/]+)/)?.[1]).filter(Boolean)))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code])
  return [...new Set(JSON.parse(stdout) as string[])].sort()
}

t.test('an entry point loads no more than it says', async t => {
  const ofTheRunner = await loadedBy('node:fs')
  t.strictSame(await loadedBy('mcpwire/sans-io'), ofTheRunner)
  t.strictSame(await loadedBy('mcpwire/server'), ofTheRunner, 'neither undici nor ajv before a schema needs it')
  t.ok((await loadedBy('mcpwire/client')).includes('undici'), 'the list sees what is loaded')
})
