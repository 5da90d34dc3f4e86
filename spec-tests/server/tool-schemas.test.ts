/** Schemas of tools: which are refused where they are registered, and in which words; and what the others mean. */
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { JsonSchema, ToolDefinition } from '../../lib/server.js'
import { heard, make, modern, serve } from '../http.js'

const nested = (depth: number): object => (depth === 0 ? {} : { not: nested(depth - 1) })

t.test('a tool that cannot be is refused where it is registered, in words that name it and the place', async t => {
  const add = (definition: unknown, name = 'bad') => (): unknown => make().tool(name, definition as ToolDefinition, () => '')

  for (const name of ['', 'a b', 'a/b', 'ü', 'a\n', 'x'.repeat(129), 'a,b']) t.throws(add({}, name), { name: 'TypeError', message: /^tool ".*: a name is 1 to 128 of/ }, JSON.stringify(name))
  t.throws(() => make().tool('twice', {}, () => '').tool('twice', {}, () => ''), /^tool "twice" is registered already/)
  t.throws(() => make().tool('none', {}, undefined as never), /tool "none": expected a handler function, not undefined/)

  const cycle: { properties: { [name: string]: unknown } } = { properties: {} }
  cycle.properties.self = cycle
  const schemas: [title: string, schema: unknown, says: RegExp][] = [
    ['no object', 'text', /inputSchema a schema is an object or a boolean, not "text"/],
    ['an array', [], /inputSchema a schema is an object/],
    ['anything at all', true, /inputSchema\/type must be "object"/],
    ['not of objects', { type: 'array' }, /inputSchema\/type must be "object"/],
    ['of two types', { type: ['object', 'null'] }, /inputSchema\/type must be "object"/],
    ['a type that is none', { type: 'object', properties: { a: { type: 'text' } } }, /inputSchema\/properties\/a\/type must be one or some of/],
    ['properties that are none', { type: 'object', properties: [] }, /inputSchema\/properties must be an object of schemas, not \[\]/],
    ['a property that is none', { type: 'object', properties: { 'a/b~c': 1 } }, /inputSchema\/properties\/a~1b~0c must be a schema/],
    ['required by half', { type: 'object', required: 'a' }, /inputSchema\/required must be an array of different strings/],
    ['required twice', { type: 'object', required: ['a', 'a'] }, /inputSchema\/required must be an array of different strings/],
    ['a limit below nothing', { type: 'object', minProperties: -1 }, /inputSchema\/minProperties must be an integer from 0/],
    ['a multiple of nothing', { type: 'object', properties: { a: { multipleOf: 0 } } }, /inputSchema\/properties\/a\/multipleOf must be a number/],
    ['a pattern that is none', { type: 'object', properties: { a: { pattern: '(' } } }, /inputSchema\/properties\/a\/pattern "\(" is not a regular expression/],
    ['a pattern that is no text', { type: 'object', properties: { a: { pattern: 7 } } }, /inputSchema\/properties\/a\/pattern must be a regular expression, not 7/],
    ['a pattern that may take for ever', { type: 'object', properties: { a: { pattern: '^(a+)+\\1$' } } }, /inputSchema\/properties\/a\/pattern "\^\(a\+\)\+\\\\1\$" refers back to what a group matched/],
    ['a pattern that is millions long', { type: 'object', patternProperties: { '(?:a{1000}){1000}': {} } }, /inputSchema\/patternProperties key ".*" comes to more than 10000 steps/],
    ['a key pattern that is none', { type: 'object', patternProperties: { '[': {} } }, /inputSchema\/patternProperties key "\[" is not a regular expression/],
    ['an empty choice', { type: 'object', anyOf: [] }, /inputSchema\/anyOf must be a non-empty array of schemas/],
    ['an enum that is no list', { type: 'object', properties: { a: { enum: 'a' } } }, /inputSchema\/properties\/a\/enum must be an array/],
    ['a reference to nowhere', { type: 'object', properties: { a: { $ref: '#/$defs/none' } } }, /inputSchema\/properties\/a\/\$ref "#\/\$defs\/none" leads nowhere/],
    ['a reference to an inherited member', { type: 'object', properties: { a: { $ref: '#/constructor' } } }, /leads nowhere/],
    ['a reference to what is no schema', { type: 'object', properties: { a: { $ref: '#/type' } } }, /leads nowhere/],
    ['an anchor that is not there', { type: 'object', properties: { a: { $ref: '#here' } } }, /leads nowhere/],
    ['an unknown dialect', { $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' }, /inputSchema\/\$schema dialect "http:\/\/json-schema.org\/draft-04\/schema#" is not understood/],
    ['a dialect that is no text', { $schema: 7, type: 'object' }, /inputSchema\/\$schema dialect 7 is not understood/],
    ['65 levels', { type: 'object', ...nested(65) }, /inputSchema(\/not){65} is nested too deep; at most 64 levels/],
    ['a cycle', { type: 'object', ...cycle }, /is nested too deep/],
    ['10 001 subschemas', { type: 'object', properties: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`p${i}`, {}])) }, /is one subschema too many; at most 10000/],
    ['a thousand levels', { type: 'object', ...nested(1000) }, /is nested too deep/],
  ]
  for (const [title, schema, says] of schemas) {
    t.throws(add({ inputSchema: schema }), { name: 'TypeError', message: says }, title)
    t.throws(add({ inputSchema: schema }), /tool "bad": /, `${title}: names the tool`)
    if (/nested|many|nowhere|understood/.test(String(says))) t.throws(add({ outputSchema: schema }), /tool "bad": outputSchema/, `${title}, of the output`)
  }
  t.doesNotThrow(add({ inputSchema: { type: 'object', ...nested(63) } }), '64 levels')
  t.doesNotThrow(add({ inputSchema: { type: 'object', properties: { self: { $ref: '#' }, other: { $ref: '#/$defs/a~1b' } }, $defs: { 'a/b': { $anchor: 'x' }, c: { $ref: '#x' } } } }), 'references within')
  t.doesNotThrow(add({ inputSchema: { type: 'object', 'x-unknown': [1], properties: { $ref: { type: 'string' }, type: { type: 'string' } } } }), 'properties that are called like keywords')
})

t.test('a schema is refused where it is registered, or calls can be held against it', async t => {
  const cases: { [title: string]: object } = {
    'an empty enum': { properties: { a: { enum: [] } } },
    'one anchor twice': { $defs: { a: { $anchor: 'x' }, b: { $anchor: 'x' } } },
    'one $id twice': { $defs: { a: { $id: 'https://example.com/q' }, b: { $id: 'https://example.com/q' } } },
    'an $id that is no URI': { $id: 'urn:same' },
    'a reference to itself': { properties: { a: { $ref: '#/properties/a' } } },
    'a root that is itself': { $ref: '#' },
    'names that depend on no list': { dependentRequired: { a: 'b' } },
    'id, an unknown keyword': { id: 'x' },
    'nullable, an unknown keyword': { nullable: 'x' },
    'a format that nobody knows': { properties: { a: { format: 'no-such' } } },
    'a reference below an $id': { $defs: { a: { $id: 'https://example.com/a', properties: { x: { $ref: '#/$defs/b' } }, $defs: { b: {} } } } },
  }
  for (const [title, schema] of Object.entries(cases)) {
    const server = make()
    try {
      server.tool('odd', { inputSchema: { type: 'object', ...schema } as JsonSchema }, () => 'ran')
    } catch (error) {
      t.match(error, { name: 'TypeError', message: /^tool "odd": inputSchema/ }, title)
      continue
    }
    const { url } = await serve(t, server)
    t.match(await heard(modern(url, 'tools/call', { name: 'odd' })), { result: { content: [{ text: 'ran' }] } }, title)
  }
})

t.test('2026-07-28 basic/index#security-considerations: nothing is fetched because a schema says so', async t => {
  let asked = 0
  const elsewhere = createHttpServer((_, res) => {
    asked++
    res.end('{}')
  })
  await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve))
  t.teardown(() => elsewhere.close())
  const there = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/schema.json`
  const server = make().tool('good', { inputSchema: { type: 'object', properties: { a: { type: 'string' } } } }, () => 'good')
  for (const ref of [there, `${there}#/x`, 'other.json', 'file:///etc/passwd', '//example.com/x', 'urn:x:y', 'https://json-schema.org/draft/2020-12/schema']) {
    for (const keyword of ['$ref', '$dynamicRef']) {
      const schema = { $id: there, type: 'object', properties: { a: { items: { [keyword]: ref } } } } as unknown as JsonSchema
      t.throws(() => server.tool('bad', { inputSchema: schema }, () => ''), new RegExp(`tool "bad": inputSchema/properties/a/items/\\${keyword} .* leads out of the document`), `${keyword} ${ref}`)
      t.throws(() => server.tool('bad', { outputSchema: schema }, () => ''), /tool "bad": outputSchema/)
    }
  }
  const { url } = await serve(t, server)
  t.match(await heard(modern(url, 'tools/list')), { result: { tools: [{ name: 'good' }] } }, 'the unusable tool is not listed')
  t.match(await heard(modern(url, 'tools/call', { name: 'good', arguments: { a: 'x' } })), { result: { content: [{ text: 'good' }] } }, 'the others keep working')
  t.equal(asked, 0)
})

t.test('2026-07-28 server/tools#x-mcp-header: an annotation that no client could obey is refused', async t => {
  const S = { type: 'string', 'x-mcp-header': 'A' }
  const add = (schema: object) => (): unknown => make().tool('bad', { inputSchema: { type: 'object', ...schema } as JsonSchema }, () => '')
  const prop = (name: unknown, type: unknown = 'string') => ({ properties: { p: { ...type !== undefined && { type }, 'x-mcp-header': name } } })
  const bad: [title: string, schema: object, says: RegExp][] = [
    ['empty', prop(''), /expected a header name/],
    ['a space', prop('A B'), /expected a header name/],
    ['a colon', prop('A:'), /expected a header name/],
    ['a line break', prop('A\r\nHost'), /expected a header name/],
    ['non-ASCII', prop('Ä'), /expected a header name/],
    ['no text', prop(true), /expected a header name/],
    ['null', prop(null), /expected a header name/],
    ['on a number', prop('A', 'number'), /of type "number"/],
    ['on an object', prop('A', 'object'), /of type "object"/],
    ['on an array', prop('A', 'array'), /of type "array"/],
    ['on two types', prop('A', ['string', 'null']), /expected string, integer or boolean/],
    ['on no type', { properties: { p: { 'x-mcp-header': 'A' } } }, /expected string, integer or boolean/],
    ['twice', { properties: { a: S, b: S } }, /given twice/],
    ['twice, in two cases', { properties: { a: S, b: { type: 'object', properties: { c: { ...S, 'x-mcp-header': 'a' } } } } }, /given twice/],
    ['at the root', { 'x-mcp-header': 'A' }, /not reached through properties alone/],
    ['in items', { properties: { a: { items: S } } }, /not reached/],
    ['in prefixItems', { properties: { a: { prefixItems: [S] } } }, /not reached/],
    ['in anyOf', { anyOf: [{ properties: { a: S } }] }, /not reached/],
    ['in not', { not: { properties: { a: S } } }, /not reached/],
    ['in then', { then: { properties: { a: S } } }, /not reached/],
    ['in $defs', { $defs: { s: S }, properties: { a: { $ref: '#/$defs/s' } } }, /not reached/],
    ['in $defs, under the name of a keyword', { $defs: { properties: S }, properties: { a: { $ref: '#/$defs/properties' } } }, /not reached/],
    ['in additionalProperties', { additionalProperties: S }, /not reached/],
    ['in patternProperties', { patternProperties: { a: S } }, /not reached/],
    ['in properties of items', { properties: { a: { items: { type: 'object', properties: { b: S } } } } }, /not reached/],
  ]
  for (const [title, schema, says] of bad) t.throws(add(schema), { name: 'TypeError', message: says }, title)
  const good: [title: string, schema: object][] = [
    ['nested', { properties: { a: { type: 'object', properties: { b: S } } } }],
    ['of each type', { properties: { a: S, b: { type: 'integer', 'x-mcp-header': 'B' }, c: { type: 'boolean', 'x-mcp-header': "!#$%&'*+-.^_`|~0" } } }],
    ['a property of that name', { properties: { 'x-mcp-header': { type: 'string' } } }],
    ['a definition of that name', { $defs: { 'x-mcp-header': { type: 'string' } } }],
    ['in data', { properties: { a: { default: S, enum: [S], const: S, examples: [S] } } }],
  ]
  for (const [title, schema] of good) t.doesNotThrow(add(schema), title)
})

t.test('a schema means what its dialect says', async t => {
  const server = make()
  const pair = [{ type: 'string' }, { type: 'number' }]
  const of = (schema: object): JsonSchema => ({ type: 'object', ...schema }) as JsonSchema
  server.tool('default', { inputSchema: of({ properties: { a: { prefixItems: pair } } }) }, () => 'fits')
  server.tool('draft-07', { inputSchema: of({ $schema: 'http://json-schema.org/draft-07/schema#', properties: { a: { items: pair } } }) }, () => 'fits')
  server.tool('2019-09', { inputSchema: of({ $schema: 'https://json-schema.org/draft/2019-09/schema', properties: { a: { items: pair, unevaluatedItems: false } } }) }, () => 'fits')
  server.tool('2020-12', { inputSchema: of({ $schema: 'https://json-schema.org/draft/2020-12/schema', properties: { a: { prefixItems: pair, items: false } } }) }, () => 'fits')
  // the same $id twice is no clash
  for (const name of ['one', 'two']) server.tool(name, { inputSchema: of({ $id: 'https://example.com/same', properties: { a: name === 'one' ? { type: 'string' } : { type: 'number' } } }) }, () => 'fits')
  const { url } = await serve(t, server)
  const call = async (name: string, a: unknown): Promise<unknown> => ((await heard(modern(url, 'tools/call', { name, arguments: { a } }))).result?.isError ? 'does not' : 'fits')
  for (const name of ['default', 'draft-07', '2019-09', '2020-12']) {
    t.equal(await call(name, ['x', 1]), 'fits', name)
    t.equal(await call(name, [1, 'x']), 'does not', name)
  }
  t.equal(await call('2019-09', ['x', 1, 2]), 'does not')
  t.equal(await call('2020-12', ['x', 1, 2]), 'does not')
  t.equal(await call('default', ['x', 1, 2]), 'fits')
  t.equal(await call('one', 'x'), 'fits')
  t.equal(await call('two', 'x'), 'does not')
})
