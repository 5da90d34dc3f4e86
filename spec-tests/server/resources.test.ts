/** Resources where a fixture cannot show them: what cannot be registered, URIs that mean harm, who is told of changes. */
import t from 'tap'
import type { ServerOptions } from '../../lib/server.js'
import type { SseEvent } from '../../lib/wire/sse.js'
import { asker, heard, make, MODERN, modern, open, say, serve, type Answer, type Ask, type Said } from '../http.js'

const SESSIONS = ['2025-03-26', '2025-06-18', '2025-11-25']
const contentsOf = ({ result }: Said): { uri: string; text?: string; blob?: string; mimeType?: string }[] => result!.contents as []

t.test('a resource that cannot be is refused where it is registered', async t => {
  const add = (uri: string) => () => make().resource('test://there', {}, () => '').resource('test://there/{x}', {}, () => '').resource(uri, {}, () => '')
  const bad: [uri: string, says: RegExp][] = [
    ['', /resource "" is not an absolute URI/],
    ['path/only', /is not an absolute URI/],
    ['/path', /is not an absolute URI/],
    ['//host/path', /is not an absolute URI/],
    ['http://', /is not an absolute URI/],
    ['test://there', /resource "test:\/\/there" is registered already/],
    ['test://there/{x}', /is registered already/],
    ['test://{x', /index 7/],
    ['test://{}', /index 8/],
    ['test://{x}{y}', /index 10/],
    ['test://{x:3}', /level 4/],
    ['test://{x*}', /level 4/],
    ['test://{x}/{x}', /stands here again/],
    ['test://{x}/a b', /outside an expression/],
    [`test://${'{x}/'.repeat(3000)}`, /at most 8192/],
    [Array.from({ length: 40 }, (_, i) => `test://{v${i}}`).join('/'), /more variables than 32/],
  ]
  for (const [uri, says] of bad) t.throws(add(uri), { name: 'TypeError', message: says }, uri.slice(0, 60))
  t.throws(() => make().resource('test://x', {}, 'text' as never), /expected a reader function, not string/)
  const server = make().resource('test://x', {}, () => '')
  t.equal(server.removeResource('test://y'), false)
  t.equal(server.removeResource('test://x'), true)
  t.doesNotThrow(() => server.resource('test://x', {}, () => ''))
})

t.test('2026-07-28 server/resources#error-handling: a resource that is not there has the code of its revision', async t => {
  const server = make().resource('test://there', {}, () => 'there').resource('test://maybe/{id}', {}, ({ variables }) => (variables.id === '1' ? 'one' : undefined)).resource('test://null', {}, () => null as never)
  const { url } = await serve(t, server)
  const nowhere = ['test://nowhere', 'test://maybe/2', 'test://maybe/', 'test://maybe/1/2', 'test://null', '', 'no uri', 'test://there/', 'TEST://there', 'toString', '__proto__', 'test://maybe/%zz', 'test://maybe/%ff', 'test://maybe/%', `test://maybe/${'1'.repeat(8192)}`]
  for (const version of [...SESSIONS, MODERN]) {
    const ask = await asker(url, version)
    const code = version === MODERN ? -32602 : -32002
    for (const uri of nowhere) {
      const said = await ask('resources/read', { uri })
      t.match(said, { status: 200, error: { code, message: /^Resource not found: / } }, `${version}: ${JSON.stringify(uri.slice(0, 40))}`)
      t.ok(said.error!.message.length < 300)
    }
    t.match(contentsOf(await ask('resources/read', { uri: 'test://maybe/1' })), [{ uri: 'test://maybe/1', text: 'one' }])
    for (const uri of [undefined, null, 1, ['test://there']]) t.match(await ask('resources/read', { uri }), { error: { code: -32602, message: /uri/ } }, `${version}: ${JSON.stringify(uri)} is no URI`)
  }
})

t.test('2026-07-28 server/resources#resource-contents: text, bytes, and several at once', async t => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256)
  const server = make()
  server.resource('test://text', { mimeType: 'text/plain' }, () => 'words')
  server.resource('test://empty', {}, () => '')
  server.resource('test://bytes', { mimeType: 'application/octet-stream' }, () => bytes)
  server.resource('test://buffer', {}, async () => Buffer.from('ünïcode'))
  server.resource('test://nothing', {}, () => new Uint8Array())
  server.resource('test://one', { mimeType: 'text/plain' }, () => ({ uri: 'test://one#part', text: 'part', mimeType: 'text/x' }))
  server.resource('test://several', {}, () => [{ uri: 'test://several/a', text: 'a' }, { uri: 'test://several/b', blob: 'AAAA' }])
  server.resource('test://none', {}, () => [])
  server.resource('test://of/{id}', { mimeType: 'text/x' }, ({ uri, variables }) => `${uri} ${variables.id}`)
  const { url } = await serve(t, server)
  for (const version of ['2025-03-26', '2025-11-25', MODERN]) {
    const ask = await asker(url, version)
    const read = async (uri: string) => contentsOf(await ask('resources/read', { uri }))
    t.strictSame(await read('test://text'), [{ uri: 'test://text', mimeType: 'text/plain', text: 'words' }], version)
    t.strictSame(await read('test://empty'), [{ uri: 'test://empty', text: '' }])
    const [blob] = await read('test://bytes')
    t.equal(blob!.mimeType, 'application/octet-stream')
    t.ok(Buffer.from(blob!.blob!, 'base64').equals(bytes), '100 000 bytes arrive as they were')
    t.equal(Buffer.from((await read('test://buffer'))[0]!.blob!, 'base64').toString(), 'ünïcode')
    t.strictSame(await read('test://nothing'), [{ uri: 'test://nothing', blob: '' }])
    t.strictSame(await read('test://one'), [{ uri: 'test://one#part', text: 'part', mimeType: 'text/x' }])
    t.strictSame(await read('test://several'), [{ uri: 'test://several/a', text: 'a' }, { uri: 'test://several/b', blob: 'AAAA' }])
    t.strictSame(await read('test://none'), [], 'a directory may be empty')
    t.strictSame(await read('test://of/7'), [{ uri: 'test://of/7', mimeType: 'text/x', text: 'test://of/7 7' }])
  }
})

t.test('what a reader does wrong stays with the server', async t => {
  const errors: unknown[] = []
  const server = make({ onError: error => errors.push(error) })
  const bad: { [name: string]: () => unknown } = {
    throws: () => { throw new Error('a secret') },
    rejects: async () => { throw new Error('a secret') },
    number: () => 42,
    bare: () => ({ text: 'a secret' }),
    neither: () => ({ uri: 'test://x' }),
    mixed: () => [{ uri: 'test://x', text: 'fine' }, null],
  }
  for (const [name, read] of Object.entries(bad)) server.resource(`test://${name.toLowerCase()}`, {}, read as never)
  const { url } = await serve(t, server)
  for (const version of ['2025-11-25', MODERN]) {
    const ask = await asker(url, version)
    for (const name of Object.keys(bad)) {
      errors.length = 0
      const said = await ask('resources/read', { uri: `test://${name.toLowerCase()}` })
      t.match(said, { status: 200, error: { code: -32603, message: 'Internal error' } }, `${version}: ${name}`)
      t.notMatch(JSON.stringify(said), /a secret/)
      t.equal(errors.length, 1)
    }
  }
})

t.test('2026-07-28 server/resources#resource-templates: variables are found and decoded', async t => {
  const server = make()
  const tell = (title: string) => ({ variables }: { variables: object }): string => `${title} ${JSON.stringify(Object.entries(variables))}`
  server.resource('test://fixed/one', {}, () => 'fixed')
  server.resource('test://fixed/{id}', {}, tell('first'))
  server.resource('test://{group}/{id}', {}, tell('second'))
  server.resource('file:///{+path}', {}, tell('path'))
  server.resource('test://search{?q,page}', {}, tell('search'))
  server.resource('test://proto/of/{__proto__}', {}, tell('proto'))
  const { url } = await serve(t, server)
  const ask = await asker(url, MODERN)
  const expected: [uri: string, says: string][] = [
    ['test://fixed/one', 'fixed'],
    ['test://fixed/two', 'first [["id","two"]]'],
    ['test://other/two', 'second [["group","other"],["id","two"]]'],
    ['test://other/a%20b%2Fc%E2%98%83', 'second [["group","other"],["id","a b/c☃"]]'],
    ['file:///a/b/c.txt', 'path [["path","a/b/c.txt"]]'],
    ['test://search?page=2&q=a%26b', 'search [["page","2"],["q","a&b"]]'],
    ['test://proto/of/x', 'proto [["__proto__","x"]]'],
  ]
  for (const [uri, says] of expected) t.equal(contentsOf(await ask('resources/read', { uri }))[0]!.text, says, uri)
  t.match(await ask('resources/templates/list'), { result: { resourceTemplates: [{ uriTemplate: 'test://fixed/{id}', name: 'test://fixed/{id}' }] } })
  t.strictSame((await ask('resources/list')).result!.resources, [{ uri: 'test://fixed/one', name: 'test://fixed/one' }], 'a template is no resource')
})

t.test('an older client is spared members that it does not know', async t => {
  const all = { name: 'n', title: 'Title', description: 'Words', icons: [{ src: 'data:,' }], mimeType: 'text/plain', annotations: { priority: 1 }, _meta: { 'example.com/x': 1 } }
  const server = make().resource('test://a', { ...all, size: 5, cache: { ttlMs: 1, cacheScope: 'public' } }, () => 'words').resource('test://{x}', { ...all, complete: { x: () => [] } }, () => '')
  const { url } = await serve(t, server)
  const { name, title, description, icons, mimeType, annotations, _meta } = all
  const expected: { [version: string]: object } = {
    '2025-03-26': { name, description, mimeType, annotations },
    '2025-06-18': { name, title, description, mimeType, annotations, _meta },
    '2025-11-25': { name, title, description, icons, mimeType, annotations, _meta },
    [MODERN]: { name, title, description, icons, mimeType, annotations, _meta },
  }
  for (const [version, members] of Object.entries(expected)) {
    const ask = await asker(url, version)
    t.strictSame((await ask('resources/templates/list')).result!.resourceTemplates, [{ uriTemplate: 'test://{x}', ...members }], version)
    const [{ size, ...resource }] = (await ask('resources/list')).result!.resources as [{ size?: number }]
    t.strictSame(resource, { uri: 'test://a', ...members }, version)
    t.ok(size === 5 || (size === undefined && version === '2025-03-26'))
  }
})

t.test('2026-07-28 server/utilities/caching: how long what is read may be kept', async t => {
  const cache = { 'resources/read': { ttlMs: 10, cacheScope: 'private' }, 'resources/list': { ttlMs: 20, cacheScope: 'public' } } as const
  const server = make({ cache }).resource('test://a', {}, () => '').resource('test://b', { cache: { ttlMs: 30, cacheScope: 'public' } }, () => '').resource('test://{x}/c', { cache: { ttlMs: 40, cacheScope: 'private' } }, () => '')
  const { url } = await serve(t, server)
  const ask = await asker(url, MODERN)
  t.match((await ask('resources/read', { uri: 'test://a' })).result, { ttlMs: 10, cacheScope: 'private' })
  t.match((await ask('resources/read', { uri: 'test://b' })).result, { ttlMs: 30, cacheScope: 'public' }, 'its own beats the server\'s')
  t.match((await ask('resources/read', { uri: 'test://x/c' })).result, { ttlMs: 40, cacheScope: 'private' }, 'so does its template\'s')
  t.match((await ask('resources/list')).result, { ttlMs: 20, cacheScope: 'public' })
  t.match((await ask('resources/templates/list')).result, { ttlMs: 0, cacheScope: 'private' }, 'unless told, nothing is kept')
  t.notOk('ttlMs' in (await (await asker(url, '2025-11-25'))('resources/read', { uri: 'test://b' })).result!, 'a session knows nothing of it')
})

t.test('2025-11-25 server/resources#subscriptions: updates reach who asked for them, and nobody else', async t => {
  /** A session that listens, and asks. */
  const listener = async (url: string): Promise<{ readonly ask: Ask; readonly stream: Answer; heard(): Promise<string[]> }> => {
    const headers = await open(url)
    const stream = await say(url, { method: 'GET', headers })
    const events: AsyncGenerator<SseEvent> = stream.events()
    return {
      ask: (method, params) => heard(say(url, { headers, body: { jsonrpc: '2.0', id: 1, method, ...params && { params } } })),
      stream,
      /** What came before the next log entry. */
      heard: async () => {
        const said: string[] = []
        for (;;) {
          const { value, done } = await events.next()
          if (done) return said
          if (value.data === '') continue
          const { method, params } = JSON.parse(value.data) as { method: string; params?: { uri: string } }
          if (method === 'notifications/message') return said
          said.push(params?.uri ?? method)
        }
      },
    }
  }
  const full = (options?: ServerOptions) => make(options).resource('test://a', {}, () => '').resource('test://b', {}, () => '').resource('test://of/{id}', {}, () => '')

  t.test('each hears what it follows, until it no longer does', async t => {
    const server = full()
    const { url } = await serve(t, server)
    const [one, two, three] = await Promise.all([listener(url), listener(url), listener(url)])
    t.strictSame((await one.ask('resources/subscribe', { uri: 'test://a' })).result, {})
    await one.ask('resources/subscribe', { uri: 'test://a' })
    await one.ask('resources/subscribe', { uri: 'test://of/7' })
    await two.ask('resources/subscribe', { uri: 'test://b' })
    const modernStream = await modern(url, 'subscriptions/listen', { notifications: { resourceSubscriptions: ['test://a'] } })
    const events = modernStream.events()
    await events.next()
    t.equal(server.resourceUpdated('test://a'), 2, 'a session and a listener')
    t.equal(server.resourceUpdated('test://b'), 1)
    t.equal(server.resourceUpdated('test://of/7'), 1)
    t.equal(server.resourceUpdated('test://of/8'), 0)
    t.match((await events.next()).value, { data: /"uri":"test:\/\/a"/ })
    server.log.info('mark')
    t.strictSame(await one.heard(), ['test://a', 'test://of/7'], 'once each, however often it asked')
    t.strictSame(await two.heard(), ['test://b'])
    t.strictSame(await three.heard(), [])
    t.strictSame((await one.ask('resources/unsubscribe', { uri: 'test://a' })).result, {})
    t.strictSame((await one.ask('resources/unsubscribe', { uri: 'test://never' })).result, {}, 'what was not followed is let go of as easily')
    t.equal(server.resourceUpdated('test://a'), 1, 'the listener alone')
    for (const { stream } of [one, two, three]) stream.hangUp()
    modernStream.hangUp()
  })

  t.test('a resource that is not there cannot be followed, nor can any at a revision that listens', async t => {
    const { url } = await serve(t, full())
    for (const version of SESSIONS) t.match(await (await asker(url, version))('resources/subscribe', { uri: 'test://nowhere' }), { status: 200, error: { code: -32002 } }, version)
    for (const method of ['resources/subscribe', 'resources/unsubscribe']) t.match(await (await asker(url, MODERN))(method, { uri: 'test://a' }), { status: 404, error: { code: -32601 } }, method)
  })

  t.test('the hooks are told of sessions too', async t => {
    const followed: string[] = []
    const { url } = await serve(t, full({ listen: { onFollow: uri => followed.push(`+${uri}`), onUnfollow: uri => followed.push(`-${uri}`) } }))
    const headers = await open(url)
    const ask = (method: string, uri: string): Promise<Said> => heard(say(url, { headers, body: { jsonrpc: '2.0', id: 1, method, params: { uri } } }))
    for (const method of ['resources/subscribe', 'resources/subscribe', 'resources/unsubscribe', 'resources/unsubscribe', 'resources/subscribe']) await ask(method, 'test://a')
    await (await say(url, { method: 'DELETE', headers })).text()
    t.strictSame(followed, ['+test://a', '-test://a', '+test://a', '-test://a'])
  })

  t.test('a session cannot follow without end', async t => {
    const { url } = await serve(t, full({ listen: { maxSubscribedUris: 3 } }))
    const ask = await asker(url, '2025-11-25')
    for (let n = 0; n < 3; n++) t.match(await ask('resources/subscribe', { uri: `test://of/${n}` }), { result: {} })
    t.match(await ask('resources/subscribe', { uri: 'test://of/4' }), { error: {} }, 'beyond maxSubscribedUris')
  })

  t.test('a list that changes many times in one turn is announced once', async t => {
    const server = full()
    const { url } = await serve(t, server)
    const { heard: said, stream } = await listener(url)
    server.resource('test://c', {}, () => '').resource('test://d/{x}', {}, () => '').prompt('p', {}, () => '').prompt('q', {}, () => '')
    server.removeResource('test://c')
    await null
    server.log.info('mark')
    t.strictSame(await said(), ['notifications/resources/list_changed', 'notifications/prompts/list_changed'])
    server.removeResource('test://c')
    await null
    server.log.info('mark')
    t.strictSame(await said(), [], 'nothing was there to be taken away')
    t.match(await heard(modern(url, 'resources/read', { uri: 'test://c' })), { error: { code: -32602 } })
    stream.hangUp()
  })

  t.test('nobody who cannot be told is promised to be', async t => {
    const { url } = await serve(t, full(), { sessions: false })
    const { result } = await heard(say(url, { body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } } } }))
    t.strictSame((result!.capabilities as { resources: object }).resources, {})
    t.match((await heard(modern(url, 'server/discover'))).result!.capabilities, { resources: { subscribe: true, listChanged: true } }, 'while a listener can')
  })
})
