import t from 'tap'
import { encodeComment, encodeData, encodeEvent, EventTooLarge, SseDecoder, type EventFields, type SseEvent } from '../../lib/wire/sse.js'
import { cuts, rawBytes, rawText, vectors, type RawInput } from './vectors.js'

interface Vector extends RawInput {
  readonly expected?: readonly SseEvent[]
  readonly last_event_id?: string
  readonly retry_ms?: number
  readonly max_event_bytes?: number
  readonly encode?: { readonly data?: string; readonly id?: string; readonly event?: string; readonly retry_ms?: number }
  readonly canonical?: string
  readonly must_fail?: true
}

interface Heard {
  readonly events: SseEvent[]
  readonly lastEventId: string
  readonly retryMs: number | undefined
  readonly tooLarge: boolean
}

/** Everything a decoder gives for these chunks, up to its refusal if there is one. */
const decode = (chunks: readonly (string | Uint8Array)[], maxEventBytes?: number): Heard => {
  const decoder = new SseDecoder(maxEventBytes === undefined ? {} : { maxEventBytes })
  const events: SseEvent[] = []
  let tooLarge = false
  try {
    for (const chunk of chunks) for (const event of decoder.feed(chunk)) events.push(event)
  } catch (error) {
    if (!(error instanceof EventTooLarge)) throw error
    events.push(...error.events)
    tooLarge = true
  }
  return { events, lastEventId: decoder.lastEventId, retryMs: decoder.retryMs, tooLarge }
}

const fieldsOf = ({ retry_ms, ...fields }: NonNullable<Vector['encode']>): EventFields =>
  retry_ms === undefined ? fields : { ...fields, retryMs: retry_ms }

const all = vectors<Vector>('sse.json')

t.test('the decoding vectors of fixtures/wire/sse.json, cut every way, as bytes and as text', async t => {
  for (const vector of all) {
    if (vector.encode !== undefined) continue
    const inputs = vector.raw_hex === undefined ? [rawBytes(vector), rawText(vector)] : [rawBytes(vector)]
    const expected = vector.must_fail
      ? { events: vector.expected, tooLarge: true }
      : { events: vector.expected, lastEventId: vector.last_event_id, retryMs: vector.retry_ms, tooLarge: false }
    for (const input of inputs) {
      for (const chunks of cuts<string | Uint8Array>(input)) {
        const { events, tooLarge, ...rest } = decode(chunks, vector.max_event_bytes)
        const got = vector.must_fail ? { events, tooLarge } : { events, ...rest, tooLarge }
        t.strictSame(got, expected, `${vector.name} (${chunks.length} chunks)`)
      }
    }
  }
})

t.test('the encoding vectors of fixtures/wire/sse.json', async t => {
  for (const vector of all) {
    if (vector.encode === undefined) continue
    const fields = fieldsOf(vector.encode)
    if (vector.must_fail) {
      t.throws(() => encodeEvent(fields), TypeError, vector.name)
      continue
    }
    const text = encodeEvent(fields)
    t.equal(text, vector.canonical, vector.name)
    const heard = { events: vector.expected, lastEventId: vector.last_event_id, retryMs: vector.retry_ms, tooLarge: false }
    t.strictSame(decode([text]), heard, `${vector.name}, and is read back`)
  }
})

t.test('encodeData is encodeEvent for data without a line break', async t => {
  for (const data of ['', '{"a":1}', ' x', JSON.stringify('\r\n\u2028')]) t.equal(encodeData(data), encodeEvent({ data }))
})

t.test('a comment is ignored whatever it holds, alone and between events', async t => {
  for (const text of ['', 'keep-alive', 'data: x\n\ndata: y\r\rid: 1\r\n\r\n', '\n']) {
    const comment = encodeComment(text)
    t.match(comment, /^(?::.*\n)+\n$/)
    t.strictSame(decode([encodeData('a') + comment + encodeData('b')]).events.map(event => event.data), ['a', 'b'])
    t.equal(decode([comment]).lastEventId, '')
  }
})

t.test('any text comes back as it was, but for its line breaks', async t => {
  const pieces = ['a', '\r', '\n', '\r\n', ':', ' ', 'id: 1', '\uFEFF', '\u4e16', '\u{1F600}', '']
  for (const one of pieces) for (const two of pieces) for (const three of pieces) {
    const data = one + two + three
    t.strictSame(
      decode([new TextEncoder().encode(encodeEvent({ data, id: '9' }))]).events,
      [{ event: 'message', data: data.replace(/\r\n?/g, '\n'), id: '9' }], JSON.stringify(data))
  }
})

t.test('each event is given by the chunk that ends it', async t => {
  const decoder = new SseDecoder()
  t.strictSame(decoder.feed('data: a\n'), [])
  t.strictSame(decoder.feed('\r'), [{ event: 'message', data: 'a', id: '' }])
  t.strictSame(decoder.feed('\ndata: b\n'), [])
  t.strictSame(decoder.feed('\n').map(event => event.data), ['b'])
})

t.test('after a refusal every call is refused, and gives no event twice', async t => {
  const decoder = new SseDecoder({ maxEventBytes: 16 })
  t.throws(() => decoder.feed(`data: a\n\n${'x'.repeat(17)}`), { name: 'EventTooLarge', events: [{ data: 'a' }], message: /16/ })
  for (const chunk of ['', '\n\n', 'data: b\n\n']) t.throws(() => decoder.feed(chunk), { name: 'EventTooLarge', events: [] })
})

t.test('the limit is 64 MiB unless another is given, and counts no more than bytes', async t => {
  const decoder = new SseDecoder()
  const mebibyte = 'x'.repeat(1024 * 1024)
  for (let count = 0; count < 64; count += 1) decoder.feed(mebibyte)
  t.throws(() => decoder.feed('x'), { name: 'EventTooLarge' })
  t.equal(decode([new TextEncoder().encode(`data:${'\u4e16'.repeat(11)}\n\n`)], 16).events.length, 1)
})

t.test('cost grows with the length of the input, not with its square', async t => {
  const line = new SseDecoder()
  for (let count = 0; count < 1_000_000; count += 1) line.feed('x')
  line.feed('\ndata: end')
  t.equal(line.feed('\n\n')[0]?.data, 'end', 'a line in a million chunks')

  const chunk = new TextEncoder().encode('y'.repeat(16 * 1024))
  const event = new SseDecoder()
  event.feed('data: ')
  for (let count = 0; count < 1024; count += 1) event.feed(chunk)
  t.equal(event.feed('\n\n')[0]?.data.length, 16 * 1024 * 1024, 'an event of 16 MiB in chunks of 16 KiB')

  // No CR anywhere, then no LF: a search that began anew at every line would take minutes.
  t.equal(decode(['data: z\n\n'.repeat(500_000)]).events.length, 500_000, 'half a million events in one chunk')
  t.equal(decode(['data: z\r\r'.repeat(500_000)]).events.length, 500_000, 'the same with CR')
  t.equal(decode([`${'data\n'.repeat(1_000_000)}\n`]).events[0]?.data.length, 999_999, 'a million data lines')
})
