/** `mcpwire demo`: the canonical job in one process, over real HTTP on loopback. */
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { processFiles } from '../examples/process-files/server.js'
import { connect } from '../client.js'
import { listen } from '../server.js'
import { inWords } from './call.js'
import { CallPrinter, screenOf } from './print.js'
import { self } from './self.js'

/** The sources of this package: something to process where nothing was named. */
const sources = async (): Promise<string[]> => {
  const root = fileURLToPath(new URL('../../../lib/', import.meta.url))
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  return found.filter(entry => entry.isFile()).map(entry => relative(process.cwd(), join(entry.parentPath, entry.name))).sort()
}

/** Settles with the exit code. */
export const demo = async (paths: readonly string[]): Promise<number> => {
  const files = paths.length > 0 ? paths : await sources()
  const listening = await listen(processFiles(), { port: 0 })
  try {
    const client = await connect(listening.url, { info: self(), logLevel: 'info' })
    process.stdout.write(`${listening.url}  ${client.revision.id}  process_files, ${files.length} files\n`)
    const printer = new CallPrinter(screenOf(process.stdout), performance.now())
    const call = client.callTool('process_files', { paths: files }, { progress: true })
    for await (const note of call) printer.print(note)
    printer.end()
    const result = await call.result
    process.stdout.write(`${inWords(result)}\n`)
    await client.close()
    return result.isError === true ? 1 : 0
  } finally {
    await listening.close({ graceMs: 1000 })
  }
}
