import t from 'tap'
import { MAX_TEMPLATE_LENGTH, MAX_TEMPLATE_VARIABLES, UriTemplate } from '../../lib/wire/uri-template.js'
import { rawText, vectors, type RawInput } from './vectors.js'

type Values = Readonly<Record<string, string>>

interface Vector extends RawInput {
  readonly values?: Values
  readonly expanded?: string
  readonly uri?: string
  readonly expected?: Values | null
  readonly must_fail?: true
  readonly at?: number
}

const all = vectors<Vector>('uri-template.json')
/** Entries in the order of their names, for the order in which a URI gives them says nothing. */
const sorted = (values: Iterable<readonly [string, string]>) => [...values].sort(([one], [two]) => (one < two ? -1 : 1))
const found = (template: UriTemplate, uri: string) => {
  const values = template.match(uri)
  return values === undefined ? undefined : sorted(values)
}

t.test('every vector of fixtures/wire/uri-template.json asks one thing', async t => {
  for (const { name, expanded, uri, must_fail } of all) t.equal([expanded, uri, must_fail].filter(asked => asked !== undefined).length, 1, name)
})

t.test('the expansions of fixtures/wire/uri-template.json', async t => {
  for (const vector of all) {
    if (vector.expanded === undefined) continue
    t.equal(UriTemplate.parse(rawText(vector)).expand(vector.values ?? {}), vector.expanded, vector.name)
  }
})

t.test('the matches of fixtures/wire/uri-template.json', async t => {
  for (const vector of all) {
    if (vector.uri === undefined) continue
    const expected = vector.expected ? sorted(Object.entries(vector.expected)) : undefined
    t.strictSame(found(UriTemplate.parse(rawText(vector)), vector.uri), expected, vector.name)
  }
})

t.test('the refusals of fixtures/wire/uri-template.json say where and what was expected', async t => {
  for (const vector of all) {
    if (!vector.must_fail) continue
    const where = vector.at === undefined ? `a URI template of ${rawText(vector).length} characters` : `URI template, index ${vector.at}: .*`
    const message = new RegExp(`^${where}; expected `)
    t.throws(() => UriTemplate.parse(rawText(vector)), { name: 'TypeError', message }, vector.name)
  }
})

t.test('a refusal names the thing refused', async t => {
  t.throws(() => UriTemplate.parse('{id:3}'), { message: /"id:3".*modifier.*level 4/ })
  t.throws(() => UriTemplate.parse('{/list*}'), { message: /"list\*".*modifier.*level 4/ })
  t.throws(() => UriTemplate.parse('{|x}'), { message: /operator \|/ })
  t.throws(() => UriTemplate.parse(`{${'-'.repeat(8000)}}`), { message: /^.{1,250}$/ }, 'in a message of moderate length')
})

t.test('a template keeps its text, and its variables in order', async t => {
  const template = UriTemplate.parse('x://{b,a}{/c}{?e,d}{#f}')
  t.equal(template.text, 'x://{b,a}{/c}{?e,d}{#f}')
  t.strictSame(template.variables, ['b', 'a', 'c', 'e', 'd', 'f'])
})

t.test('a template at its limits is taken', async t => {
  const names = Array.from({ length: MAX_TEMPLATE_VARIABLES }, (_, index) => `v${index}`)
  const list = `{?${names.join(',')}}`
  const template = UriTemplate.parse('a'.repeat(MAX_TEMPLATE_LENGTH - list.length) + list)
  t.equal(template.variables.length, 32)
  t.equal(template.text.length, 8192)
  const values = Object.fromEntries(names.map(name => [name, `${name}!`]))
  t.strictSame(found(template, template.expand(values)), sorted(Object.entries(values)))
})

t.test('a value that UTF-8 cannot carry is refused, not replaced', async t => {
  for (const text of ['{x}', '{+x}', '{?x}']) {
    t.throws(() => UriTemplate.parse(text).expand({ x: 'a\ud800' }), { name: 'TypeError', message: /x holds a lone surrogate/ }, text)
  }
})

t.test('undefined values and values of other names leave no trace', async t => {
  t.equal(UriTemplate.parse('a{/x}{?y}').expand({ x: undefined, y: '1', z: '2' }), 'a?y=1')
})

t.test('__proto__ stays data both ways, and nothing inherited is taken for a value', async t => {
  const template = UriTemplate.parse('a/{__proto__}{?toString}')
  const values = template.match('a/x?toString=y')
  t.ok(values instanceof Map)
  t.equal(Object.getPrototypeOf(values), Map.prototype)
  t.strictSame(found(template, 'a/x?toString=y'), [['__proto__', 'x'], ['toString', 'y']])
  t.equal(template.expand(JSON.parse('{"__proto__":"x"}') as Values), 'a/x')
  t.equal(template.expand({}), 'a/')
  t.equal(template.expand(Object.assign(Object.create({ toString: 'z' }) as Record<string, string>)), 'a/')
})

/** Numbers below n from a fixed sequence (mulberry32). */
function sequence(seed: number): (n: number) => number {
  let state = seed
  return n => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n
  }
}

const ANY = [...'aZ09-._~:/?#[]@!$&\'()*+,;= "<>\\^`{|}%é世😀\0\n\u007f\ufeff', '__proto__', '%zz']
const without = (...characters: string[]) => ANY.filter(unit => !characters.some(character => unit.includes(character)))

/** Templates, and what the values of their positional variables are made of so that nothing in them ends them. */
const ROUND_TRIPS: readonly (readonly [template: string, units: Readonly<Record<string, readonly string[]>>])[] = [
  ['x://{a}', { a: ANY }],
  ['x://{a,b,c}/{d}!{e}', { a: ANY, b: ANY, c: ANY, d: ANY, e: ANY }],
  ['x://{a}-{b}.json', { a: without('-'), b: ANY }],
  ['x{/a,b}{/c}/{d}', { a: ANY, b: ANY, c: ANY, d: ANY }],
  ['x{.a,b}', { a: without('.'), b: ANY }],
  ['x{.a}/{b}', { a: ANY, b: ANY }],
  ['x{+a}', { a: ANY }],
  ['x{+a}/z', { a: ANY }],
  ['x{+a,b}', { a: without(','), b: ANY }],
  ['x{+a}/-/{b}', { a: without('/'), b: ANY }],
  ['x{#a,b}', { a: without(','), b: ANY }],
  ['x/{a}{;b,c}{?d,e}{#f}', { a: ANY, f: ANY }],
  ['x/{a}{;b}/{c}{?d}&e=1{&f}', { a: ANY, c: ANY }],
  ['x?y=1{&a,b,c}', {}],
  ['x{?__proto__,constructor,a.b,c%20d}', {}],
]

t.test('match gives back what expand was given', async t => {
  const below = sequence(6570)
  const text = (units: readonly string[], atLeast: number): string =>
    Array.from({ length: atLeast + below(6) }, () => units[below(units.length)]!).join('')
  for (const [source, positional] of ROUND_TRIPS) {
    const template = UriTemplate.parse(source)
    let wrong: unknown
    for (let round = 0; round < 2000 && wrong === undefined; round += 1) {
      const values = new Map<string, string>()
      for (const name of template.variables) {
        const units = positional[name]
        if (units !== undefined) {
          // Under + and # percent-encoding is copied, and so comes back decoded: it is not what this test is about.
          values.set(name, text(units, 1).replace(/%+(?=[0-9A-Fa-f]{2})/g, '~'))
        } else if (below(3) > 0) values.set(name, text(ANY, 0))
      }
      const uri = template.expand(Object.fromEntries(values))
      const given = sorted(values)
      const back = found(template, uri)
      if (JSON.stringify(back) !== JSON.stringify(given)) wrong = { uri, given, back }
    }
    t.equal(wrong, undefined, source)
  }
})

t.test('what matched expands to what matches with the same values, for every URI of up to four of these pieces', async t => {
  const pieces = ['a', 'b', ':', '-', '.', '/', ',', '#', ';x=1', '?y=@', '&x=3']
  let uris = ['']
  for (let count = 0; count < 4; count += 1) uris = ['', ...uris.flatMap(uri => pieces.map(piece => uri + piece))]
  const sources = [
    '{x}', '{x,y}', '{x}-{y}', 'a{x}b', '{+x}', '{+x}a{y}', '{+x,y}', '{#x}',
    '{.x,y}', '{/x,y}', '{;x,y}', '{?x,y}', '{&x,y}', 'a{/x}{?y}', '{x}{;y}b',
  ]
  for (const source of sources) {
    const template = UriTemplate.parse(source)
    const matched = uris.filter(uri => template.match(uri) !== undefined)
    t.ok(matched.length > 3, `${source} matches ${matched.length} of them`)
    const lost = matched.filter(uri => {
      const values = found(template, uri)!
      return JSON.stringify(found(template, template.expand(Object.fromEntries(values)))) !== JSON.stringify(values)
    })
    t.strictSame(lost, [], source)
  }
})

t.test('values of a million characters come back whole', async t => {
  for (const operator of ['', '+', '#', '.', '/', ';', '?', '&']) {
    const template = UriTemplate.parse(`x:{${operator}a,b}`)
    const values = { a: '世'.repeat(50_000), b: 'z'.repeat(1_000_000) }
    const back = template.match(template.expand(values))
    t.ok(back?.get('a') === values.a && back.get('b') === values.b, `under "${operator}"`)
  }
})

/** The shortest of five runs, in ms, for other work of the machine makes a run longer, never shorter; or the first under `enoughMs`. */
function shortest(run: () => void, enoughMs = 0): number {
  let best = Infinity
  for (let count = 0; count < 5 && best >= enoughMs; count += 1) {
    const start = performance.now()
    run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

t.test('cost grows with the length of the URI, not with its square, whatever it repeats', async t => {
  const units = ['a', ',', '.', '/', ';', '?', '&', '=', '#', '%', '%41', '%4', 'a,', 'a.', '/a', ';a', '&b', '&a=1', 'y', 'ya', '-', '世']
  for (const operator of ['', '+', '#', '.', '/', ';', '?', '&']) {
    const first = operator === '+' ? '' : operator
    for (const source of [`x{${operator}a,b}`, `x{${operator}a,b}yy{c}`, `x{${operator}a,b}y-{+c}-y{d}z`]) {
      const template = UriTemplate.parse(source)
      const slow = units.flatMap(unit => [[`x${first}`, ''], [`x${first}a=1`, 'yy!z']].flatMap(([begin, end]) => {
        const [short, long] = [100_000, 800_000].map(length => begin + unit.repeat(length / unit.length) + end)
        const low = shortest(() => void template.match(short!), 5)
        // No machine does the square of 100 kB, 10^9 steps and more, in 5 ms.
        if (low < 5) return []
        // 8 times the length: 8 times the time if linear, 64 if quadratic.
        const ratio = shortest(() => void template.match(long!)) / low
        return ratio < 32 ? [] : [`${begin}${unit}...${end}: ${ratio.toFixed(0)} times the time for 8 times the length`]
      }))
      t.strictSame(slow, [], source)
    }
  }
})

t.test('cost does not grow with the length of the literal that is sought', async t => {
  const uri = `${'a'.repeat(200_000)}!`
  const literals: ((length: number) => string)[] = [
    length => `${'a'.repeat(length)}b`,
    length => `b${'a'.repeat(length)}`,
    length => `${'a'.repeat(length)}b${'a'.repeat(length)}`,
  ]
  for (const literal of literals) {
    const [low, high] = [8, 4000].map(length => {
      const template = UriTemplate.parse(`{+x}${literal(length)}{y}`)
      t.equal(template.match(uri), undefined)
      return shortest(() => void template.match(uri))
    })
    t.ok(high! / low! < 40, `500 times the literal: ${(high! / low!).toFixed(1)} times the time`)
  }
})
