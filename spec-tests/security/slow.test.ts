/** Slowloris: connections that never finish what they begin. */
import type { Socket } from 'node:net'
import t from 'tap'
import { open, say } from '../http.js'
import { asText, dial, rest } from './raw.js'
import { Subject } from './subject-process.js'

const EACH = 500

t.test('class slowloris  500 slow heads and 500 slow bodies leave a normal call answered, then are ended; a quiet stream is not', async t => {
  const subject = await Subject.start(t, { headersTimeoutMs: 1000, requestTimeoutMs: 1500 })
  const headers = await open(subject.url)
  const stream = await say(subject.url, { method: 'GET', headers })
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
  const whole = asText('POST /mcp', [['Host', `localhost:${subject.port}`], ['Content-Type', 'application/json'], ...Object.entries(headers)], body)
  const sockets: Socket[] = []
  const endings: Promise<string>[] = []
  const slow = async (bytes: string): Promise<void> => {
    const socket = await dial(subject.port)
    sockets.push(socket)
    endings.push(rest(socket))
    socket.write(bytes)
  }
  for (let i = 0; i < EACH; i += 50) {
    await Promise.all(Array.from({ length: 50 }, () => slow(whole.slice(0, 20))))
    await Promise.all(Array.from({ length: 50 }, () => slow(whole.slice(0, -10))))
  }
  const begun = performance.now()
  t.equal((await say(subject.url, { headers, body: { jsonrpc: '2.0', id: 2, method: 'ping' } })).status, 200, 'a normal call')
  t.ok(performance.now() - begun < 1000, 'is answered at once')
  // one byte more now and then changes nothing: the deadline is for the whole
  for (const socket of sockets) socket.write('x')
  const said = await Promise.all(endings)
  t.strictSame(said.filter(text => !/^HTTP\/1\.1 408 /.test(text)).length, 0, 'each is ended with 408')
  t.match(said[0], /"error":\{"code":-32600,"message":"HTTP could not be read/, 'in words')
  const heard = stream.events()
  await heard.next() // the priming event
  await subject.ask('announce', 1)
  t.match((await heard.next()).value?.data, /notifications\/message/, 'the stream outlives every deadline of a request')
  stream.hangUp()
})

t.test('class slowloris  a slow head has a deadline of its own: headersTimeoutMs, however long a whole request may take', async t => {
  const subject = await Subject.start(t, { headersTimeoutMs: 500, requestTimeoutMs: 3_600_000 })
  const sockets = await Promise.all(Array.from({ length: 20 }, () => dial(subject.port)))
  const endings = sockets.map(rest)
  for (const socket of sockets) socket.write('POST /mcp HTTP/1.1\r\nHost: loc')
  for (const text of await Promise.all(endings)) t.match(text, /^HTTP\/1\.1 408 /)
})

t.test('class slowloris  a connection that never says a word holds up no shutdown', async t => {
  const subject = await Subject.start(t)
  const silent = await Promise.all(Array.from({ length: 50 }, () => dial(subject.port)))
  const half = await dial(subject.port)
  half.write('POST /mcp HTT')
  const begun = performance.now()
  await subject.ask('close', 200)
  t.ok(performance.now() - begun < 2000)
  for (const socket of [...silent, half]) socket.destroy()
})
