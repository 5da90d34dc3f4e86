/** The book of sessions: who is found, who goes first, and when. Time is the test's. */
import t from 'tap'
import { LATEST_SESSION, ReplayBudget, ReplayLog, Sessions, type Session } from '../../lib/sans-io.js'

const CALLER = { capabilities: {} }

const bookOf = (limits: { maxSessions?: number; sessionIdleMs?: number } = {}) => {
  let nowMs = 0
  let last = 0
  const ended: string[] = []
  const book = new Sessions({ nowMs: () => nowMs, newId: () => `s${++last}` }, { maxSessions: 3, sessionIdleMs: 10_000, ...limits }, (session, why) => ended.push(`${session.id}: ${why}`))
  const open = (): Session => book.open(LATEST_SESSION, CALLER)!
  return { book, open, ended, at: (ms: number) => (nowMs = ms) }
}

t.test('at the cap, the session idle longest makes room', async t => {
  const { book, open, ended, at } = bookOf()
  open()
  open()
  open()
  at(2000)
  book.find('s1')
  at(4000)
  t.equal(open().id, 's4')
  t.strictSame(ended, ['s2: a newer session needed its place'])
  t.ok(book.find('s1'))
  t.notOk(book.find('s2'))
  t.equal(book.expired, 1)
})

t.test('a session that is used all the time is never taken for idle', async t => {
  const { book, open, ended, at } = bookOf()
  open()
  open()
  open()
  for (let ms = 0; ms <= 30_000; ms += 500) {
    at(ms)
    book.find('s1')
  }
  open()
  t.strictSame(ended, ['s2: a newer session needed its place'])
})

t.test('what is running or listening is not idle, and a book of nothing else is full', async t => {
  const { book, open, at } = bookOf()
  for (const session of [open(), open(), open()]) session.channel = { live: true, send: () => true, end: () => {} }
  at(100_000)
  book.sweep()
  t.equal(book.size, 3)
  t.equal(book.open(LATEST_SESSION, CALLER), undefined)
})

t.test('idle too long: gone at the next look, and by the sweep', async t => {
  const { book, open, ended, at } = bookOf()
  open()
  at(5000)
  open()
  at(10_001)
  t.equal(book.find('s1'), undefined)
  at(15_001)
  book.sweep()
  t.strictSame(ended, ['s1: it was idle too long', 's2: it was idle too long'])
  t.equal(book.size, 0)
})

t.test('a session is its principal\'s alone', async t => {
  const { book } = bookOf()
  const session = book.open(LATEST_SESSION, CALLER, 'alice')!
  t.equal(book.find(session.id, 'mallory'), undefined)
  t.equal(book.find(session.id), undefined)
  t.equal(book.find(session.id, 'alice'), session)
})

t.test('replay: count, size, age and the total are bounds, and a stream that is over is forgotten whole', async t => {
  const limits = { maxReplayEvents: 3, maxReplayBytes: 100, maxReplayTotalBytes: 150 + 2 * 512, replayAgeMs: 1000 }
  const budget = new ReplayBudget(limits)
  const book = new Map<string, ReplayLog>()
  const log = (token: string): ReplayLog => new ReplayLog(token, book, budget, 0)
  const a = log('a')
  const ids = ['1', '2', '3', '4'].map(data => a.append(data, 0))
  t.strictSame(ids, ['a-0', 'a-1', 'a-2', 'a-3'])
  t.strictSame(a.after('a-1'), [{ id: 'a-2', data: '3' }, { id: 'a-3', data: '4' }])
  t.strictSame(a.after('a-0')?.length, 3, 'the first is gone, and what followed it is all there')
  for (const unknown of ['a-4x', 'a-04', 'b-1', 'a--1', 'a-9', '', 'a-']) t.equal(a.after(unknown), undefined, unknown)
  t.strictSame(a.after('a-3'), [], 'nothing followed the last')

  a.append('x'.repeat(90), 0)
  t.equal(a.after('a-0'), undefined, 'one too many: what followed the first is no longer complete')
  a.end()
  t.strictSame(a.after('a-3')?.map(({ data }) => data.length), [90], 'over, and still there')
  const b = log('b')
  b.append('y'.repeat(80), 500)
  t.notOk(book.has('a'), 'the total was too much: the stream begun first went')
  budget.sweep(1400)
  t.equal(budget.bytes, 80 + 512)
  budget.sweep(1501)
  t.equal(budget.bytes, 512, 'a stream weighs something by itself')
  t.equal(b.append('again', 1600), 'b-1', 'a stream that goes on goes on from there')
})
