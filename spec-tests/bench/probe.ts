/**
 * Preloaded into every program under measure (`node --import`), so that an adapter need only serve and print its URL.
 * Answers each message of the bench: `cpu` with the CPU time this process has used, in microseconds, `heap` with the bytes
 * of its heap that are in use after a collection, `rss` with those of all its resident memory then; ends when the bench does.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

process.on('message', what => {
  if (what === 'heap' || what === 'rss') {
    collect()
    const { heapUsed, rss } = process.memoryUsage()
    return process.send!(what === 'heap' ? heapUsed : rss)
  }
  const { user, system } = process.cpuUsage()
  return process.send!(user + system)
})
process.on('disconnect', () => process.exit())
