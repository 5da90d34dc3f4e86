/**
 * What a server costs beside a bare `node:http` handler: CPU time per request and heap per idle stream as ratios, and time to listening.
 *
 *   node build/spec-tests/bench/server.js [--quick] [--lane NAME] [--against PROGRAM] [--json]
 *
 * PROGRAM is a file of this folder that serves the tools of `traffic.ts` and prints its URL: `ours` (default), `sdk`,
 * or `floor` for the noise alone. The table shows the median of the rounds. It measures and never judges: a missed
 * target is shown, and the exit code is 0. At most two minutes, with `--quick` 40 s.
 */
import { parseArgs } from 'node:util'
import { measureIdle } from './idle.js'
import { LANES } from './lanes.js'
import { measureLane, measureStart, type Plan } from './measure.js'
import { printHead, printRow, type Row } from './table.js'

const FULL: Plan = { rounds: 21, windowMs: 180, warmUp: { requests: 10_000, ms: 6000 }, starts: 15 }
const QUICK: Plan = { rounds: 7, windowMs: 120, warmUp: { requests: 4000, ms: 1000 }, starts: 5 }
const START = 'start'

const { values: { quick, json, lane: only, against } } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    lane: { type: 'string' },
    against: { type: 'string', default: 'ours' },
  },
})
const plan = quick ? QUICK : FULL
/** `echo` means all its lanes. */
const wanted = (name: string): boolean => only === undefined || only === name || only === name.split(' ')[0]

const rows: Row[] = []
const report = (row: Row): void => {
  rows.push(row)
  if (!json) printRow(row)
}

try {
  if (![...LANES.map(({ name }) => name), 'idle GET', 'idle listen', START].some(wanted)) {
    throw new Error(`no lane "${only}"; there are ${LANES.map(({ name }) => name).join(', ')}, ${START}`)
  }
  if (!json) printHead(against)
  for (const lane of LANES) if (wanted(lane.name)) report(await measureLane(lane, against, plan))
  await measureIdle(against, wanted, report)
  if (wanted(START)) report(await measureStart(against, plan))
  if (json) console.log(JSON.stringify({ against, quick, node: process.version, rows }, null, 2))
} catch (error) {
  console.error(`bench: ${(error as Error).message}`)
  process.exitCode = 2
}
