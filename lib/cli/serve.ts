/** `mcpwire serve`: one of the example servers, until it is told to stop. */
import { everything } from '../examples/everything.js'
import { processFiles } from '../examples/process-files/server.js'
import { listen, type Server } from '../server.js'
import { UsageError } from './usage.js'

export const EXAMPLES: ReadonlyMap<string, () => Server> = new Map([
  ['process-files', processFiles],
  ['everything', everything],
])

export interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly example: string
  readonly allowHosts: readonly string[]
}

/** Settles when the server has ended, after SIGINT or SIGTERM. @throws UsageError for an example that is none. */
export const serve = async ({ host, port, example, allowHosts }: ServeOptions): Promise<void> => {
  const make = EXAMPLES.get(example)
  if (!make) throw new UsageError(`--example ${JSON.stringify(example)} is none; there are ${[...EXAMPLES.keys()].join(', ')}`)
  const listening = await listen(make(), { host, port, ...(allowHosts.length > 0 && { hosts: allowHosts }) })
  process.stdout.write(`listening on ${listening.url}\n`)
  process.stderr.write(`mcpwire: serving the example ${example}; stop with Ctrl-C\n`)
  const signal = await new Promise<string>(resolve => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name))
  })
  process.stderr.write(`mcpwire: ${signal}, ending\n`)
  await listening.close({ graceMs: 2000 })
}
