/** The client's pure rules, without a socket: what is heard byte by byte, when a stream is taken up again, when time is up. */
import t from 'tap'
import { Hearing, type Listener } from '../../lib/bindings/streamable-http/hear.js'
import { HEAR_LIMITS } from '../../lib/bindings/streamable-http/resume.js'
import { Deadline, timeLimits } from '../../lib/protocol/deadline.js'
import { find } from '../../lib/revisions/index.js'
import type { RpcMessage } from '../../lib/wire/json-rpc.js'

const REQUEST: RpcMessage = { jsonrpc: '2.0', id: 7, method: 'tools/call' }
const STREAM = { 'content-type': 'text/event-stream; charset=utf-8' }

const hearing = (revision = '2025-11-25', subject: RpcMessage | undefined = REQUEST): { rules: Hearing; heard: unknown[]; say: (text: string, size?: number) => void } => {
  const heard: unknown[] = []
  const listener: Listener = { message: message => heard.push(message), session: id => heard.push(id), fault: error => heard.push(error.message) }
  const rules = new Hearing(subject, 'what', { revision: find(revision)! }, HEAR_LIMITS, listener)
  const say = (text: string, size = Infinity): void => {
    const bytes = new TextEncoder().encode(text)
    for (let at = 0; at < bytes.length; at += size) rules.data(bytes.subarray(at, at + Math.min(size, bytes.length)))
  }
  return { rules, heard, say }
}

t.test('a stream says the same whole and one byte at a time', async t => {
  const text = ': hello\r\n\r\nid: 1\ndata:\n\nretry: 9\n\ndata: {"jsonrpc":"2.0",\rdata: "method":"n/é"}\r\r\nid: 2\ndata: {"jsonrpc":"2.0","id":7,"result":{}}\n\n'
  const wanted = [{ jsonrpc: '2.0', method: 'n/é' }, { jsonrpc: '2.0', id: 7, result: {} }]
  for (const size of [Infinity, 1, 2, 3]) {
    const { rules, heard, say } = hearing()
    rules.head(200, STREAM)
    say(text, size)
    t.same(heard, wanted, `${size} bytes at a time`)
    t.ok(rules.answered)
    t.same(rules.end(), { as: 'done' })
  }
})

t.test('a body says the same whole and one byte at a time', async t => {
  for (const size of [Infinity, 1]) {
    const { rules, heard, say } = hearing()
    rules.head(200, { 'content-type': 'Application/JSON' })
    say('\uFEFF{"jsonrpc":"2.0","id":7,"result":{"é":1}}', size)
    t.same([rules.end(), heard], [{ as: 'done' }, [{ jsonrpc: '2.0', id: 7, result: { é: 1 } }]])
  }
})

t.test('the wait grows while nothing comes, starts again when something does, and is never below `retry`', async t => {
  const { rules, say } = hearing()
  const waits: unknown[] = []
  const connection = (text: string): void => {
    rules.head(200, STREAM)
    say(text)
    const verdict = rules.end()
    waits.push(verdict.as === 'resume' ? [verdict.after, verdict.delayMs] : verdict.as)
  }
  connection('id: a\ndata:\n\n')
  connection('')
  connection('')
  connection('id: b\ndata:\n\n')
  connection('retry: 1500\n\n')
  connection('')
  connection('')
  t.same(waits, [['a', 500], ['a', 1000], ['a', 2000], ['b', 500], ['b', 1500], ['b', 1500], ['b', 2000]])
})

t.test('a server that asks to be polled without a pause is given one, and one that keeps asking is polled on', async t => {
  const { rules, say } = hearing()
  for (let turn = 0; turn < 20; turn++) {
    rules.head(200, STREAM)
    say(turn === 0 ? 'id: a\nretry: 0\ndata:\n\n' : 'retry: 0\n\n')
    t.same(rules.end(), { as: 'resume', after: 'a', delayMs: 10 })
  }
})

t.test('an event id that no header can carry is not one to resume after', async t => {
  const { rules, say } = hearing()
  rules.head(200, STREAM)
  say('id: caf\u00e9\ndata:\n\nid:  \u0007\ndata:\n\n')
  t.match(rules.end(), { as: 'failed', error: { name: 'BrokenStream' } })
})

t.test('what was said without expecting an answer is done with any 2xx', async t => {
  for (const status of [200, 202, 204]) {
    const { rules } = hearing('2025-11-25', { jsonrpc: '2.0', method: 'notifications/initialized' })
    t.notOk(rules.answered)
    rules.head(status, STREAM)
    t.ok(rules.answered, 'whatever its body may be')
    t.same(rules.end(), { as: 'done' })
  }
})

t.test('a deadline is pushed, held and bounded', async t => {
  const deadline = new Deadline({ timeoutMs: 10, maxTotalMs: 100 }, 1000)
  t.equal(deadline.dueMs, 1010)
  deadline.push(1005)
  t.equal(deadline.dueMs, 1015)
  t.equal(deadline.expired('x', 1014), undefined)
  t.match(deadline.expired('x', 1015), { name: 'Timeout', limit: 'timeoutMs', afterMs: 10, message: 'x was not answered within 10 ms (timeoutMs)' })
  deadline.hold()
  t.equal(deadline.dueMs, 1100)
  deadline.release(1050)
  t.equal(deadline.dueMs, 1060)
  deadline.push(1095)
  t.match(deadline.expired('x', 1100), { limit: 'maxTotalMs', afterMs: 100 })
})

t.test('limits default one by one, and must be above zero', async t => {
  t.same(timeLimits({ timeoutMs: 5 }), { timeoutMs: 5, maxTotalMs: 3_600_000 })
  t.same(timeLimits({ maxTotalMs: Infinity }), { timeoutMs: 60_000, maxTotalMs: Infinity })
  for (const timeoutMs of [0, -1, NaN]) t.throws(() => timeLimits({ timeoutMs }), { name: 'TypeError' })
})
