/** A server that waits only so long, for its client or in silence: what fixtures cannot set, since patience is the server's own. */

import { fileURLToPath } from 'node:url'
import t from 'tap'
import { everything } from '../../lib/examples/everything.js'
import { listen } from '../../lib/io/listen.js'
import type { ServerCase } from '../../lib/replay/case.js'
import { loadSuite } from '../../lib/replay/load.js'
import { Conversation } from '../../lib/replay/open.js'
import { socketPeer } from '../../lib/replay/peer.js'
import { describeMiss } from '../../lib/replay/report.js'
import { playServerCase } from '../../lib/replay/server-case.js'

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))

const unanswered: ServerCase = {
  id: 'made/unanswered', title: 'made up', keyword: 'MUST', clauses: ['life.timeout.cancel'], under_test: 'server',
  client_capabilities: { sampling: {} },
  steps: [
    { post: { call: 'tools/call', params: { name: 'test_sampling', arguments: { prompt: 'hello' } } }, as: 'call' },
    { hear: [{ method: 'sampling/createMessage', id: { $bind: 'q' } }], of: 'call' },
    {
      hear: [
        { method: 'notifications/cancelled', id: { $absent: true }, params: { requestId: { $same: 'q' } } },
        { $any_of: [{ result: { isError: true } }, { error: { code: { $type: 'integer' } } }] },
      ],
      of: 'call',
      then: 'end',
    },
    { post: { respond: { $same: 'q' }, result: { role: 'assistant', model: 'late', content: { type: 'text', text: 'too late' } } } },
    { response: { status: 202, text: '' } },
  ],
}

t.test('a question that the client does not answer in time is withdrawn by its id, and the call ends', async t => {
  const serving = await listen(everything(), { port: 0, answerTimeoutMs: 20, keepAliveMs: 20 })
  const peer = socketPeer(serving.url)
  t.teardown(() => serving.close({ graceMs: 0 }))
  t.teardown(() => peer.close())
  for (const at of suite.revisions.filter(row => ['2025-03-26', '2025-06-18', '2025-11-25'].includes(row.revision))) {
    const verdict = await playServerCase(unanswered, at, peer)
    t.same(verdict.misses.map(describeMiss), [], at.revision)
  }
})

t.test('a stream on which nothing is said carries comment lines', async t => {
  const serving = await listen(everything(), { port: 0, keepAliveMs: 5 })
  const peer = socketPeer(serving.url)
  t.teardown(() => serving.close({ graceMs: 0 }))
  t.teardown(() => peer.close())
  const listening = new Conversation('quiet', suite.revisions.find(row => row.opening === 'each-request')!, {})
  const message = listening.stamp({ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications: {} } })
  const reply = await peer.request(listening.post(JSON.stringify(message), message))
  let said = ''
  for await (const chunk of reply.chunks) {
    said += chunk
    if (/\n:/.test(said)) break
  }
  t.match(said, /^[^:].*"notifications\/subscriptions\/acknowledged"/, 'after the acknowledgement')
  t.match(said, /\n\n:[^\n]*\r?\n/, 'a line of its own that begins with a colon')
})
