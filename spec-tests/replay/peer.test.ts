/** The socket peer sends what it is told, line by line. Judged by the bytes that arrive. */

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { socketPeer, type PeerRequest } from '../../lib/replay/peer.js'

const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n'

/** What arrives of one request, up to `last` or the end of the connection; answered at once with `answer`. */
const arrival = async (request: PeerRequest, last: RegExp, answer = NO_CONTENT): Promise<{ text: string; port: number }> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const peer = socketPeer(`http://127.0.0.1:${port}/mcp?x=1`)
  const arrived = new Promise<string>(resolve => server.on('connection', (socket: Socket) => {
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (last.test(text)) resolve(text)
    })
    socket.on('error', () => undefined).on('close', () => resolve(text))
    socket.write(answer)
  }))
  const reply = await peer.request(request)
  reply.close()
  const text = await arrived
  await peer.close()
  server.close()
  return { text, port }
}

t.test('lines go out in order, in their own spelling, repeated ones too', async t => {
  const fields = [['aCCept', 'a/b'], ['X-Twice', '1'], ['X-Twice', '2']] as const
  const { text, port } = await arrival({ method: 'POST', fields, body: 'é' }, /é/)
  t.equal(text.replace(/\r\nConnection: [^\r]*/i, ''), [
    'POST /mcp?x=1 HTTP/1.1', `Host: 127.0.0.1:${port}`, 'aCCept: a/b', 'X-Twice: 1', 'X-Twice: 2', 'Content-Length: 2', '', 'é',
  ].join('\r\n'))
})

t.test('a Host, a path and a length that are given are the ones sent', async t => {
  const fields = [['host', 'evil.example'], ['content-length', '3']] as const
  const { text } = await arrival({ method: 'PUT', path: '/else', fields, body: 'abc' }, /abc/)
  t.match(text, /^PUT \/else HTTP\/1\.1\r\nhost: evil\.example\r\ncontent-length: 3\r\n/)
  t.equal(text.match(/content-length/gi)?.length, 1)
  t.equal(text.match(/host:/gi)?.length, 1)
})

t.test('a body that waits for 100 is not sent to a server that refuses first', async t => {
  const refusal = 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'
  const { text } = await arrival({ method: 'POST', fields: [['Expect', '100-continue']], body: 'secret' }, /secret/, refusal)
  t.match(text, /^POST /)
  t.notMatch(text, /secret/)
})

t.test('nobody there is an error, not a silence', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  await t.rejects(socketPeer(`http://127.0.0.1:${port}/`).request({ method: 'GET', fields: [] }), { code: 'ECONNREFUSED' })
})

t.test('only http and https are spoken', async t => {
  t.throws(() => socketPeer('ftp://127.0.0.1/'), { name: 'TypeError', message: 'a peer is reached by http: or https:, not ftp:' })
})
