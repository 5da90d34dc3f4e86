/** What a stream costs on which nothing happens: heap per stream, beside the bare handler's. */
import { request } from 'node:http'
import { modernFields, openSession } from './lanes.js'
import { Peer } from './peer.js'
import type { Fields } from './post.js'
import { summarise, type Row } from './table.js'
import { MODERN_META } from './traffic.js'

const STREAMS = 1000
const TARGET = 1.5

/** Opens one stream and leaves it open; settles when it has begun. */
type Open = (url: URL) => Promise<() => void>

const hold = (url: URL, method: string, fields: Fields, body?: string): Promise<() => void> => new Promise((resolve, reject) => {
  const sent = request(url, { method, agent: false, headers: { ...fields, ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }) } }, answer => {
    if (answer.statusCode !== 200) reject(new Error(`expected a stream, got ${answer.statusCode}`))
    answer.on('error', () => {}).once('data', () => resolve(() => sent.destroy()))
  })
  sent.on('error', reject)
  sent.end(body)
})

const LISTEN = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications: { toolsListChanged: true }, _meta: MODERN_META } })

const KINDS: readonly (readonly [name: string, open: Open])[] = [
  ['idle GET', async url => hold(url, 'GET', await openSession(url))],
  ['idle listen', url => hold(url, 'POST', modernFields('subscriptions/listen'), LISTEN)],
]

/** Rows of heap per stream, in bytes, as ratios to the floor. */
export const measureIdle = async (against: string, wanted: (name: string) => boolean, report: (row: Row) => void): Promise<void> => {
  for (const [name, open] of KINDS) {
    if (!wanted(name)) continue
    const floor = await perStream('floor', open)
    const subject = await perStream(against, open)
    report(summarise(name, 'heap', TARGET, [subject / floor], [floor], [subject]))
  }
}

const perStream = async (name: string, open: Open): Promise<number> => {
  const peer = await Peer.start(name)
  try {
    // the first few make what is made once
    const closers = await Promise.all(Array.from({ length: 20 }, () => open(peer.url)))
    const before = await peer.heap()
    for (let i = 0; i < STREAMS; i += 50) closers.push(...(await Promise.all(Array.from({ length: 50 }, () => open(peer.url)))))
    const after = await peer.heap()
    for (const close of closers) close()
    return (after - before) / STREAMS
  } finally {
    await peer.stop()
  }
}
