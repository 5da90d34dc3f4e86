/** Bodies and heads that lie, never end, or are too large: refused in words, and read no further than the limit. */
import { once } from 'node:events'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { Socket } from 'node:net'
import t from 'tap'
import { make, open, say, serve } from '../http.js'
import { asText, dial, isRefusal, raw, rest } from './raw.js'
import { MIB, Subject } from './subject-process.js'

const MAX = 100_000
/** What kernel and parser hold of a connection beyond what was read. */
const SLACK = 4 * 65_536

const fieldsOf = (port: number, more: readonly (readonly [string, string])[] = []): readonly (readonly [string, string])[] => [['Host', `localhost:${port}`], ['Content-Type', 'application/json'], ...more]
const ping = (size: number): string => {
  const empty = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { pad: '' } })
  return empty.replace('"pad":""', `"pad":"${'x'.repeat(size - empty.length)}"`)
}
const chunked = (body: string, size: number): string => {
  let text = ''
  for (let at = 0; at < body.length; at += size) text += `${Math.min(size, body.length - at).toString(16)}\r\n${body.slice(at, at + size)}\r\n`
  return `${text}0\r\n\r\n`
}

t.test('GHSA-fmmv-w9g8-j3gc, GHSA-4x8c-5vv7-973f, CVE-2026-63658, CVE-2026-67432, CVE-2026-39313 oversized body', async t => {
  const server = make()
  const { url, port, http } = await serve(t, server, { maxBodyBytes: MAX, sse: {} })
  const headers = await open(url, '2025-11-25')
  const named = Object.entries(headers)

  t.test('a body of exactly maxBodyBytes is taken, one byte more is 413', async t => {
    for (const [size, status] of [[MAX - 1, 200], [MAX, 200], [MAX + 1, 413]] as const) {
      const body = ping(size)
      t.equal(Buffer.byteLength(body), size)
      t.equal((await raw(port, asText('POST /mcp', fieldsOf(port, named), body))).status, status, `${size} with Content-Length`)
      for (const piece of [size, 4096]) t.equal((await raw(port, asText('POST /mcp', fieldsOf(port, [...named, ['Transfer-Encoding', 'chunked']]), chunked(body, piece)))).status, status, `${size} in chunks of ${piece}`)
    }
  })

  t.test('an announced length beyond the limit is refused before a byte of it is sent', async t => {
    for (const length of [String(MAX + 1), '10000000000', '9007199254740993']) {
      for (const path of ['/mcp', '/messages?sessionId=x']) {
        const answer = await raw(port, asText(`POST ${path}`, fieldsOf(port, [['Content-Length', length]])))
        t.equal(answer.status, 413, `${path} ${length}`)
        t.ok(isRefusal(answer))
        t.match(answer.head, /connection: close/i)
      }
    }
    t.ok([400, 413].includes((await raw(port, asText('POST /mcp', fieldsOf(port, [['Content-Length', '9'.repeat(40)]])))).status), 'a length beyond any number')
  })

  t.test('a chunked body that never ends is refused, and read little further than the limit', async t => {
    const stream = await say(url.replace('/mcp', '/sse'), { method: 'GET' })
    const endpoint = (await stream.events().next()).value!.data
    for (const path of ['/mcp', endpoint]) {
      const accepted = once(http, 'connection') as Promise<[Socket]>
      const socket = await dial(port)
      const [theirs] = await accepted
      const said = rest(socket)
      socket.write(asText(`POST ${path}`, fieldsOf(port, [...named, ['Transfer-Encoding', 'chunked']]), ''))
      const piece = `${(16_384).toString(16)}\r\n${'x'.repeat(16_384)}\r\n`
      const more = (): void => {
        while (!socket.destroyed && socket.write(piece)) if (socket.bytesWritten > 64 * MIB) return
      }
      socket.on('drain', more)
      more()
      const text = await said
      t.match(text, /^HTTP\/1\.1 413 /, `${path} is answered`)
      t.ok(theirs.bytesRead <= MAX + SLACK, `${path}: ${theirs.bytesRead} bytes were read`)
    }
    stream.hangUp()
  })
})

t.test('class oversized body  a body in chunks of one byte costs what it weighs, not a hundred times that', async t => {
  const subject = await Subject.start(t)
  const held: Socket[] = []
  const SIZE = 128 * 1024
  const before = await subject.weigh()
  // four bodies that are all but finished: whatever they cost is held now
  for (let i = 0; i < 4; i++) {
    const socket = await dial(subject.port)
    held.push(socket)
    socket.write(asText('POST /mcp', fieldsOf(subject.port, [['Transfer-Encoding', 'chunked']]), ''))
    await new Promise(resolve => socket.write('1\r\nx\r\n'.repeat(SIZE), resolve))
  }
  // and all of it has arrived when something sent later has
  for (const socket of held) await new Promise(resolve => socket.write('1\r\nx\r\n', resolve))
  let used = 0
  for (let i = 0; i < 2; i++) {
    t.equal((await raw(subject.port, asText('POST /mcp', fieldsOf(subject.port), '{}'))).status, 400)
    used = Math.max(used, (await subject.weigh()).used - before.used)
  }
  for (const socket of held) socket.destroy()
  t.ok(used < 8 * MIB, `4 bodies of ${SIZE} bytes hold ${(used / MIB).toFixed(1)} MiB`)
})

t.test('CVE-2026-1525 lengths that two readers could understand differently are refused, and nothing is run', async t => {
  const server = make()
  let ran = 0
  server.method('x/run', {}, () => {
    ran++
    return {}
  })
  const { url, port } = await serve(t, server)
  const named = Object.entries(await open(url))
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x/run' })
  const n = String(body.length)
  const lies: readonly (readonly (readonly [string, string])[])[] = [
    [['Content-Length', n], ['Content-Length', n]], [['Content-Length', n], ['Content-Length', '0']], [['Content-Length', `${n}, ${n}`]], [['Content-Length', `+${n}`]], [['Content-Length', `-${n}`]],
    [['Content-Length', `0x${Number(n).toString(16)}`]], [['Content-Length', `${n}.0`]], [['Content-Length', `${n} 0`]], [['Content-Length', '']],
    [['Content-Length', n], ['Transfer-Encoding', 'chunked']], [['Transfer-Encoding', 'chunked'], ['Content-Length', n]], [['Transfer-Encoding', 'xchunked']], [['Transfer-Encoding', 'chunked, identity']],
    [['Transfer-Encoding', 'identity']], [['Transfer-Encoding', '\u000bchunked']], [['Transfer-Encoding', 'chunked'], ['Transfer-Encoding', 'identity']],
    [['Content-Length ', n]], [['Content-Length\t', n]], [['X', `a\nContent-Length: ${n}`]], [['X', `a\rContent-Length: ${n}`]], [['X', `a\r\n Content-Length: ${n}`]],
  ]
  for (const lie of lies) {
    const answer = await raw(port, asText('POST /mcp', fieldsOf(port, [...named, ...lie]), body), { end: true })
    if (answer.status !== 400 && answer.status !== 413 && answer.status !== 0) t.fail(`${JSON.stringify(lie)}: ${answer.status} ${answer.body}`)
  }
  t.equal(ran, 0, 'nothing was run')

  t.test('a body shorter than it says is not run when its sender ends', async t => {
    const answer = await raw(port, asText('POST /mcp', fieldsOf(port, [...named, ['Content-Length', '1000']]), body), { end: true })
    t.ok([0, 400].includes(answer.status), String(answer.status))
    t.equal(ran, 0)
  })
  t.test('a body longer than it says is cut there, and what follows is no request', async t => {
    const socket = await dial(port)
    const said = rest(socket)
    socket.write(asText('POST /mcp', fieldsOf(port, [...named, ['Content-Length', '10']]), body))
    const text = await said
    t.match(text, /^HTTP\/1\.1 400 /)
    t.equal(ran, 0)
  })
})

t.test('class request decompression  a coded body is 415 and is not decoded', async t => {
  const { url, port } = await serve(t, make())
  const named = Object.entries(await open(url))
  const bomb = Buffer.alloc(MIB, 0x20)
  for (const [coding, bytes] of [
    ['gzip', gzipSync(bomb)], ['x-gzip', gzipSync(bomb)], ['deflate', deflateSync(bomb)], ['br', brotliCompressSync(bomb)], ['gzip, br', brotliCompressSync(gzipSync(bomb))], ['compress', Buffer.from('x')], ['zstd', Buffer.from('x')],
    ['GZIP', gzipSync(bomb)], ['identity, gzip', gzipSync(bomb)], ['', Buffer.from('{}')], ['nonsense', Buffer.from('{}')],
  ] as const) {
    const head = asText('POST /mcp', fieldsOf(port, [...named, ['Content-Encoding', coding], ['Content-Length', String(bytes.length)]]))
    const answer = await raw(port, Buffer.concat([Buffer.from(head), bytes]))
    t.equal(answer.status, 415, JSON.stringify(coding))
    t.ok(isRefusal(answer))
  }
  for (const coding of ['identity', 'Identity']) t.equal((await raw(port, asText('POST /mcp', fieldsOf(port, [...named, ['Content-Encoding', coding]]), '{"jsonrpc":"2.0","id":1,"method":"ping"}'))).status, 200)
})

t.test('class oversized header and URL  431 or 414 in words, and the connection closed', async t => {
  const { port } = await serve(t, make())
  const cases: readonly [string, string][] = [
    ['a field of 20 kB', asText('POST /mcp', fieldsOf(port, [['X-Long', 'x'.repeat(20_000)]]), '{}')],
    ['a field name of 20 kB', asText('POST /mcp', fieldsOf(port, [[`X-${'x'.repeat(20_000)}`, '1']]), '{}')],
    ['a thousand fields of 20 bytes', asText('POST /mcp', fieldsOf(port, Array.from({ length: 1000 }, (_, i) => [`X-${i}`, 'x'.repeat(20)] as const)), '{}')],
    ['a URL of 20 kB', asText(`POST /mcp?${'x'.repeat(20_000)}`, fieldsOf(port), '{}')],
    ['a path of 20 kB', asText(`GET /${'x'.repeat(20_000)}`, fieldsOf(port))],
    ['a megabyte without a line end', `GET /${'x'.repeat(MIB)}`],
  ]
  for (const [name, bytes] of cases) {
    const answer = await raw(port, bytes)
    t.ok([414, 431].includes(answer.status), `${name}: ${answer.status}`)
    t.ok(isRefusal(answer), `${name}, in words`)
  }
})

t.test('class oversized header  chunk extensions and trailers do not grow without end', async t => {
  const { url, port } = await serve(t, make())
  const named = Object.entries(await open(url))
  const head = asText('POST /mcp', fieldsOf(port, [...named, ['Transfer-Encoding', 'chunked']]), '')
  for (const [name, bytes] of [['an extension', `1;${'x'.repeat(MIB)}`], ['a trailer', `0\r\nX: ${'x'.repeat(MIB)}`]] as const) {
    const answer = await raw(port, head + bytes)
    t.ok(answer.status >= 400 || answer.status === 0, `${name}: ${answer.status}`)
  }
})

t.test('class request smuggling  what cannot be read is never answered within the answer to something else', async t => {
  const server = make()
  let go!: () => void
  server.tool('wait', {}, async (_, ctx) => {
    ctx.log.info('begun')
    await new Promise<void>(resolve => (go = resolve))
    return 'done'
  })
  const { url, port } = await serve(t, server)
  const named = Object.entries(await open(url))
  const socket = await dial(port)
  const said = rest(socket)
  socket.write(asText('POST /mcp', fieldsOf(port, named), JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wait', arguments: {} } })))
  await new Promise<void>(resolve => socket.on('data', (text: string) => text.includes('begun') && resolve()))
  socket.write('nonsense\r\n\r\n')
  setImmediate(() => go())
  const text = await said
  const [first = '', ...others] = text.split('HTTP/1.1 ').slice(1)
  t.match(first, /^200 [^]*begun/)
  t.ok(others.length === 0 || first.endsWith('\r\n0\r\n\r\n'), 'another head comes after the whole of the first answer, or not at all')
})

t.test('class refusals in words  an expectation that cannot be met', async t => {
  const { port } = await serve(t, make())
  const answer = await raw(port, asText('POST /mcp', fieldsOf(port, [['Expect', 'miracles']]), '{}'))
  t.equal(answer.status, 417)
  t.ok(isRefusal(answer), 'is refused in words')
})
