import t from 'tap'
import { accepts, decodeFieldValue, encodeFieldValue, mediaType } from '../../lib/wire/fields.js'
import { vectors } from './vectors.js'

type Vector = { readonly name: string; readonly must_fail?: true } & (
  | { readonly kind: 'media_type'; readonly raw: string; readonly expected?: { type: string; parameters: Record<string, string> } }
  | { readonly kind: 'accept'; readonly raw: string | null; readonly type: string; readonly expected: number }
  | { readonly kind: 'value'; readonly raw: string; readonly expected?: string; readonly canonical?: string }
)

const PASSES = ['first', 'repeated']

t.test('the vectors of fixtures/wire/fields.json, twice, so that what is remembered is tested too', async t => {
  for (const pass of PASSES) {
    for (const vector of vectors<Vector>('fields.json')) {
      const name = `${vector.kind}: ${vector.name} (${pass})`
      switch (vector.kind) {
        case 'media_type': {
          const got = mediaType(vector.raw)
          const wanted = vector.expected && { type: vector.expected.type, parameters: Object.entries(vector.expected.parameters) }
          t.strictSame(got && { type: got.type, parameters: [...got.parameters] }, wanted, name)
          break
        }
        case 'accept':
          t.equal(accepts(vector.raw ?? undefined, vector.type), vector.expected, name)
          break
        case 'value':
          t.equal(decodeFieldValue(vector.raw), vector.expected, name)
          if (vector.expected !== undefined) t.equal(encodeFieldValue(vector.expected), vector.canonical ?? vector.raw, `${name}, written`)
          break
      }
    }
  }
})

t.test('every text that UTF-8 can carry comes back from a field, as visible ASCII', async t => {
  const pieces = ['', 'a', ' ', '\t', '\n', '\0', '\u00e9', '\u4e16', '\u{1F600}', '\uFEFF', '=?base64?', '?=', '=']
  for (const one of pieces) for (const two of pieces) for (const three of pieces) {
    const text = one + two + three
    const field = encodeFieldValue(text)
    t.match(field, /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/, JSON.stringify(text))
    t.equal(decodeFieldValue(field), text, JSON.stringify(text))
  }
})

t.test('a lone surrogate is refused, never replaced', async t => {
  for (const text of ['\ud800', 'a\udc00b', '\ud83d \ude00']) t.throws(() => encodeFieldValue(text), TypeError)
})

t.test('a long text is encoded whole', async t => {
  const text = '\u4e16'.repeat(100_000)
  t.equal(decodeFieldValue(encodeFieldValue(text)), text)
})

t.test('many different values, and long ones, are all answered right', async t => {
  for (let count = 0; count < 1000; count += 1) {
    t.equal(mediaType(`a/b${count}`)?.type, `a/b${count}`)
    t.equal(accepts(`a/b${count};q=0.5`, `a/b${count}`), 0.5)
    t.equal(accepts(`a/b${count};q=0.5`, 'a/b'), 0)
  }
  const long = `a/b;x="${'y'.repeat(10_000)}"`
  t.equal(mediaType(long)?.parameters.get('x')?.length, 10_000)
  t.equal(accepts(`${long}, c/d;q=0.1`, 'c/d'), 0.1)
})

t.test('values made to be slow are read in time that grows with their length', async t => {
  const length = 200_000
  for (const unit of [' ', ';', '"', '\\"', '"\\', ',', 'a', '; ', ';a=', 'a/b;', '/']) {
    const value = `a/b${unit.repeat(length)}`
    mediaType(value)
    t.type(accepts(value, 'a/b'), 'number', `${JSON.stringify(unit)} ${length} times`)
  }
})
