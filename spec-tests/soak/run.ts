/**
 * `node build/spec-tests/soak/run.js [--minutes N] [--seed N] [--clients N]`: clients that come, call, stall, are cut and are never heard of
 * again, at random, against a server in its own process. Afterwards its heap, handles and sockets must be within 10 percent of what they were,
 * and every answer must have come once. With `--idle N`, instead: what N idle sessions with an open GET stream cost, beside the bare handler.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { HttpStats } from '../../lib/server.js'
import { weighIdle } from './idle.js'
import { chanceOf, LIVES, Tally, type Life } from './lives.js'

interface Weight {
  readonly used: number
  readonly rss: number
  readonly sockets: number
  readonly handles: number
  readonly ran: number
  readonly twice: number
  readonly faults: readonly string[]
  readonly stats: HttpStats
}

/** Load before the first weighing: what is made once is made. */
const WARM_UP_MS = 30_000
/** For all that was abandoned to be let go: idle times of the server, and a moment. */
const DRAIN_MS = 40_000
const TOLERANCE = 1.1
/** A heap this small differs by itself. */
const FLOOR_BYTES = 2 * 1_048_576

const { values: { minutes = '1', seed = String(Date.now() % 1_000_000), clients = '24', idle } } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' }, clients: { type: 'string' }, idle: { type: 'string' } } })

const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`

const weigh = async (child: ChildProcess): Promise<Weight> => {
  child.send('weigh')
  return (await once(child, 'message'))[0] as Weight
}

/** Weighs once nothing is open any more, or after `DRAIN_MS`. */
const settled = async (child: ChildProcess): Promise<Weight> => {
  const until = performance.now() + DRAIN_MS
  for (;;) {
    const weight = await weigh(child)
    const { sessions, open, replayBytes } = weight.stats
    if ((sessions === 0 && open === 0 && replayBytes === 0 && weight.sockets === 0) || performance.now() > until) return weigh(child)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}

const live = async (url: string, forMs: number, first: number, tally: Tally): Promise<void> => {
  const until = performance.now() + forMs
  const names = Object.keys(LIVES)
  await Promise.all(Array.from({ length: Number(clients) }, async (_, client) => {
    const chance = chanceOf(first * 1000 + client)
    while (performance.now() < until) {
      const name = names[chance.below(names.length)]!
      tally.lives.set(name, (tally.lives.get(name) ?? 0) + 1)
      try {
        await (LIVES[name] as Life)(url, tally, chance)
      } catch (error) {
        tally.fail(`${name}: ${String(error)}`)
      }
    }
  }))
}

const soak = async (): Promise<boolean> => {
  console.log(`soak: ${minutes} min, ${clients} clients, seed ${seed}`)
  const child = fork(fileURLToPath(new URL('server.js', import.meta.url)))
  const [{ port }] = await once(child, 'message') as [{ port: number }]
  const url = `http://127.0.0.1:${port}/mcp`
  const tally = new Tally()
  await live(url, WARM_UP_MS, Number(seed), tally)
  const before = await settled(child)
  await live(url, Number(minutes) * 60_000, Number(seed) + 1, tally)
  const loaded = await weigh(child)
  const after = await settled(child)
  child.disconnect()

  const row = (name: string, of: (weight: Weight) => string): void => console.log(`${name.padEnd(16)}${[before, loaded, after].map(weight => of(weight).padStart(12)).join('')}`)
  console.log(`${' '.repeat(16)}${['before', 'loaded', 'after'].map(word => word.padStart(12)).join('')}`)
  row('heap', ({ used }) => mib(used))
  row('rss', ({ rss }) => mib(rss))
  row('handles', ({ handles }) => String(handles))
  row('sockets', ({ sockets }) => String(sockets))
  row('sessions', ({ stats }) => String(stats.sessions))
  row('open', ({ stats }) => String(stats.open))
  row('replay', ({ stats }) => String(stats.replayBytes))
  row('dropped', ({ stats }) => String(stats.dropped))
  console.log(`lives: ${[...tally.lives].map(([name, count]) => `${name} ${count}`).join(', ')}`)
  console.log(`${tally.asked} calls asked, ${tally.answered} answered once and whole; resumed ${tally.resumed} times, ${tally.cut} requests cut, ${tally.stalled} readers stalled; ${after.stats.sessionsOpened} sessions opened, ${after.ran} tools run`)

  const within = (name: string, end: number, start: number, floor = 0): string[] => (end <= Math.max(start * TOLERANCE, start + floor) ? [] : [`${name}: ${end}, was ${start}`])
  const wrong = [
    ...tally.wrong, ...after.faults.slice(0, 20),
    ...tally.answered === tally.asked ? [] : [`${tally.asked - tally.answered} answers did not come once`],
    ...after.twice === 0 ? [] : [`${after.twice} calls were run twice`],
    ...within('heap', after.used, before.used, FLOOR_BYTES), ...within('handles', after.handles, before.handles), ...within('sockets', after.sockets, before.sockets),
    ...after.stats.sessions === 0 ? [] : [`${after.stats.sessions} sessions are left`], ...after.stats.open === 0 ? [] : [`${after.stats.open} answers are left`],
  ]
  console.log(wrong.length === 0 ? 'all is as it was' : `WRONG:\n  ${wrong.join('\n  ')}`)
  return wrong.length === 0
}

process.exitCode = idle === undefined ? (await soak() ? 0 : 1) : (await weighIdle(Number(idle)), 0)
