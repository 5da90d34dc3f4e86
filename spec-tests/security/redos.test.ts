/** Texts made to be slow: what reads them takes time in proportion to their length. Times are compared with each other, never with a clock. */
import t from 'tap'
import { Guard } from '../../lib/bindings/guard.js'
import { createVault } from '../../lib/io/vault.js'
import { checkOf } from '../../lib/validation/check.js'
import { lint } from '../../lib/validation/lint.js'
import { accepts, decodeFieldValue, encodeFieldValue, mediaType, quoted } from '../../lib/wire/fields.js'
import { JSON_LIMITS, readText } from '../../lib/wire/json-rpc.js'
import { SseDecoder } from '../../lib/wire/sse.js'
import { UriTemplate } from '../../lib/wire/uri-template.js'

/** The least of some runs, in milliseconds: what is left of a busy machine's noise. */
const timeOf = (run: () => void, runs = 3): number => Math.min(...Array.from({ length: runs }, () => {
  const begun = performance.now()
  try {
    run()
  } catch {
    // refusing is an answer too
  }
  return performance.now() - begun
}))

/** Sixteen times the text may take eighty times as long; what is quadratic takes 256. A run too short to be measured is fine. */
const isLinear = (make: (n: number) => () => void, n: number): boolean => {
  const [short, long] = [make(n), make(16 * n)]
  for (let tries = 0; tries < 4; tries++) {
    const time = timeOf(long)
    if (time < 20 || time < 80 * timeOf(short)) return true
  }
  return false
}

const HEADERS: readonly ((n: number) => string)[] = [
  n => 'a'.repeat(n), n => ' '.repeat(n), n => '\t'.repeat(n), n => `a/${'a'.repeat(n)}`, n => `a/b${';'.repeat(n)}`, n => `a/b${'; '.repeat(n)}`, n => `a/b;${'a=b;'.repeat(n)}`, n => `a/b;a="${'\\'.repeat(n)}`, n => `a/b;a="${'\\"'.repeat(n)}`,
  n => `"${'a'.repeat(n)}`, n => ','.repeat(n), n => ', '.repeat(n), n => 'a/b,'.repeat(n), n => '*/*;q=0.5,'.repeat(n), n => `a/b;q=${'0'.repeat(n)}`, n => '"",'.repeat(n), n => '"\\'.repeat(n), n => `a/b${' '.repeat(n)};`,
  n => `=?base64?${'A'.repeat(n)}?=`, n => `=?base64?${'='.repeat(n)}?=`, n => '=?base64?'.repeat(n), n => `[${':'.repeat(n)}`, n => `localhost:${'0'.repeat(n)}`, n => '.'.repeat(n), n => '-'.repeat(n), n => '%'.repeat(n), n => '\u00ff'.repeat(n),
]

t.test('class ReDoS  media types, Accept, mirrored values, Host and Origin, quoting', async t => {
  const guard = new Guard({ hosts: ['localhost'], origins: ['http://localhost'] }, 1)
  const readers: { readonly [name: string]: (text: string) => unknown } = {
    mediaType, accepts: text => accepts(text, 'application/json'), decodeFieldValue, encodeFieldValue, quoted,
    host: host => guard.check({ host }), origin: origin => guard.check({ host: 'localhost', origin }),
    vault: text => createVault().open(text, 'x'),
  }
  for (const [name, read] of Object.entries(readers)) {
    for (const make of HEADERS) if (!isLinear(n => { const text = make(n); return () => read(text) }, 1024)) t.fail(`${name} of ${make(8)}`)
    t.pass(name)
  }
})

t.test('CVE-2026-0621, class ReDoS  URI templates, for every operator', async t => {
  const URIS: readonly ((n: number) => string)[] = [n => 'a'.repeat(n), n => '/'.repeat(n), n => 'a/'.repeat(n), n => '%61'.repeat(n), n => '%'.repeat(n), n => 'a=b&'.repeat(n), n => ';'.repeat(n), n => 'a,'.repeat(n), n => '?'.repeat(n), n => 'a.'.repeat(n)]
  for (const operator of ['', '+', '#', '.', '/', ';', '?', '&']) {
    for (const text of [`x:{${operator}a}`, `x:{${operator}a,b,c}`, `x:{${operator}a}/end`, `x:{a}/{b}/{c}{${operator}d}`, `x:a{${operator}a}aa{+b}a`]) {
      let template: UriTemplate
      try {
        template = UriTemplate.parse(text)
      } catch {
        continue // one that could be matched in two ways is refused
      }
      for (const make of URIS) for (const tail of ['', '!/end']) if (!isLinear(n => { const uri = `x:${make(n)}${tail}`; return () => template.match(uri) }, 1024)) t.fail(`${text} against ${make(4)}${tail}`)
    }
    t.pass(operator)
  }
  t.test('exploded variables, from which the nested quantifiers came, are refused', async t => {
    for (const operator of ['', '+', '#', '.', '/', ';', '?', '&']) t.throws(() => UriTemplate.parse(`x:{${operator}a*}`), TypeError)
  })
})

t.test('class ReDoS  JSON and event streams', async t => {
  const TEXTS: readonly ((n: number) => string)[] = [
    n => `{"id":${'1'.repeat(n)}}`, n => `{"id":1.${'0'.repeat(n)}}`, n => `{"id":${' '.repeat(n)}1}`, n => `{"id"${' '.repeat(n)}:1}`, n => `{"a":"${'\\\\'.repeat(n)}","id":1,"id":2}`, n => `{"a":"${'\\"'.repeat(n)}","id":1,"id":2}`, n => `{${'"id":1,'.repeat(n)}"id":1}`,
    n => `{"${'\\u0069'.repeat(n)}":1}`, n => `{"a":[${'"id",'.repeat(n)}1]}`, n => `[${'{},'.repeat(n)}{}]`, n => `{"a":${'{"id":'.repeat(40)}${'[]'}${'}'.repeat(40)},"b":[${'{"method":1},'.repeat(n)}1]}`, n => '\ufeff'.repeat(n),
  ]
  for (const make of TEXTS) if (!isLinear(n => { const text = make(n); return () => readText(text, { ...JSON_LIMITS, maxNodes: 1e7, maxBatch: 1e7 }) }, 1000)) t.fail(make(2))
  for (const piece of ['data:\n', ':\n', '\r', '\n', '\r\n', 'id: x\n\n', 'data: x\n\n', 'retry: 1\n', 'x']) {
    if (!isLinear(n => { const text = piece.repeat(n); return () => new SseDecoder().feed(text) }, 1000)) t.fail(JSON.stringify(piece))
    if (!isLinear(n => { const bytes = Buffer.from(piece.repeat(n)); return () => { const decoder = new SseDecoder(); for (let at = 0; at < bytes.length; at++) decoder.feed(bytes.subarray(at, at + 1)) } }, 100)) t.fail(`${JSON.stringify(piece)} byte by byte`)
  }
  t.pass('all in time')
})

t.test('class deep nesting  what is too deep is refused at the price of reading it, not of building it', async t => {
  const SIZE = 2_000_000
  const deep = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${'['.repeat(SIZE / 2)}${']'.repeat(SIZE / 2)}}}`
  const flat = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[${'1,'.repeat(SIZE / 2)}1]}}`
  const once = (run: () => void): number => timeOf(run, 1)
  t.throws(() => readText(deep), /nested more than 64/)
  const [refusing, reading] = [once(() => readText(deep)), timeOf(() => readText(flat))]
  t.ok(refusing < 5 * reading, `a deep text takes ${(refusing / reading).toFixed(1)} times as long to refuse as a flat one of its length`)
})

t.test('CVE-2025-69873, class ReDoS  a pattern in a tool\'s schema takes as long as the text, whatever the pattern', async t => {
  for (const pattern of ['^(a+)+$', '^(a|aa)+$', '^([a-zA-Z]+)*$', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*)*=', 'a+$', '^(?=(a+)+$)', '(?<!(a*)*b)c']) {
    for (const properties of [{ a: { type: 'string', pattern } }, { a: { type: 'object', patternProperties: { [pattern]: {} }, additionalProperties: false } }]) {
      const check = await checkOf({ type: 'object', properties } as never, 'arguments')
      const text = (n: number): string => `${'a'.repeat(n)}!`
      const valueOf = (n: number): object => ({ a: 'type' in properties.a && properties.a.type === 'string' ? text(n) : { [text(n)]: 1 } })
      t.match(check(valueOf(50)), { pointer: /^\/a/ }, pattern)
      if (!isLinear(n => { const value = valueOf(n); return () => check(value) }, 5000)) t.fail(pattern)
    }
  }
  t.test('nor can a pattern come out of the data', async t => {
    const check = await checkOf({ type: 'object', properties: { p: { type: 'string' }, a: { type: 'string', pattern: { $data: '1/p' } as never } } }, 'x').catch((error: Error) => error)
    t.match(check, TypeError, '$data is not understood')
  })
})

t.test('class schema bombs  a schema that is too deep, too wide, or goes round in circles is refused in words, and in time', async t => {
  const wrap = (depth: number): object => {
    let schema: object = {}
    for (let i = 0; i < depth; i++) schema = { properties: { a: schema } }
    return schema
  }
  const chain = (length: number): object => ({ $ref: '#/$defs/d0', $defs: Object.fromEntries(Array.from({ length }, (_, i) => [`d${i}`, i + 1 < length ? { $ref: `#/$defs/d${i + 1}` } : {}])) })
  const data = (depth: number): object => JSON.parse(`{"default":${'['.repeat(depth)}${']'.repeat(depth)}}`) as object
  t.match(lint(wrap(65)), { sentence: /too deep/ })
  t.match(lint({ allOf: Array.from({ length: 10_001 }, () => ({})) }), { sentence: /too many/ })
  t.match(lint({ $ref: '#' }), { sentence: /leads back to itself/ })
  t.match(lint({ $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { anyOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' }), { sentence: /leads back/ })
  for (const [name, schema] of [['a chain of 9 000 references', chain(9000)], ['data 100 000 deep in `default`', data(100_000)]] as const) {
    t.doesNotThrow(() => lint(schema), name)
  }
})
