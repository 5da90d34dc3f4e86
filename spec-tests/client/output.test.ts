/** What a tool returns, held against the schema it was listed with: client of server/tools#output-schema. A server's schema is not trusted. */
import t, { type Test } from 'tap'
import type { JsonObject } from '../../lib/client.js'
import { checkOfPeer } from '../../lib/client/peer-schema.js'
import { DONE, initialized, MODERN, open, scripted, TestClock } from './scripted.js'

/** Lists a tool with that schema, unless it is not to be, and calls it for that result. */
const called = async (test: Test, outputSchema: JsonObject, result: object, { revision = '2025-11-25', listed = true } = {}): Promise<unknown> => {
  const server = await scripted(test, {
    'server/discover': arrived => arrived.result({ resultType: 'complete', supportedVersions: [MODERN], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'private' }),
    initialize: arrived => initialized(arrived, 's', revision),
    'tools/list': arrived => arrived.result({ tools: [{ name: 'work', inputSchema: { type: 'object' }, outputSchema }] }),
    'tools/call': arrived => arrived.result(result),
  })
  const client = await open(test, server.url, new TestClock(), {}, [revision])
  if (listed) await client.listTools()
  return client.callTool('work').result
}
const SCHEMA = { type: 'object', required: ['sum'], properties: { sum: { type: 'number' } } }
const structured = (structuredContent: unknown): object => ({ ...DONE, structuredContent })

t.test('server/tools#output-schema  what does not conform is no result', async t => {
  for (const revision of ['2025-06-18', '2025-11-25', MODERN]) {
    t.match(await called(t, SCHEMA, structured({ sum: 3 }), { revision }), structured({ sum: 3 }))
    await t.rejects(called(t, SCHEMA, structured({ sum: '3' }), { revision }), { name: 'InvalidMessage', message: 'tools/call: structuredContent.sum must be a number, not "3"', clause: 'server/tools#output-schema' })
    await t.rejects(called(t, SCHEMA, DONE, { revision }), { name: 'InvalidMessage', message: /structuredContent must be an object, not undefined/ })
  }
  t.match(await called(t, { type: 'array' }, structured([1]), { revision: MODERN }), structured([1]))
  t.match(await called(t, SCHEMA, { ...DONE, isError: true }), { isError: true }, 'a failure has none')
  t.match(await called(t, SCHEMA, structured({ sum: '3' }), { listed: false }), structured({ sum: '3' }), 'what was not listed is not known')
  t.match(await called(t, SCHEMA, structured({ sum: '3' }), { revision: '2025-03-26' }), DONE, 'before there was structured content')
})

t.test('a schema that points outside, or could run for ever, is not used, and the tool still works', async t => {
  const doubling = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`d${n}`, n === 29 ? {} : { allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] }]))
  const wild: JsonObject[] = [
    { type: 'object', properties: { sum: { $ref: 'https://example.com/never-fetched.json' } } },
    { type: 'object', properties: { sum: { type: 'string', pattern: '^(a+)+$' } } },
    { type: 'object', properties: { sum: { type: 'array', uniqueItems: true } } },
    { type: 'object', $defs: doubling, properties: { sum: { $ref: '#/$defs/d0' } } },
    { type: 'object', anyOf: [{ properties: { sum: { $ref: '#' } }, required: ['x'] }, { properties: { sum: { $ref: '#' } } }] },
    { type: 'object', $dynamicRef: '#meta' },
    { type: 'object', $anchor: 'a', properties: { sum: { $ref: '#a' } } },
  ]
  for (const schema of wild) {
    t.equal(checkOfPeer(schema, 'it'), undefined, JSON.stringify(schema).slice(0, 60))
    t.match(await called(t, schema, structured({ sum: `${'a'.repeat(60)}!` })), structured({}))
  }
  const referring = { type: 'object', $defs: { 'a/b': { type: 'number' } }, properties: { sum: { $ref: '#/$defs/a~1b' }, other: { $ref: '#/$defs/a~1b' } } }
  await t.rejects(called(t, referring, structured({ sum: 'x' })), { name: 'InvalidMessage' }, 'references that end are followed')
})
