/** Patterns of JSON Schema, matched without backtracking: the same answers as RegExp, and none that takes for ever. */
import fc from 'fast-check'
import t from 'tap'
import { checkOf } from '../../lib/validation/check.js'
import { faultOf, Matcher, TooMuchWork } from '../../lib/validation/matcher.js'

const ATOMS = ['a', 'b', '.', '\\w', '\\d', '[ab]', '[^a]', '[a\\]]', '\\u{1F600}', '\\uD83D\\uDE00', 'é', '😀', '^', '$', '\\b', '\\B', '\\.', '\\cA', '\\x61', '\\p{L}', '[\\p{Lu}-]', '\\0', '\\/']
const OFTEN = ['', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?', '+?', '{0}']

const { pattern } = fc.letrec<{ atom: string; group: string; look: string; sequence: string; pattern: string }>(tie => ({
  atom: fc.tuple(fc.constantFrom(...ATOMS), fc.constantFrom(...OFTEN)).map(([atom, often]) => (/^(\^|\$|\\b)$/i.test(atom) ? atom : atom + often)),
  group: fc.tuple(fc.constantFrom('(', '(?:', '(?<n>'), tie('pattern'), fc.constantFrom(...OFTEN)).map(([open, inside, often]) => `${open}${inside})${often}`),
  look: fc.tuple(fc.constantFrom('(?=', '(?!', '(?<=', '(?<!'), tie('pattern')).map(([open, inside]) => `${open}${inside})`),
  sequence: fc
    .array(fc.oneof({ weight: 6, arbitrary: tie('atom') }, { weight: 2, arbitrary: tie('group') }, { weight: 1, arbitrary: tie('look') }), { maxLength: 4 })
    .map(terms => terms.join('')),
  pattern: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map(ways => ways.join('|')),
}))
const text = fc.array(fc.constantFrom('a', 'b', 'A', '1', ' ', '.', 'é', '😀', '\ud83d', '\n', '\x01', '-', ']', '\0'), { maxLength: 8 }).map(parts => parts.join(''))

/** V8 also looks between the two halves of a code point for what has no length. */
const isSplit = (source: string, one: string): boolean => /\(\?<?[=!]|\\b/i.test(source) && /[\ud800-\udfff]/.test(one)
const isRegExp = (source: string): boolean => {
  try {
    return new RegExp(source, 'u') !== undefined
  } catch {
    return false
  }
}

t.test('ECMA-262 22.2  a pattern matches what RegExp says it matches', async t => {
  let matched = 0
  let compared = 0
  fc.assert(fc.property(pattern.filter(isRegExp), fc.array(text, { minLength: 1, maxLength: 6 }), (source, texts) => {
    const matcher = new Matcher(source)
    for (const one of texts.filter(one => !isSplit(source, one))) {
      const expected = new RegExp(source, 'u').test(one)
      compared++
      if (expected) matched++
      if (matcher.test(one) !== expected) throw new Error(`${JSON.stringify(source)} and ${JSON.stringify(one)}: expected ${expected}`)
    }
  }), { numRuns: 5000 })
  t.ok(matched > compared / 10 && matched < (compared * 9) / 10, `${compared} compared, ${matched} of them match`)
})

t.test('patterns that people write', async t => {
  const cases: readonly [source: string, fits: readonly string[], not: readonly string[]][] = [
    ['^[a-z0-9]+(?:-[a-z0-9]+)*$', ['a', 'a-b-1'], ['', '-a', 'a--b', 'a-']],
    ['^(?=.*[A-Z])(?=.*\\d).{8,}$', ['abcdefG1'], ['abcdefg1', 'abcdefGh', 'G1']],
    ['^(?!.*\\.\\.)[^/]+$', ['a.b'], ['a..b', 'a/b']],
    ['^\\d{4}-(0[1-9]|1[0-2])-\\d{2}$', ['2026-07-28'], ['2026-13-01', '2026-7-28']],
    ['^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$', ['a@b.c'], ['a@b', 'a b@c.d']],
    ['(?<=\\$)\\d+(?:\\.\\d\\d)?\\b', ['a $12.50'], ['a 12.50']],
    ['^\\p{Script=Greek}+$', ['αβγ'], ['abc']],
    ['', ['', 'a'], []],
  ]
  for (const [source, fits, not] of cases) {
    const matcher = new Matcher(source)
    for (const one of fits) t.ok(matcher.test(one), `${source} ${one}`)
    for (const one of not) t.notOk(matcher.test(one), `${source} ${one}`)
  }
})

t.test('what cannot be matched so is said in words', async t => {
  t.equal(faultOf('('), 'is not a regular expression')
  t.equal(faultOf('(a)\\1'), 'refers back to what a group matched')
  t.equal(faultOf('(?<n>a)\\k<n>'), 'refers back to what a group matched')
  for (const large of ['a{10001}', '((a{1000}){1000}){1000}', '(?:){99999999999}']) t.equal(faultOf(large), 'comes to more than 10000 steps with its repetitions written out', large)
  t.equal(faultOf(`${'('.repeat(101)}${')'.repeat(101)}`), 'nests more than 100 groups')
  t.equal(faultOf('(?=b)'.repeat(25)), 'looks ahead or behind more than 24 times')
  t.match(faultOf(`${'(?:'.repeat(100_000)}${')'.repeat(100_000)}`), /^nests|^is not/)
  t.equal(faultOf('a{9990}'), undefined)
})

t.test('a text that takes too many steps is refused, and says so', async t => {
  const source = '(?:a|b)*a(?:a|b){18}c'
  // every remainder of the past is another state: a de Bruijn-like text never meets one twice
  let seed = 1
  const text = Array.from({ length: 400_000 }, () => 'ab'[(seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) >> 20 & 1]).join('')
  t.throws(() => new Matcher(source).test(text), TooMuchWork)
  const check = await checkOf({ properties: { a: { pattern: source } } }, 'arguments')
  t.match(check({ a: text }), { sentence: /^arguments cannot be checked: a text in it takes more than 10000000 steps/ })
  t.equal(check({ a: `${text.slice(0, 100)}a${'b'.repeat(18)}c` }), undefined, 'and the next one is matched as ever')
})
