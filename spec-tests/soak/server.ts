/** The server that is soaked, in a process of its own: it counts what it runs, and is weighed from outside. Idle times are short, so that an hour fits into a minute. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createServer, listen } from '../../lib/server.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const faults: string[] = []
process.on('unhandledRejection', error => faults.push(`unhandledRejection: ${String(error)}`))
process.on('uncaughtException', error => faults.push(`uncaughtException: ${String(error)}`))

/** How often each marked call was run: those that were not once. */
const runs = new Map<number, number>()
const twice = new Set<number>()
let ran = 0
const mark = (n: number): void => {
  ran++
  const before = runs.get(n) ?? 0
  if (before > 0) twice.add(n)
  runs.set(n, before + 1)
  // markers only rise: an old one does not come again
  if (runs.size > 1000) runs.delete(runs.keys().next().value!)
}

const server = createServer({ name: 'soaked', version: '1' }, { onError: error => void faults.push(String(error)) })
const MARKED = { type: 'object', required: ['mark'], properties: { mark: { type: 'integer' }, notes: { type: 'integer' }, size: { type: 'integer' } } } as const
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

server.tool('echo', { inputSchema: MARKED }, ({ mark: n }) => {
  mark(n)
  return `mark ${n}`
})
server.tool('notes', { inputSchema: MARKED }, async ({ mark: n, notes = 5, size = 10 }, ctx) => {
  mark(n)
  const pad = 'x'.repeat(size)
  for (let i = 0; i < notes; i++) {
    await ctx.log.info({ mark: n, i, pad })
    await turn()
  }
  return `mark ${n}`
})
server.tool('endless', { inputSchema: MARKED }, async (_, ctx) => {
  const pad = 'x'.repeat(1000)
  for (let i = 0; i < 20_000 && !ctx.signal.aborted; i++) {
    ctx.log.info({ i, pad })
    if (i % 100 === 0) await turn()
  }
  return 'done'
})
server.tool('fails', { inputSchema: MARKED }, async () => {
  await turn()
  return { content: 'nonsense' } as never
})
server.resource('test:///watched', {}, () => 'seen')

const listening = await listen(server, { port: 0, sse: {}, sessionIdleMs: 10_000, replayAgeMs: 10_000, keepAliveMs: 200, streamAfterMs: 100, headersTimeoutMs: 3000, requestTimeoutMs: 4000, maxSessions: 2000 })
let sockets = 0
listening.http.on('connection', socket => {
  sockets++
  socket.on('close', () => sockets--)
})
// something happens that belongs to no request
setInterval(() => {
  server.log.info('tick')
  server.resourceUpdated('test:///watched')
}, 50).unref()

process.on('message', async what => {
  if (what === 'weigh') {
    for (let i = 0; i < 4; i++) {
      await turn()
      collect()
    }
    const { heapUsed, external, rss } = process.memoryUsage()
    process.send!({ used: heapUsed + external, rss, sockets, handles: process.getActiveResourcesInfo().filter(name => !/Timeout|Immediate/.test(name)).length, ran, twice: twice.size, faults: faults.filter(fault => !/a tool returns|content/.test(fault)), stats: listening.stats() })
  }
})
process.on('disconnect', () => process.exit())
process.send!({ port: listening.port })
