import t from 'tap'
import { encodeLine, LineDecoder, LineNotUtf8, LineTooLong } from '../../lib/wire/lines.js'
import { cuts, rawBytes, vectors, type RawInput } from './vectors.js'

interface Vector extends RawInput {
  readonly expected: readonly string[]
  readonly rest?: string
  readonly max_line_bytes?: number
  readonly fault?: 'too_long' | 'not_utf8'
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const decode = (chunks: readonly Uint8Array[], maxLineBytes?: number) => {
  const decoder = new LineDecoder(maxLineBytes === undefined ? {} : { maxLineBytes })
  const lines: string[] = []
  const faults: string[] = []
  const attempt = <T>(step: () => T): T | undefined => {
    try {
      return step()
    } catch (error) {
      if (!(error instanceof LineTooLong || error instanceof LineNotUtf8)) throw error
      lines.push(...error.lines)
      faults.push(error instanceof LineTooLong ? 'too_long' : 'not_utf8')
      return undefined
    }
  }
  for (const chunk of chunks) for (const line of attempt(() => decoder.feed(chunk)) ?? []) lines.push(line)
  return { lines, rest: attempt(() => decoder.end()), faults }
}

t.test('the vectors of fixtures/wire/lines.json, cut every way', async t => {
  for (const { expected, rest, fault, max_line_bytes, ...vector } of vectors<Vector>('lines.json')) {
    for (const chunks of cuts(rawBytes(vector))) {
      const faults = fault === undefined ? [] : [fault]
      t.strictSame(decode(chunks, max_line_bytes), { lines: expected, rest, faults }, `${vector.name} (${chunks.length} chunks)`)
    }
  }
})

t.test('a line is written with one LF, and text of two lines is refused', async t => {
  t.equal(encodeLine('{"a":1}'), '{"a":1}\n')
  t.equal(encodeLine(JSON.stringify('\r\n\u2028')), '"\\r\\n\u2028"\n')
  for (const text of ['a\nb', 'a\r', '{\r\n}']) t.throws(() => encodeLine(text), TypeError)
})

t.test('what is written is read back', async t => {
  const texts = ['{}', '{"t":"\u4e16\u{1F600}\uFEFF"}', '', JSON.stringify('\r\n')]
  t.strictSame(decode([bytes(texts.map(encodeLine).join(''))]), { lines: texts, rest: undefined, faults: [] })
})

t.test('a chunk with several faults gives all its good lines and the first fault', async t => {
  const decoder = new LineDecoder({ maxLineBytes: 4 })
  const chunk = new Uint8Array([...bytes('a\n12345\nb\n'), 0xff, ...bytes('\nc\n12345')])
  t.throws(() => decoder.feed(chunk), { name: 'LineTooLong', lines: ['a', 'b', 'c'], message: /4 bytes/ })
  t.strictSame(decoder.feed(bytes('6789')), [], 'the line that began too long is not refused again')
  t.strictSame(decoder.feed(bytes('\nd\n')), ['d'])
  t.throws(() => decoder.feed(new Uint8Array([0xff, 0x0a, 0x65, 0x0a])), { name: 'LineNotUtf8', lines: ['e'] })
})

t.test('the end of the stream within a line too long gives nothing', async t => {
  const decoder = new LineDecoder({ maxLineBytes: 4 })
  t.throws(() => decoder.feed(bytes('12345')), { name: 'LineTooLong', lines: [] })
  t.equal(decoder.end(), undefined)
})

t.test('a chunk may be reused by whoever fed it', async t => {
  const decoder = new LineDecoder()
  const chunk = bytes('abc')
  decoder.feed(chunk)
  chunk.fill(0x7a)
  t.strictSame(decoder.feed(bytes('d\n')), ['abcd'])
})

t.test('the limit is 64 MiB unless another is given', async t => {
  const decoder = new LineDecoder()
  const mebibyte = new Uint8Array(1024 * 1024).fill(0x78)
  for (let count = 0; count < 64; count += 1) decoder.feed(mebibyte)
  t.throws(() => decoder.feed(bytes('x')), { name: 'LineTooLong' })
})

t.test('cost grows with the length of the input, not with its square', async t => {
  const drip = new LineDecoder()
  const one = bytes('x')
  for (let count = 0; count < 1_000_000; count += 1) drip.feed(one)
  t.equal(drip.feed(bytes('\n'))[0]?.length, 1_000_000, 'a line in a million chunks')
  t.equal(decode([bytes('{}\n'.repeat(500_000))]).lines.length, 500_000, 'half a million lines in one chunk')
})
