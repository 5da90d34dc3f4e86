import t from 'tap'
import { classify, JSON_LIMITS, Malformed, readText } from '../../lib/wire/json-rpc.js'
import { rawText, vectors, type RawInput } from './vectors.js'

interface Outcome {
  readonly as?: string
  readonly message?: unknown
  readonly of?: readonly Outcome[]
  readonly must_fail?: true
  readonly code?: number
  readonly id?: unknown
}
interface Vector extends RawInput, Outcome {
  readonly expected?: Outcome
}

const outcomeOf = (read: () => ReturnType<typeof readText> | Malformed): Outcome => {
  let got
  try {
    got = read()
  } catch (error) {
    got = error
  }
  if (got instanceof Malformed) return { must_fail: true, code: got.code, ...(got.id === undefined ? {} : { id: got.id }) }
  if (got instanceof Error) throw got
  const incoming = got as ReturnType<typeof readText>
  return incoming.as === 'batch' ? { as: 'batch', of: incoming.of.map(one => outcomeOf(() => one)) } : { ...incoming }
}

t.test('the vectors of fixtures/wire/json-rpc.json', async t => {
  for (const vector of vectors<Vector>('json-rpc.json')) {
    const expected = vector.expected ?? { must_fail: true, code: vector.code, ...(vector.id === undefined ? {} : { id: vector.id }) }
    const outcome = outcomeOf(() => readText(rawText(vector)))
    if (expected.must_fail || expected.message !== undefined || expected.of !== undefined) t.strictSame(outcome, expected, vector.name)
    else t.equal(outcome.as, expected.as, vector.name)
  }
})

t.test('where a vector holds a single message, classify agrees with readText about its value', async t => {
  for (const vector of vectors<Vector>('json-rpc.json')) {
    const message = vector.expected?.message
    if (message !== undefined) t.strictSame(classify(message), vector.expected, vector.name)
  }
})

t.test('a refusal says what was seen and what was expected, on one line', async t => {
  for (const vector of vectors<Vector>('json-rpc.json')) {
    if (vector.must_fail !== true) continue
    const error = t.throws(() => readText(rawText(vector)), { name: 'Malformed' }) as Malformed
    t.match(error.message, /^.+; expected .+$/, vector.name)
    t.ok(error.message.length < 200, `${vector.name}: the message is short`)
    t.notMatch(error.message, /[\r\n\0]/, `${vector.name}: the message is one line`)
  }
})

t.test('a repeated member is found in each place it may stand, among others of every kind', async t => {
  const members = ['"jsonrpc":"2.0"', '"id":"a\\"b"', '"method":"m"', '"params":{"id":[{"method":"}"}],"t":"{\\\\"}', '"x":[1,"]",{}]']
  const rotations = members.map((_, start) => [...members.slice(start), ...members.slice(0, start)])
  for (const order of rotations) {
    t.equal(outcomeOf(() => readText(`{${order.join(',')}}`)).as, 'request')
    for (const repeated of members.slice(0, 4)) {
      for (let at = 0; at <= order.length; at += 1) {
        const text = `{${order.toSpliced(at, 0, repeated).join(', ')}}`
        const id = repeated.startsWith('"id"') ? {} : { id: 'a"b' }
        t.strictSame(outcomeOf(() => readText(text)), { must_fail: true, code: -32600, ...id }, text)
      }
    }
  }
})

t.test('the limits are those given', async t => {
  const text = '{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":[1]}}'
  t.equal(readText(text, { ...JSON_LIMITS, maxDepth: 3 }).as, 'request')
  t.throws(() => readText(text, { ...JSON_LIMITS, maxDepth: 2 }), { code: -32600, id: 1, message: /2 levels/ })
  t.equal(readText(text, { ...JSON_LIMITS, maxNodes: 7 }).as, 'request')
  t.throws(() => readText(text, { ...JSON_LIMITS, maxNodes: 6 }), { code: -32600, id: 1, message: /6 values/ })
  t.throws(() => readText(`[${text},${text}]`, { ...JSON_LIMITS, maxBatch: 1 }), { code: -32600, message: /at most 1/ })
  t.throws(() => readText(`[${text},${text}]`, { ...JSON_LIMITS, maxNodes: 13 }), { code: -32600, message: /13 values/ })
  t.ok(Object.isFrozen(JSON_LIMITS))
})

t.test('reading a prototype-named member reaches no prototype', async t => {
  const { message } = readText('{"jsonrpc":"2.0","method":"m","__proto__":{"id":1,"x":1}}') as { message: object }
  t.equal(outcomeOf(() => classify(message)).as, 'notification')
  t.equal(Object.getPrototypeOf(message), Object.prototype)
  t.equal(({} as { x?: unknown }).x, undefined)
})

t.test('deep text is refused wherever it stands, in nothing like the time of a stack per level', async t => {
  const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000)
  for (const text of [
    `{"jsonrpc":"2.0","id":1,"method":"m","extra":${deep}}`,
    `{"jsonrpc":"2.0","id":1,"method":${deep}}`,
    `{"jsonrpc":"2.0","id":1,"result":{"id":${deep}}}`,
    `{"jsonrpc":"2.0","id":1,"error":${deep}}`,
    `[${deep}]`,
  ]) t.throws(() => readText(text), { code: -32600, message: /levels/ })
})
