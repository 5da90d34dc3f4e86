/**
 * What must hold of any input at all, as properties for fast-check: the readers, a session, and the HTTP endpoint. `runs` is how many inputs
 * each is given. Nothing here knows what a message means: only that it is answered, in words, and that the server is there afterwards.
 */
import fc from 'fast-check'
import { inWords } from './hostile.js'
import { bytes, cuts, fieldValues, httpRequests, jsonTexts, lineBytes, messages, sseBytes, templates, uris } from './inputs.js'
import { accepts, decodeFieldValue, encodeFieldValue, mediaType, quoted } from '../../lib/wire/fields.js'
import { JSON_LIMITS, Malformed, readText } from '../../lib/wire/json-rpc.js'
import { LineDecoder, LineNotUtf8, LineTooLong } from '../../lib/wire/lines.js'
import { EventTooLarge, SseDecoder } from '../../lib/wire/sse.js'
import { UriTemplate } from '../../lib/wire/uri-template.js'
import { Endpoint } from './endpoint.js'

export interface Property {
  /** A sentence. */
  readonly name: string
  /** @throws what fast-check found, with its seed, path and smallest counterexample */
  run(how: How): Promise<void> | void
}

export interface How {
  readonly runs: number
  readonly seed: number
  /** Called once for each input. */
  tried(): void
}

/** Longest line and event held in these tests, in bytes. */
const MAX = 64

const property = <T>(name: string, of: fc.Arbitrary<T>, holds: (value: T) => void): Property => ({
  name,
  run: ({ runs, seed, tried }) => fc.assert(fc.property(of, value => {
    tried()
    holds(value)
  }), { numRuns: runs, seed }),
})

const expect = (condition: boolean, what: string): void => {
  if (!condition) throw new Error(what)
}
const same = (a: unknown, b: unknown, what: string): void => expect(JSON.stringify(a) === JSON.stringify(b), `${what}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`)

/** Lines a stream of bytes holds, cut there; what was refused is named in its place. */
const linesOf = (input: Uint8Array, at: readonly number[]): unknown => {
  const decoder = new LineDecoder({ maxLineBytes: MAX })
  const lines: string[] = []
  const faults = new Set<string>()
  const take = (run: () => readonly string[]): void => {
    try {
      lines.push(...run())
    } catch (error) {
      if (!(error instanceof LineTooLong || error instanceof LineNotUtf8)) throw error
      faults.add(error.name)
      lines.push(...error.lines)
    }
  }
  for (const piece of pieces(input, at)) take(() => decoder.feed(piece))
  take(() => [decoder.end() ?? ''])
  return [lines, [...faults].length > 0]
}

const eventsOf = (input: Uint8Array, at: readonly number[], maxEventBytes: number): unknown => {
  const decoder = new SseDecoder({ maxEventBytes })
  const events: unknown[] = []
  try {
    for (const piece of pieces(input, at)) events.push(...decoder.feed(piece))
  } catch (error) {
    if (!(error instanceof EventTooLarge)) throw error
    return [[...events, ...error.events], 'too large']
  }
  return [events, decoder.lastEventId, decoder.retryMs]
}

function* pieces(input: Uint8Array, at: readonly number[]): Generator<Uint8Array> {
  let from = 0
  for (const to of [...new Set(at)].filter(cut => cut < input.length).sort((a, b) => a - b)) {
    yield input.slice(from, to)
    from = to
  }
  yield input.slice(from)
}

const everyByte = (input: Uint8Array): number[] => Array.from(input, (_, i) => i)

/** What the readers are asked; without a socket. */
export const READERS: readonly Property[] = [
  property('any text is a JSON-RPC message, a batch, or Malformed with a code and a sentence; the same whether or not it was quick to see', jsonTexts, text => {
    try {
      const read = readText(text)
      const again = readText(JSON.stringify(JSON.parse(text.replace(/^\ufeff/, ''))))
      if (read.as !== 'batch') same(read, again, 'written again it is read as another')
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      expect([-32700, -32600, -32602].includes(error.code), `code ${error.code}`)
      expect(error.message.length > 10 && error.message.length < 400 && !/[\p{Cc}\u2028\u2029]/u.test(error.message), `message ${JSON.stringify(error.message)}`)
      expect(error.id === undefined || typeof error.id === 'string' || Number.isSafeInteger(error.id), `id ${String(error.id)}`)
    }
  }),
  property('limits hold whatever the text: nothing deeper, wider or longer is let through', jsonTexts, text => {
    const limits = { ...JSON_LIMITS, maxDepth: 3, maxNodes: 12, maxBatch: 2 }
    try {
      const read = readText(text, limits)
      const all = read.as === 'batch' ? read.of.flatMap(one => (one instanceof Malformed ? [] : [one.message])) : [read.message]
      for (const message of all) expect(depthOf(message) <= 3, `${depthOf(message)} levels deep`)
      expect(all.reduce((sum: number, message) => sum + nodesOf(message), 0) <= 12 + 2, 'too many values')
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
    }
  }),
  property('any bytes are lines: whole, in pieces and byte by byte alike; only too long or not UTF-8 is refused', fc.tuple(lineBytes, cuts), ([input, at]) => {
    const whole = linesOf(input, [])
    same(linesOf(input, at), whole, 'in pieces')
    same(linesOf(input, everyByte(input)), whole, 'byte by byte')
  }),
  property('any bytes are an event stream: whole, in pieces and byte by byte alike; only too large is refused', fc.tuple(sseBytes, cuts, fc.constantFrom(MAX, 1_000_000)), ([input, at, max]) => {
    const whole = eventsOf(input, [], max)
    same(eventsOf(input, at, max), whole, 'in pieces')
    same(eventsOf(input, everyByte(input), max), whole, 'byte by byte')
  }),
  property('any header value is read or refused, never thrown at', fieldValues, text => {
    mediaType(text)
    const q = accepts(text, 'application/json')
    expect(q >= 0 && q <= 1, `q ${q}`)
    const decoded = decodeFieldValue(text)
    expect(decoded === undefined || typeof decoded === 'string', 'no text')
    expect(/^[\x20-\x7e]*$/.test(quoted(text)) && quoted(text).length < 700, 'quoted at length, or raw')
  }),
  property('any text comes back from a mirrored field, or is refused by TypeError', fc.string({ unit: 'binary' }), text => {
    let field: string
    try {
      field = encodeFieldValue(text)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      return
    }
    expect(/^[\x20-\x7e]*$/.test(field), 'no header value')
    expect(decodeFieldValue(field) === text, `${JSON.stringify(field)} is read as ${JSON.stringify(decodeFieldValue(field))}`)
  }),
  property('any text is a URI template or a TypeError that names the place; any URI matches it or does not, and what matched is made again', fc.tuple(templates, uris), ([text, uri]) => {
    let template: UriTemplate
    try {
      template = UriTemplate.parse(text)
    } catch (error) {
      expect(error instanceof TypeError && error.message.startsWith('URI template, index '), String(error))
      return
    }
    const values = template.match(uri)
    if (values === undefined) return
    const again = template.match(template.expand(Object.fromEntries(values)))
    same([...again ?? []].sort(), [...values].sort(), `${text} against ${uri}`)
  }),
]

/** What a server is asked over a socket; in its own process or in this one. */
export const endpointProperties = (endpoint: Endpoint): readonly Property[] => [
  {
    name: 'any messages to a session leave it answering ping',
    run: ({ runs, seed, tried }) => fc.assert(fc.asyncProperty(fc.array(messages, { maxLength: 8 }), fc.constantFrom('2025-03-26', '2025-11-25'), async (sequence, version) => {
      const session = await endpoint.open(version)
      for (const message of sequence) {
        tried()
        const { status, body } = await endpoint.say(session, message)
        expect(status === 202 ? body === '' : inWords(status, body), `${status} ${body.slice(0, 200)}`)
      }
      const { body } = await endpoint.say(session, '{"jsonrpc":"2.0","id":"last","method":"ping"}')
      // a sequence may end its session only by DELETE, which it cannot say
      same(JSON.parse(body), { jsonrpc: '2.0', id: 'last', result: {} }, 'ping')
      await endpoint.close(session)
    }), { numRuns: Math.max(1, Math.floor(runs / 8)), seed }),
  },
  {
    name: 'any HTTP request is answered by a status, and JSON-RPC, an event stream, or 202',
    run: ({ runs, seed, tried }) => fc.assert(fc.asyncProperty(httpRequests, async request => {
      tried()
      const { status, body, type } = await endpoint.raw(request)
      expect(status >= 200 && status <= 599, `status ${status} to ${JSON.stringify(request)}`)
      expect([202, 204].includes(status) || request.startsWith('HEAD ') || (type?.startsWith('text/event-stream') ?? false) || inWords(status, body), `${status} ${type} ${JSON.stringify(body.slice(0, 200))} to ${JSON.stringify(request)}`)
    }), { numRuns: Math.max(1, Math.floor(runs / 2)), seed }),
  },
  {
    name: 'any bytes on a connection are answered or hung up on, and others are served',
    run: ({ runs, seed, tried }) => fc.assert(fc.asyncProperty(bytes, async input => {
      tried()
      await endpoint.pour(input)
      expect((await endpoint.raw('GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).status === 404, 'no longer served')
    }), { numRuns: Math.max(1, Math.floor(runs / 4)), seed }),
  },
]

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null
const depthOf = (value: unknown): number => (isContainer(value) ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0)
const nodesOf = (value: unknown): number => 1 + (isContainer(value) ? Object.values(value).reduce((sum: number, item: unknown) => sum + nodesOf(item), 0) : 0)
