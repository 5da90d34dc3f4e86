/** Prompts where a fixture cannot show them: what cannot be registered, what handlers do wrong, what an older client is spared. */
import t from 'tap'
import { needs, type Server } from '../../lib/server.js'
import { asker, heard, make, MODERN, modern, open, say, serve, type Said } from '../http.js'

const VERSIONS = ['2025-03-26', '2025-06-18', '2025-11-25', MODERN]
const textOf = ({ result }: Said): unknown => (result?.messages as { content: { text: string } }[] | undefined)?.[0]?.content.text

t.test('a prompt that cannot be is refused where it is registered', async t => {
  const server = make().prompt('there', {}, () => '')
  t.throws(() => server.prompt('', {}, () => ''), { name: 'TypeError', message: /needs a name/ })
  t.throws(() => server.prompt('there', {}, () => ''), { name: 'TypeError', message: /prompt "there" is registered already/ })
  t.throws(() => server.prompt('none', {}, 'text' as never), { name: 'TypeError', message: /prompt "none": expected a handler function, not string/ })
  t.equal(server.removePrompt('nobody'), false)
  t.equal(server.removePrompt('there'), true)
  t.doesNotThrow(() => server.prompt('there', {}, () => ''), 'what was taken back can be there again')
})

t.test('2026-07-28 server/prompts#error-handling: unknown prompts and missing arguments', async t => {
  let ran = 0
  const server = make().prompt('greet', { arguments: { who: { required: true }, how: {} } }, ({ who, how }) => `${++ran && (how ?? 'hello')} ${who}`)
  const { url } = await serve(t, server)
  for (const version of VERSIONS) {
    const ask = await asker(url, version)
    ran = 0
    for (const name of ['nobody', '', 'toString', '__proto__', 'GREET']) t.match(await ask('prompts/get', { name }), { status: 200, error: { code: -32602, message: /^Unknown prompt: / } }, `${version}: ${JSON.stringify(name)}`)
    for (const args of [undefined, {}, { how: 'hi' }, { Who: 'x' }]) {
      t.match(await ask('prompts/get', { name: 'greet', ...args && { arguments: args } }), { status: 200, error: { code: -32602, message: /greet needs the argument who/ } }, `${version}: ${JSON.stringify(args)}`)
    }
    for (const args of [null, 'who', ['who'], { who: 1 }, { who: null }, { who: 'x', how: {} }]) {
      t.match(await ask('prompts/get', { name: 'greet', arguments: args }), { error: { code: -32602, message: /arguments/ } }, `${version}: ${JSON.stringify(args)} is not text by name`)
    }
    t.equal(ran, 0)
    t.equal(textOf(await ask('prompts/get', { name: 'greet', arguments: { who: 'you' } })), 'hello you')
    t.equal(textOf(await ask('prompts/get', { name: 'greet', arguments: { who: '', how: 'hi', more: 'x' } })), 'hi ', 'an empty one is there, a surplus one harms nobody')
  }
})

t.test('a name is just a name', async t => {
  const names = ['__proto__', 'constructor', 'ünïcode ☃, and commas', ' ', '\n', 'x'.repeat(500)]
  const server = make()
  for (const name of names) server.prompt(name, { arguments: { ['__proto__']: { required: true }, constructor: { required: true, description: 'of what' } } }, args => JSON.stringify(Object.entries(args)))
  const { url } = await serve(t, server)
  const ask = await asker(url, '2025-11-25')
  const listed = (await ask('prompts/list')).result!.prompts as { name: string; arguments: { name: string }[] }[]
  t.strictSame(listed.map(({ name }) => name), names)
  t.strictSame(listed[0]!.arguments, [{ name: '__proto__', required: true }, { name: 'constructor', description: 'of what', required: true }])
  for (const name of names) {
    t.match(await ask('prompts/get', { name }), { error: { code: -32602, message: /needs the argument __proto__/ } }, 'an inherited member is no argument')
    const args = JSON.parse('{"__proto__":"a","constructor":"b"}') as object
    t.equal(textOf(await ask('prompts/get', { name, arguments: args })), '[["__proto__","a"],["constructor","b"]]')
    t.equal(textOf(await heard(modern(url, 'prompts/get', { name, arguments: args }))), '[["__proto__","a"],["constructor","b"]]')
  }
})

t.test('what a handler may return', async t => {
  const server = make()
  const link = { type: 'resource_link', uri: 'test://a', name: 'a' } as const
  const audio = { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' } as const
  server.prompt('text', { description: 'from the definition' }, () => 'hello')
  server.prompt('messages', {}, async () => [{ role: 'assistant', content: { type: 'text', text: 'a' } }, { role: 'user', content: { type: 'image', data: 'AAAA', mimeType: 'image/png' } }])
  server.prompt('whole', { description: 'from the definition' }, () => ({ description: 'its own', messages: [], _meta: { 'example.com/x': 1 } }))
  server.prompt('new', {}, () => [{ role: 'user', content: link }, { role: 'user', content: audio }, { role: 'user', content: { type: 'resource', resource: { uri: 'test://b', text: 'b' } } }])
  const { url } = await serve(t, server)
  for (const version of VERSIONS) {
    const ask = await asker(url, version)
    t.match((await ask('prompts/get', { name: 'text' })).result, { description: 'from the definition', messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }] }, version)
    const { messages, description } = (await ask('prompts/get', { name: 'messages' })).result!
    t.match(messages, [{ role: 'assistant', content: { text: 'a' } }, { role: 'user', content: { type: 'image' } }])
    t.equal(description, undefined)
    t.match((await ask('prompts/get', { name: 'whole' })).result, { description: 'its own', messages: [], _meta: { 'example.com/x': 1 } })
    const kinds = ((await ask('prompts/get', { name: 'new' })).result!.messages as { content: { type: string } }[]).map(({ content }) => content.type)
    t.strictSame(kinds, [version === '2025-03-26' ? 'text' : 'resource_link', 'audio', 'resource'], `${version}: what it does not know is said in words`)
  }
})

t.test('what a handler does wrong stays with the server', async t => {
  const errors: unknown[] = []
  const server: Server = make({ onError: error => errors.push(error) })
  const bad: { [name: string]: () => unknown } = {
    throws: () => { throw new Error('a secret') },
    rejects: async () => { throw new Error('a secret') },
    number: () => 42,
    nothing: () => undefined,
    null: () => null,
    noMessages: () => ({ text: 'a secret' }),
    noContent: () => [{ role: 'user' }],
    bareText: () => ['a secret'],
    wrongRole: () => [{ role: 'system', content: { type: 'text', text: 'a secret' } }],
    wrongKind: () => [{ role: 'user', content: { type: 'video', data: 'a secret' } }],
    kindless: () => [{ role: 'user', content: { text: 'a secret' } }],
  }
  for (const [name, handler] of Object.entries(bad)) server.prompt(name, {}, handler as never)
  const { url } = await serve(t, server)
  for (const version of ['2025-03-26', '2025-11-25', MODERN]) {
    const ask = await asker(url, version)
    for (const name of Object.keys(bad)) {
      errors.length = 0
      const said = await ask('prompts/get', { name })
      t.match(said, { status: 200, error: { code: -32603, message: 'Internal error' } }, `${version}: ${name}`)
      t.notMatch(JSON.stringify(said), /a secret/)
      t.equal(errors.length, 1, 'and the application is told')
    }
  }
})

t.test('an older client is spared members that it does not know', async t => {
  const server = make().prompt('all', { title: 'Title', description: 'Words', icons: [{ src: 'data:,' }], _meta: { 'example.com/x': 1 }, arguments: { a: { title: 'A', description: 'an argument', required: true, complete: () => [] } } }, () => '')
  const { url } = await serve(t, server)
  const expected: { [version: string]: object } = {
    '2025-03-26': { name: 'all', description: 'Words', arguments: [{ name: 'a', description: 'an argument', required: true }] },
    '2025-06-18': { name: 'all', title: 'Title', description: 'Words', arguments: [{ name: 'a', title: 'A', description: 'an argument', required: true }], _meta: { 'example.com/x': 1 } },
  }
  expected[MODERN] = expected['2025-11-25'] = { ...expected['2025-06-18'], icons: [{ src: 'data:,' }] }
  for (const version of VERSIONS) t.strictSame((await (await asker(url, version))('prompts/list')).result!.prompts, [expected[version]], version)
})

t.test('a prompt may ask its client, in a session and in rounds', async t => {
  const question = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } } }
  const server = make().prompt('ask', { arguments: { greeting: { required: true } } }, ({ greeting }, { answers }) => (answers.who ? `${greeting} ${answers.who.action}` : needs({ who: question })))
  const { url } = await serve(t, server)
  const params = { name: 'ask', arguments: { greeting: 'hello' } }
  const capabilities = { elicitation: {} }
  const first = await heard(modern(url, 'prompts/get', params, { capabilities }))
  t.equal(textOf(await heard(modern(url, 'prompts/get', { ...params, inputResponses: { who: { action: 'decline' } }, requestState: first.result!.requestState }, { capabilities }))), 'hello decline')
  const changed = { ...params, arguments: { greeting: 'goodbye' }, inputResponses: { who: { action: 'decline' } }, requestState: first.result!.requestState }
  t.match(await heard(modern(url, 'prompts/get', changed, { capabilities })), { error: { code: -32602, message: /requestState/ } })
  t.match(await heard(modern(url, 'prompts/get', params)), { status: 400, error: { code: -32021 } })

  const headers = await open(url, '2025-11-25', capabilities)
  const answer = await say(url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'prompts/get', params } })
  for await (const { data } of answer.events()) {
    if (data === '') continue
    const message = JSON.parse(data) as { id: number; method?: string; result?: Said['result'] }
    if (message.method) await (await say(url, { headers, body: { jsonrpc: '2.0', id: message.id, result: { action: 'decline' } } })).text()
    else t.match(message.result, { messages: [{ content: { text: 'hello decline' } }] })
  }
})
