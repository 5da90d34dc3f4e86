/** Two runners, one format: what passes for ours passes for tiny-runner.mjs, which shares no line with it. */

import t from 'tap'
import { everything } from '../../lib/examples/everything.js'
import { listen } from '../../lib/io/listen.js'
import { isFor, revisionsOf } from '../../lib/replay/load.js'
import { byTiny, compare, REVISIONS, suite } from './two-runners.js'

t.setTimeout(180_000)

t.test('every case that the tiny runner supports passes against the reference server, as it does for ours', async t => {
  const serving = await listen(everything(), { port: 0 })
  t.teardown(() => serving.close({ graceMs: 0 }))
  for (const row of suite.revisions.filter(({ revision }) => REVISIONS.includes(revision))) {
    const running = suite.cases.filter(one => one.under_test === 'server' && isFor(one, 'streamable-http') && revisionsOf(one, suite).includes(row))
    compare(t, row.revision, await byTiny(t, serving.url, row.revision), new Map(running.map(({ id }) => [id, 'pass'])))
  }
})
