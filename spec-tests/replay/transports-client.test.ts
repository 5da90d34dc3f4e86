/** Our client on pipes: the fixtures pass there too. */

import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { ClientCase } from '../../lib/replay/client-steps.js'
import { loadSuite } from '../../lib/replay/load.js'
import { playClient } from '../../lib/replay/suite.js'
import { ourClient } from './our-client.js'
import { judge, leavesNothing } from './piped.js'

t.setTimeout(120_000)

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))

t.test('every client case that HTTP+SSE can carry passes against our client, at 2024-11-05', async t => {
  await judge(t, playClient(suite, ourClient, { revisions: ['2024-11-05'] }), { '2024-11-05': 100 })
  await leavesNothing(t)
})

/** One case in so many of each area: a process for each takes its time. */
const SAMPLE = 5

t.test('some of each area pass over lines, with sessions and without', async t => {
  const areas = new Map<string, number>()
  const select = ({ id }: ClientCase): boolean => {
    const [area] = id.split('/', 1) as [string]
    areas.set(area, (areas.get(area) ?? 0) + 1)
    return areas.get(area)! % SAMPLE === 1
  }
  await judge(t, playClient(suite, ourClient, { revisions: ['2025-11-25', '2026-07-28'], stdio: true, select }), { '2025-11-25': 15, '2026-07-28': 20 })
  await leavesNothing(t)
})
