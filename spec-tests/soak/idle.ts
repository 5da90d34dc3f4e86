/** What a session costs that only listens: heap and resident memory for each open GET stream, beside the bare `node:http` handler's. */
import { request } from 'node:http'
import { openSession } from '../bench/lanes.js'
import { Peer } from '../bench/peer.js'

/** Opened at once. */
const STEP = 100

const hold = async (url: URL): Promise<() => void> => {
  const headers = { ...await openSession(url) } as Record<string, string>
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'GET', agent: false, headers }, answer => {
      if (answer.statusCode !== 200) reject(new Error(`expected a stream, got ${answer.statusCode}`))
      answer.on('error', () => {}).once('data', () => resolve(() => sent.destroy()))
    })
    sent.on('error', reject)
    sent.end()
  })
}

interface Cost {
  readonly heap: number
  readonly rss: number
}

const perStream = async (name: string, count: number): Promise<Cost> => {
  const peer = await Peer.start(name)
  try {
    // the first few make what is made once
    const closers = await Promise.all(Array.from({ length: 20 }, () => hold(peer.url)))
    const weigh = async (): Promise<Cost> => ({ heap: await peer.heap(), rss: await peer.rss() })
    const before = await weigh()
    const more = count - closers.length
    for (let i = 0; i < more; i += STEP) closers.push(...await Promise.all(Array.from({ length: Math.min(STEP, more - i) }, () => hold(peer.url))))
    const after = await weigh()
    for (const close of closers) close()
    return { heap: (after.heap - before.heap) / more, rss: (after.rss - before.rss) / more }
  } finally {
    await peer.stop()
  }
}

/** Prints heap and resident memory per stream of both, for `count` sessions in all: no more than the server keeps (`maxSessions`). Needs two file descriptors for each. */
export const weighIdle = async (count: number): Promise<void> => {
  const floor = await perStream('floor', count)
  const ours = await perStream('ours', count)
  console.log(`${count} idle sessions with an open GET stream, in bytes each:`)
  for (const [name, what] of [['heap', 'heap'], ['rss', 'resident memory']] as const) {
    console.log(`  ${what}: ${Math.round(ours[name])}; bare node:http handler ${Math.round(floor[name])}; ${(ours[name] / floor[name]).toFixed(2)} times`)
  }
}
