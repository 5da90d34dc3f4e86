/** `mcpwire listen`: what a server says of its own accord, until interrupted. */
import { connect, type Target } from '../client.js'
import type { Level } from '../wire/levels.js'
import { CallPrinter, screenOf } from './print.js'

export interface ListenOptions {
  readonly target: Target
  readonly logLevel: Level | undefined
  /** Resources to follow. */
  readonly uris: readonly string[]
}

/** Settles with the exit code when the person, or the server, has ended it. */
export const listen = async ({ target, logLevel, uris }: ListenOptions): Promise<number> => {
  const client = await connect(target, {
    info: { name: 'mcpwire', version: '0.1.0' },
    ...(logLevel && { logLevel }),
    events: { onError: error => process.stderr.write(`mcpwire: ${error.message}\n`) },
  })
  const wanted = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true, ...(uris.length > 0 && { resourceSubscriptions: uris }) }
  const subscription = client.listen(wanted)
  process.stderr.write(`mcpwire: ${client.server?.name ?? 'the server'}, ${client.revision.id}; listening, stop with Ctrl-C\n`)
  const stop = (): void => void client.close()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const printer = new CallPrinter(screenOf(process.stdout), performance.now())
  // What a subscription delivers lands in `notifications` too, beside what belongs to no subscription.
  void subscription.closed.then(why => {
    if (why instanceof Error) process.stderr.write(`mcpwire: ${why.message}\n`)
  })
  for await (const note of client.notifications) printer.print(note)
  return 0
}
