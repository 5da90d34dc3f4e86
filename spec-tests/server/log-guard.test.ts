/** What of a handler's log reaches a client: not too much at once, nothing secret, nothing too large. */
import t from 'tap'
import { createServer, type LogLimits } from '../../lib/server.js'
import { everyLog } from '../log.js'

t.test('entries beyond maxPerSecond are held back, counted, and the client is told before the answer', async t => {
  let nowMs = 0
  const logged = await everyLog(t, { maxPerSecond: 3 }, () => nowMs, async (say, later) => {
    for (let i = 0; i < 5; i++) say(i)
    later(1000)
    say('next second')
    for (let i = 0; i < 4; i++) say(`again ${i}`)
  }, ms => (nowMs += ms))
  t.strictSame(logged, [0, 1, 2, { heldBack: 2, reason: 'too many entries in one second' }, 'next second', 'again 0', 'again 1', { heldBack: 2, reason: 'too many entries in one second' }])
})

t.test('redact sees the data first, and what it throws keeps the entry back', async t => {
  const redact = (data: unknown): unknown => {
    if (data === 'throws') throw new Error('no')
    return typeof data === 'object' ? { ...data, password: '…' } : data
  }
  t.strictSame(await everyLog(t, { redact }, () => 0, async say => {
    say({ user: 'a', password: 'hunter2' })
    t.throws(() => say('throws'), { message: 'no' })
  }), [{ user: 'a', password: '…' }])
})

t.test('data longer than maxDataBytes is replaced by how long it was', async t => {
  t.strictSame(await everyLog(t, { maxDataBytes: 10 }, () => 0, async say => {
    say('short')
    say('x'.repeat(100))
  }), ['short', { omitted: 102, reason: 'the entry is longer than 10 characters' }])
})

t.test('without limits nothing stands between', async t => {
  const limits: LogLimits = {}
  t.strictSame(await everyLog(t, limits, () => 0, async say => say('x'.repeat(20))), ['x'.repeat(20)])
  t.ok(createServer({ name: 'a', version: '1' }, { logLimits: limits }))
})
