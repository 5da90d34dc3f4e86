/** The pattern language of the fixtures, as fixtures/README.md has it. */

import t from 'tap'
import { fill, match, type Pattern } from '../../lib/replay/match.js'

const fits = (pattern: Pattern, value: unknown): boolean => match(pattern, value).fits
const miss = (pattern: Pattern, value: unknown): { path: string; expected: string; seen: string } | undefined => {
  const outcome = match(pattern, value)
  return outcome.fits ? undefined : { path: outcome.path, expected: outcome.expected, seen: outcome.seen }
}

t.test('an object fits when the fields named fit, whatever else it has', async t => {
  t.ok(fits({ a: 1 }, { a: 1, b: 2 }))
  t.notOk(fits({ a: 1 }, { b: 1 }))
  t.notOk(fits({ a: 1 }, [1]))
  t.notOk(fits({}, null))
})

t.test('only own members count, whatever the object inherits', async t => {
  t.notOk(fits({ toString: { $absent: false } }, {}))
  t.ok(fits({ constructor: { $absent: true } }, {}))
})

t.test('an array fits element by element, with none left over', async t => {
  t.ok(fits([1, { a: 1 }], [1, { a: 1, b: 2 }]))
  t.notOk(fits([1], [1, 2]))
  t.notOk(fits([1, 2], [1]))
  t.notOk(fits([], {}))
})

t.test('a scalar fits itself and nothing that merely looks like it', async t => {
  t.ok(fits('1', '1'))
  t.notOk(fits('1', 1))
  t.notOk(fits(0, false))
  t.notOk(fits(null, undefined))
  t.notOk(fits({ a: null }, {}))
})

t.test('a mismatch says where, what was expected and what was seen', async t => {
  t.same(miss({ params: { 'a/b~c': [{ level: 'info' }] } }, { params: { 'a/b~c': [{ level: 'debug' }] } }),
    { path: '/params/a~1b~0c/0/level', expected: '"info"', seen: '"debug"' })
  t.same(miss({ a: 1 }, {}), { path: '/a', expected: '1', seen: 'nothing' })
})

t.test('$absent holds for a member that is not there, and for null it does not', async t => {
  t.ok(fits({ a: { $absent: true } }, {}))
  t.notOk(fits({ a: { $absent: true } }, { a: null }))
  t.ok(fits({ a: { $absent: false } }, { a: null }))
  t.notOk(fits({ a: { $absent: false } }, {}))
})

t.test('$type tells the JSON types apart, and integers from numbers', async t => {
  t.ok(fits({ $type: 'integer' }, 3))
  t.notOk(fits({ $type: 'integer' }, 1.5))
  t.ok(fits({ $type: 'number' }, 1.5))
  t.notOk(fits({ $type: 'object' }, null))
  t.notOk(fits({ $type: 'object' }, []))
  t.ok(fits({ $type: 'null' }, null))
  t.notOk(fits({ $type: 'string' }, undefined))
})

t.test('$pattern is looked for in text, and never fits anything else', async t => {
  t.ok(fits({ $pattern: 'b' }, 'abc'))
  t.notOk(fits({ $pattern: '^b' }, 'abc'))
  t.notOk(fits({ $pattern: '1' }, 1))
})

t.test('$at_least fits numbers from that one on, and nothing else', async t => {
  t.ok(fits({ $at_least: 0 }, 0))
  t.ok(fits({ $at_least: 0, $type: 'integer' }, 7))
  t.notOk(fits({ $at_least: 0 }, -1))
  t.notOk(fits({ $at_least: 0 }, '1'))
  t.throws(() => match({ $at_least: 'a' }, 1), { name: 'TypeError', message: /\$at_least takes a number/ })
})

t.test('$not fits what its pattern does not', async t => {
  t.ok(fits({ $not: 'a' }, 'b'))
  t.notOk(fits({ $not: 'a' }, 'a'))
  t.ok(fits({ $not: { $pattern: 'x' } }, undefined))
})

t.test('$any_of fits what one alternative fits', async t => {
  t.ok(fits({ a: { $any_of: [{ $absent: true }, null] } }, {}))
  t.ok(fits({ a: { $any_of: [{ $absent: true }, null] } }, { a: null }))
  t.notOk(fits({ a: { $any_of: [{ $absent: true }, null] } }, { a: 1 }))
})

t.test('$only fits an object with no other members', async t => {
  t.ok(fits({ $only: {} }, {}))
  t.same(miss({ result: { $only: {} } }, { result: { _meta: {} } }), { path: '/result/_meta', expected: 'nothing', seen: '{}' })
  t.notOk(fits({ $only: { a: 1 } }, {}))
  t.notOk(fits({ $only: {} }, []))
})

t.test('$length fits an array by the number of its elements', async t => {
  t.ok(fits({ $length: { $at_least: 2 } }, [1, 2]))
  t.notOk(fits({ $length: { $at_least: 2 } }, [1]))
  t.ok(fits({ $length: 0, $each: 1 }, []))
  t.notOk(fits({ $length: 1 }, 'a'))
  t.same(miss({ $length: { $not: { $at_least: 1 } } }, [1])?.path, '/length')
})

t.test('$each fits an array all of whose elements fit, the empty one too', async t => {
  t.ok(fits({ $each: { a: 1 } }, [{ a: 1 }, { a: 1, b: 2 }]))
  t.ok(fits({ $each: { a: 1 } }, []))
  t.equal(miss({ $each: { a: 1 } }, [{ a: 1 }, {}])?.path, '/1/a')
  t.notOk(fits({ $each: 1 }, { length: 0 }))
})

t.test('$has fits an array with an element for each pattern, in any order', async t => {
  t.ok(fits({ $has: [{ a: 1 }, 2] }, [2, 3, { a: 1, b: 2 }]))
  t.notOk(fits({ $has: [1, 2] }, [1]))
})

t.test('$json fits text that is JSON for a value that fits', async t => {
  t.ok(fits({ $json: { sum: 5 } }, '{"sum": 5, "more": 1}'))
  t.notOk(fits({ $json: { sum: 5 } }, '{"sum": 6}'))
  t.notOk(fits({ $json: {} }, '{'))
  t.notOk(fits({ $json: {} }, {}))
})

t.test('$bind remembers what was there, and $same demands it again', async t => {
  const pattern = [{ $bind: 'x' }, { $same: 'x' }]
  t.ok(fits(pattern, [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }]))
  t.notOk(fits(pattern, [{ a: 1 }, { a: 1, b: 2 }]), 'every member counts')
  t.notOk(fits(pattern, ['1', 1]), 'so does the type')
  t.notOk(fits({ a: { $bind: 'x' } }, {}), 'nothing cannot be remembered')
  const outcome = match({ a: { $bind: 'x' } }, { a: 7 })
  t.same(outcome.fits && [...outcome.bound], [['x', 7]])
})

t.test('$maybe remembers nothing as well, which is the same as nothing and is sent as nothing', async t => {
  const pattern = [{ a: { $maybe: 'x' } }, { a: { $same: 'x' } }]
  t.ok(fits(pattern, [{ a: 'state' }, { a: 'state' }]))
  t.notOk(fits(pattern, [{ a: 'state' }, {}]))
  t.ok(fits(pattern, [{}, {}]))
  t.notOk(fits(pattern, [{}, { a: null }]))
  t.strictSame(fill({ a: { $same: 'x' }, b: 1 }, new Map([['x', undefined]])), { b: 1 })
  t.throws(() => match({ $maybe: 1 }, 1), { name: 'TypeError', message: '$maybe takes a name, not 1' })
})

t.test('an alternative that does not fit leaves nothing bound', async t => {
  const outcome = match({ $any_of: [{ a: { $bind: 'x' }, b: 1 }, { b: { $bind: 'y' } }] }, { a: 7, b: 2 })
  t.same(outcome.fits && [...outcome.bound], [['y', 2]])
})

t.test('directives in one object must all hold', async t => {
  const pattern = { $type: 'string', $not: '1999-01-01', $bind: 'version' }
  t.ok(fits(pattern, '2000-01-01'))
  t.notOk(fits(pattern, '1999-01-01'))
  t.notOk(fits(pattern, 5))
})

t.test('names that begin with $ and are no directives are ordinary members', async t => {
  t.ok(fits({ $schema: 'x', $ref: 'y' }, { $schema: 'x', $ref: 'y' }))
  t.notOk(fits({ $schema: 'x' }, {}))
})

t.test('a wrong pattern is the fixture\'s fault, not the peer\'s', async t => {
  t.throws(() => match({ $absent: true, level: 1 }, {}), { name: 'TypeError', message: /mixes directives with fields/ })
  t.throws(() => match({ $same: 'never' }, 1), { name: 'Unbound', message: /nothing was bound as never/ })
  t.throws(() => match({ $type: 'text' }, 1), { name: 'TypeError', message: /\$type takes one of/ })
  t.throws(() => match({ $repeat: ['a', 1] }, 'a'), { name: 'TypeError', message: /matches nothing/ })
})

t.test('a template is filled with what was bound, and long text is spelled by its length', async t => {
  t.same(fill({ a: { $same: 'x' }, b: [{ $repeat: ['ab', 2] }] }, new Map([['x', 7]])), { a: 7, b: ['abab'] })
  t.throws(() => fill({ $same: 'never' }, new Map()), { name: 'Unbound', message: /nothing was bound as never/ })
  t.throws(() => fill({ $type: 'string' }, new Map()), { name: 'TypeError', message: /cannot be sent/ })
})
