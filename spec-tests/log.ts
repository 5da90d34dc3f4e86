/** A tool that logs, and what its client hears. */
import type { Test } from 'tap'
import { connect } from '../lib/client.js'
import { createServer, type LogLimits } from '../lib/server.js'

/** Data of every log entry that reached the client, in order. */
export const everyLog = async (
  t: Test, logLimits: LogLimits, nowMs: () => number, job: (say: (data: unknown) => void, later: (ms: number) => void) => Promise<unknown>, later: (ms: number) => void = () => {},
): Promise<unknown[]> => {
  const server = createServer({ name: 'logs', version: '1' }, { logLimits })
  server.world = { nowMs, newId: () => 'id', after: () => () => {} }
  server.tool('job', {}, async (_, ctx) => {
    await job(data => void ctx.log.info(data), later)
    return 'done'
  })
  const client = await connect(server, { info: { name: 'test', version: '1' }, logLevel: 'debug' })
  t.teardown(() => client.close())
  const call = client.callTool('job')
  const heard: unknown[] = []
  for await (const note of call) if (note.method === 'notifications/message') heard.push(note.params.data)
  await call.result
  return heard
}
