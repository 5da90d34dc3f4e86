/** `mcpwire serve`: one of the example servers, until it is told to stop. */
import { everything } from '../examples/everything.js'
import { processFiles } from '../examples/process-files/server.js'
import { isLoopback } from '../io/listen.js'
import { listen, serveStdio, type Server } from '../server.js'
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
  /** On standard input and output instead of a port. */
  readonly stdio: boolean
  /** HTTP+SSE of the first revision too, on `/sse` and `/messages`. */
  readonly sse: boolean
}

/** Settles when the server has ended: after SIGINT or SIGTERM, or with its input. @throws UsageError for an example that is none. */
export const serve = async ({ host, port, example, allowHosts, stdio, sse }: ServeOptions): Promise<void> => {
  const make = EXAMPLES.get(example)
  if (!make) throw new UsageError(`--example ${JSON.stringify(example)} is none; there are ${[...EXAMPLES.keys()].join(', ')}`)
  if (stdio) return serveOnStdio(make())
  if (!isLoopback(host) && allowHosts.length === 0) throw new UsageError(`--host ${host} can be reached from elsewhere; name the hosts to answer, for example --allow-host mcp.example.com`)
  const listening = await listen(make(), { host, port, ...(sse && { sse: {} }), ...(allowHosts.length > 0 && { hosts: allowHosts }) })
  process.stdout.write(`listening on ${listening.url}\n`)
  if (sse) process.stdout.write(`HTTP+SSE on ${new URL('/sse', listening.url).href}\n`)
  process.stderr.write(`mcpwire: serving the example ${example}; stop with Ctrl-C\n`)
  process.stderr.write(`mcpwire: ${await interrupted()}, ending\n`)
  await listening.close({ graceMs: 2000 })
}

const serveOnStdio = async (server: Server): Promise<void> => {
  const serving = serveStdio(server)
  await Promise.race([serving.closed, interrupted()])
  await serving.close({ graceMs: 2000 })
  // Something of the example's may still run; the specification has a server exit when its input ends.
  process.exit()
}

const interrupted = (): Promise<string> => new Promise(resolve => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name))
})
