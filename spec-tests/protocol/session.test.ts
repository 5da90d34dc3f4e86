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

t.test('at the cap, the session idle longest makes room, if all were used', async t => {
  const { book, open, ended, at } = bookOf()
  for (const { id } of [open(), open(), open()]) book.find(id)
  at(2000)
  book.find('s1')
  at(4000)
  t.equal(open().id, 's4')
  t.strictSame(ended, ['s2: a newer session needed its place'])
  t.ok(book.find('s1'))
  t.notOk(book.find('s2'))
  t.equal(book.expired, 1)
})

t.test('at the cap, whoever has just come is not pushed out by the next, for what others have left behind', async t => {
  const { book, open, ended } = bookOf({ maxSessions: 8 })
  const left = Array.from({ length: 8 }, open)
  for (const { id } of left) book.find(id)
  const come = [open(), open(), open()]
  t.strictSame(ended.map(line => line.split(':')[0]), ['s1', 's2', 's3'], 'those idle longest')
  for (const session of come) t.equal(book.find(session.id), session)
  for (let i = 0; i < 20; i++) open()
  t.equal(book.size, 8)
  t.strictSame(ended.slice(3, 6).map(line => line.split(':')[0]), ['s4', 's5', 's6'], 'a flood takes a quarter, and what one is over')
  for (const { id } of [...left.slice(6), ...come]) t.ok(book.find(id), `${id} is at work, and stays`)
})

t.test('at the cap, where many were never used, one of them goes before any that was, the oldest of them first', async t => {
  const { book, open, ended, at } = bookOf()
  const used = open()
  book.find(used.id)
  for (let ms = 1; ms <= 5; ms++) {
    at(ms)
    open()
  }
  t.strictSame(ended.map(line => line.split(':')[0]), ['s2', 's3', 's4'])
  t.equal(book.find('s1'), used, 'though it has been idle longest')
  t.ok(book.find('s5'))
  t.ok(book.find('s6'))
  t.equal(book.size, 3)
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

t.test('idle too long: used or not, in whichever order', async t => {
  const { book, open, ended, at } = bookOf()
  const used = open()
  open()
  at(5000)
  book.find(used.id)
  open()
  at(10_001)
  book.sweep()
  t.strictSame(ended, ['s2: it was idle too long'])
  at(15_001)
  book.sweep()
  t.strictSame(ended.slice(1), ['s3: it was idle too long', 's1: it was idle too long'])
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

/** Sessions whose streams share a budget of so many characters, beside what streams weigh by themselves. */
const budgetOf = (characters: number, streams: number) => {
  const budget = new ReplayBudget({ maxReplayEvents: 1000, maxReplayBytes: 1_000_000, maxReplayTotalBytes: characters + 512 * streams, replayAgeMs: 1000 })
  return { budget, session: () => {
    const book = new Map<string, ReplayLog>()
    return { book, log: (token: string) => new ReplayLog(token, book, budget, 0) }
  } }
}

t.test('replay: whoever holds most makes room, its oldest stream first, whoever begins or says something', async t => {
  const { budget, session } = budgetOf(1000, 3)
  const [modest, greedy] = [session(), session()]
  const first = modest.log('first')
  first.append('x'.repeat(300), 0)
  const [older, newer] = [greedy.log('older'), greedy.log('newer')]
  older.append('y'.repeat(300), 0)
  newer.append('z'.repeat(300), 0)
  older.end()
  t.equal(budget.kept, 900)
  first.append('x'.repeat(200), 0)
  t.notOk(greedy.book.has('older'), 'the oldest stream of the session that held most is forgotten')
  t.strictSame([first.after('first-0')?.length, newer.after('newer-0')], [1, []], 'no other is')
  modest.log('second')
  modest.log('third')
  t.equal(first.after('first-0'), undefined, 'by now another session holds most')
  t.equal(first.append('goes on', 0), 'first-2')
  t.strictSame(newer.after('newer-0'), [])
})

t.test('replay: a stream that goes on and was forgotten is the youngest of its session', async t => {
  const { session } = budgetOf(1000, 2)
  const { log } = session()
  const [a, b] = [log('a'), log('b')]
  a.append('1'.repeat(600), 0)
  b.append('2'.repeat(300), 0)
  a.append('3'.repeat(200), 0) // a is forgotten
  a.append('4'.repeat(600), 0)
  b.append('5'.repeat(200), 0) // now b is
  t.strictSame([a.after('a-1')?.length, b.after('b-0')], [1, undefined])
})

t.test('replay: streams of which nothing can be forgotten are left alone, however little the budget', async t => {
  const { budget, session } = budgetOf(0, 1)
  const { log, book } = session()
  const live = [log('a'), log('b'), log('c')]
  t.equal(book.size, 3)
  for (const one of live) one.append('x', 0)
  t.equal(budget.kept, 0)
  for (const one of live) one.end()
  log('d')
  t.strictSame([...book.keys()], ['d'], 'those that are over are not')
  t.equal(budget.bytes, 512)
})

t.test('replay: a hundred sessions at their budget: what is counted is what is kept', async t => {
  const { budget, session } = budgetOf(20_000, 0)
  const sessions = Array.from({ length: 100 }, session)
  let random = 1
  const below = (n: number): number => (random = (random * 48_271) % 2_147_483_647) % n
  const logs: ReplayLog[] = []
  for (let step = 0; step < 20_000; step++) {
    const owner = sessions[below(100)]!
    if (step % 10 === 0) logs.push(owner.log(`s${step}`))
    const log = logs[Math.max(0, logs.length - 1 - below(20))]!
    if (!log.ended) log.append('x'.repeat(below(300)), step)
    if (step % 13 === 0) logs[below(logs.length)]!.end()
    if (budget.bytes > 20_000 && budget.kept > 0) t.fail('something could have been forgotten')
  }
  for (const log of logs) log.end()
  budget.sweep(1e9)
  t.strictSame([budget.bytes, budget.kept, budget.streams, sessions.reduce((sum, { book }) => sum + book.size, 0)], [0, 0, 0, 0])
})
