/**
 * A server in a process of its own, so that its memory can be weighed and its faults counted. Options of `listen` come as JSON in the
 * first argument; its port goes out as the first message. Answers `weigh`, `faults`, `stats`, `flood` (bytes) and `close` (graceMs).
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createServer, listen, type HttpOptions } from '../../lib/server.js'
import { misbehave } from './misbehaviour.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const faults: string[] = []
process.on('unhandledRejection', error => faults.push(`unhandledRejection: ${String(error)}`))
process.on('uncaughtException', error => faults.push(`uncaughtException: ${String(error)}`))

const server = createServer({ name: 'subject', version: '1' }, { onError: () => {} })
const KB = 'x'.repeat(1000)

server.tool('echo', {}, args => JSON.stringify(args))
server.tool('speak', {}, (_, ctx) => {
  ctx.log.info('one')
  return 'done'
})
server.tool('flood', { inputSchema: { type: 'object', required: ['kilobytes'], properties: { kilobytes: { type: 'integer' } } } }, async ({ kilobytes }, ctx) => {
  for (let i = 0; i < kilobytes; i++) {
    ctx.log.info(KB)
    if (i % 1000 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  await new Promise<void>(resolve => ctx.signal.addEventListener('abort', () => resolve()))
  return 'done'
})
server.resource('test:///watched', {}, () => 'seen')
server.resource('test:///any/{+path}', {}, () => 'seen')
misbehave(server)

const options = JSON.parse(process.argv[2] ?? '{}') as HttpOptions
const listening = await listen(server, { port: 0, ...options })
/** Everything that is in use after a collection, outside the heap too. */
const weigh = (): { readonly used: number; readonly rss: number } => {
  collect()
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { used: heapUsed + external, rss }
}

/** What has been written by all turns so far has gone where it can. */
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}

const JOBS: { readonly [job: string]: (argument: number) => unknown } = {
  weigh,
  // each is told once
  faults: () => faults.splice(0),
  stats: () => listening.stats(),
  handles: () => process.getActiveResourcesInfo().filter(name => /TCP/.test(name)).length,
  async announce(kilobytes) {
    for (let i = 0; i < kilobytes; i++) {
      server.log.info(KB)
      if (i % 1000 === 0) await turns(1)
    }
  },
  async update(count) {
    for (let i = 0; i < count; i++) {
      server.resourceUpdated('test:///watched')
      if (i % 1000 === 0) await turns(1)
    }
  },
  async change(count) {
    for (let i = 0; i < count; i++) {
      server.tool(`t${i}`, {}, () => 'x').removeTool(`t${i}`)
      await turns(1)
    }
  },
  turns,
  close: graceMs => listening.close({ graceMs }),
}

process.on('message', async ({ job, argument }: { job: string; argument: number }) => process.send!({ answer: await JOBS[job]!(argument) ?? null }))
process.on('disconnect', () => process.exit())
process.send!({ answer: listening.port })
