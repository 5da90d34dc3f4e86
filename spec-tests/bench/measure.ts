/**
 * Measures one lane, or the start. Subject and floor are processes of their own under the same traffic, in windows that
 * take turns: floor, subject, floor … A round's ratio is the subject's window by the mean of the floor's around it.
 */
import type { Lane } from './lanes.js'
import { Load, type Request, type Until } from './load.js'
import { Peer } from './peer.js'
import { post } from './post.js'
import { summarise, type Row } from './table.js'

export interface Plan {
  readonly rounds: number
  readonly windowMs: number
  /** Counted in requests, since code gets fast by being run; the time is a bound for a slow subject. */
  readonly warmUp: Until
  readonly starts: number
}

const FLOOR = 'floor'
/** How much longer than bare node a server may take to listen, in milliseconds. */
const START_TARGET_MS = 40

export const measureLane = (lane: Lane, against: string, { rounds, windowMs, warmUp }: Plan): Promise<Row> =>
  withSide(FLOOR, lane, floor => withSide(against, lane, async subject => {
    await floor.measure(warmUp)
    await subject.measure(warmUp)
    const floors = [await floor.measure({ ms: windowMs })]
    const subjects: number[] = []
    for (let round = 0; round < rounds; round++) {
      subjects.push(await subject.measure({ ms: windowMs }))
      floors.push(await floor.measure({ ms: windowMs }))
    }
    const ratios = subjects.map((cost, round) => 2 * cost / (floors[round]! + floors[round + 1]!))
    return summarise(lane.name, 'ratio', lane.target, ratios, floors, subjects)
  }))

export const measureStart = async (against: string, { starts }: Plan): Promise<Row> => {
  const start = async (name: string): Promise<number> => {
    const peer = await Peer.start(name, { probed: false })
    await peer.stop()
    return peer.startMs
  }
  // The first start of each reads the disk.
  await start(FLOOR)
  await start(against)
  const floors: number[] = []
  const subjects: number[] = []
  for (let run = 0; run < starts; run++) {
    floors.push(await start(FLOOR))
    subjects.push(await start(against))
  }
  return summarise('start', 'ms', START_TARGET_MS, subjects.map((ms, run) => ms - floors[run]!), floors, subjects)
}

/** A server in a lane. */
interface Side {
  /** Microseconds of CPU per request. */
  measure(until: Until): Promise<number>
}

/** Starts a server, lets `use` measure it, and ends it. It must answer rightly before and after. */
const withSide = async <T>(name: string, lane: Lane, use: (side: Side) => Promise<T>): Promise<T> => {
  const peer = await Peer.start(name)
  try {
    const fields = await lane.open(peer.url)
    const check = async (): Promise<void> => lane.check(await post(peer.url, fields, { jsonrpc: '2.0', id: 2, ...lane.request }))
    await check()
    const request: Request = { url: peer.url, fields, message: lane.request }
    const found = await use({ measure: until => measure(peer, request, lane.connections, until) })
    await check()
    return found
  } finally {
    await peer.stop()
  }
}

const measure = async (peer: Peer, request: Request, connections: number, until: Until): Promise<number> => {
  const load = await Load.open(request, connections)
  try {
    // The first answer on each connection pays for the connection, and is not counted.
    await load.run({ requests: connections })
    const before = await peer.cpu()
    const answers = await load.run(until)
    return (await peer.cpu() - before) / answers
  } finally {
    load.close()
  }
}
