/** Streams that break, are taken up again, or stand alone: client of basic/transports#resumability-and-redelivery. */
import t from 'tap'
import { type Arrived, DONE, initialized, log, open, scripted, TestClock } from './scripted.js'

const isGet = ({ verb }: Arrived): boolean => verb === 'GET'
const responseTo = (arrived: Arrived, result: object): object => ({ jsonrpc: '2.0', id: arrived.message.id, result })

t.test('2025-11-25 basic/transports#sending-messages-to-the-server  a primed stream that the server leaves is polled after `retry`, with the latest id', async t => {
  let call!: Arrived
  const server = await scripted(t, {
    initialize: arrived => initialized(arrived, 's-1'),
    'tools/call': arrived => {
      call = arrived
      arrived.write('id: p-0\nretry: 4321\ndata:\n\n')
      arrived.event(log('before'), 'p-1')
      arrived.write('id: p-2\n\n')
      arrived.res.end()
    },
    GET: arrived => {
      arrived.event(responseTo(call, DONE), 'p-3')
      arrived.res.end()
    },
  })
  const clock = new TestClock()
  const client = await open(t, server.url, clock, { listen: false })
  const pending = client.callTool('work')
  await clock.armed(4321)
  clock.advance(4320)
  t.notOk(server.said.includes('GET'), 'never earlier than it was told')
  const get = server.until(isGet)
  clock.advance(1)
  const { headers } = await get
  t.equal(headers['last-event-id'], 'p-2', 'an id without data moves the cursor')
  t.equal(headers.accept, 'text/event-stream')
  t.equal(headers['mcp-session-id'], 's-1')
  t.equal(headers['mcp-protocol-version'], '2025-11-25')
  t.same((await pending.result).content, DONE.content)
})

t.test('2025-11-25 basic/transports#resumability-and-redelivery  the rest of a broken stream comes once, in order', async t => {
  let call!: Arrived
  const replies = [
    (arrived: Arrived) => {
      arrived.event(log(3), 'e-3')
      arrived.res.write('data: {"half', () => arrived.res.destroy())
    },
    (arrived: Arrived) => void arrived.res.writeHead(503).end(),
    (arrived: Arrived) => {
      arrived.event(log(4), 'e-4')
      arrived.event(responseTo(call, DONE), 'e-5')
      arrived.res.end()
    },
  ]
  const server = await scripted(t, {
    'tools/call': arrived => {
      call = arrived
      arrived.event(log(1), 'e-1')
      arrived.event(log(2), 'e-2')
      arrived.res.end()
    },
    GET: arrived => replies.shift()!(arrived),
  })
  const clock = new TestClock()
  const client = await open(t, server.url, clock, { listen: false, resumeDelayMs: 10 })
  const pending = client.callTool('work')
  for (const ms of [10, 10, 20]) {
    await clock.armed(ms)
    clock.advance(ms)
  }
  const heard: unknown[] = []
  for await (const note of pending) heard.push(note.params!['data'])
  t.same(heard, [1, 2, 3, 4])
  t.same((await pending.result).content, DONE.content)
  t.same(server.arrived.filter(isGet).map(({ headers }) => headers['last-event-id']), ['e-2', 'e-3', 'e-3'])
})

for (const kind of ['POST', 'GET']) {
  t.test(`2025-11-25  a ${kind} stream cut after each of fifty events is taken up each time: nothing is lost, nothing comes twice`, async t => {
    let call: Arrived | undefined
    /** One event, then the end of the connection. */
    const oneMore = (arrived: Arrived): void => {
      const next = Number(arrived.headers['last-event-id'] ?? 0) + 1
      if (next > 50) arrived.event(call ? responseTo(call, DONE) : log('over'), String(next))
      else arrived.event(log(next), String(next))
      arrived.res.end()
    }
    const server = await scripted(t, { GET: oneMore, 'tools/call': arrived => {
      call = arrived
      oneMore(arrived)
    } })
    const clock = new TestClock()
    const client = await open(t, server.url, clock, { listen: kind === 'GET' })
    const pending = kind === 'POST' ? client.callTool('work') : undefined
    const notes = (pending ?? client.notifications)[Symbol.asyncIterator]()
    const heard: unknown[] = []
    while (heard.length < 50) {
      heard.push((await notes.next()).value.params.data)
      await clock.armed(500)
      clock.advance(500)
    }
    t.same(heard, Array.from({ length: 50 }, (_, i) => i + 1))
    if (pending) t.same((await pending.result).content, DONE.content)
    else t.equal((await notes.next()).value.params.data, 'over')
  })
}

t.test('a stream that the server leaves open after the response is closed after a while', async t => {
  const server = await scripted(t, { 'tools/call': arrived => arrived.event(responseTo(arrived, DONE)) })
  const clock = new TestClock()
  const client = await open(t, server.url, clock, { listen: false })
  t.same((await client.callTool('work').result).content, DONE.content)
  const { res } = await server.until(({ message }) => message.method === 'tools/call')
  const closed = new Promise<void>(resolve => res.on('close', resolve))
  for (const _ of [1, 2]) {
    await clock.armed(1000)
    clock.advance(1000)
  }
  await t.resolves(closed)
})

t.test('tries that bring nothing are bounded, further apart each time, and the error says what was received', async t => {
  const server = await scripted(t, {
    'tools/call': arrived => {
      arrived.event(log('only'), 'e-1')
      arrived.res.end()
    },
    GET: arrived => {
      arrived.write(': nothing\n\n')
      arrived.res.end()
    },
  })
  const clock = new TestClock()
  const client = await open(t, server.url, clock, { listen: false, resumeDelayMs: 10, maxResumes: 3, maxResumeDelayMs: 15 })
  const pending = client.callTool('work')
  for (const ms of [10, 15, 15]) {
    await clock.armed(ms)
    clock.advance(ms)
  }
  await t.rejects(pending.result, { name: 'BrokenStream', message: /tools\/call.*1 message came.*resumed 3 times.*3 tries/ })
  t.equal(server.arrived.filter(isGet).length, 3)
})

for (const [status, revision] of [[405, '2025-11-25'], [400, '2025-06-18'], [404, '2025-03-26']] as const) {
  t.test(`${revision}  a stream whose rest is refused with ${status} is broken, and the call says so`, async t => {
    const server = await scripted(t, {
      initialize: arrived => initialized(arrived, 's', revision),
      'tools/call': arrived => {
        arrived.event(log('only'), 'e-1')
        arrived.res.end()
      },
      GET: arrived => arrived.json({ jsonrpc: '2.0', error: { code: -32000, message: 'too old' } }, status),
    })
    const clock = new TestClock()
    const client = await open(t, server.url, clock, { listen: false })
    t.equal(client.revision.id, revision)
    const pending = client.callTool('work')
    await clock.armed(500)
    clock.advance(500)
    await t.rejects(pending.result, { name: 'BrokenStream', message: new RegExp(`1 message came.*${status}.*too old`), cause: { name: 'HttpRefusal', status } })
  })
}

t.test('a refusal that does not end is left, and the stream is asked for once more', async t => {
  let call!: Arrived
  const server = await scripted(t, {
    'tools/call': arrived => {
      call = arrived
      arrived.event(log('only'), 'e-1')
      arrived.res.end()
    },
    GET: arrived => {
      if (server.said.filter(said => said === 'GET').length > 1) {
        arrived.event(responseTo(call, DONE))
        return arrived.res.end()
      }
      arrived.res.writeHead(503, { 'Content-Type': 'text/plain' })
      const pour = (): void => {
        while (!arrived.res.destroyed && arrived.res.write('z'.repeat(16_384)));
      }
      arrived.res.on('drain', pour)
      pour()
    },
  })
  const clock = new TestClock()
  const client = await open(t, server.url, clock, { listen: false, resumeDelayMs: 10, maxResumes: 2 })
  const pending = client.callTool('work')
  for (const ms of [10, 20]) {
    await clock.armed(ms)
    clock.advance(ms)
  }
  t.same((await pending.result).content, DONE.content)
  clock.advance(1_000)
  await client.ping()
  t.equal(server.said.filter(said => said === 'GET').length, 2)
})

t.test('a stream without event ids cannot be taken up again', async t => {
  const server = await scripted(t, { 'tools/call': arrived => {
    arrived.event(log('only'))
    arrived.res.end()
  } })
  const client = await open(t, server.url, new TestClock(), { listen: false })
  await t.rejects(client.callTool('work').result, { name: 'BrokenStream', message: /no event had an id/ })
  t.notOk(server.said.includes('GET'))
})

t.test('2025-11-25 basic/transports#listening-for-messages-from-the-server  the standalone stream is kept open, from where it was', async t => {
  const gets: Arrived[] = []
  const server = await scripted(t, { GET: arrived => {
    gets.push(arrived)
    arrived.event(log(gets.length), `g-${gets.length}`)
    if (gets.length === 1) arrived.write('retry: 77\n\n')
    if (gets.length < 3) arrived.res.end()
  } })
  const clock = new TestClock()
  const client = await open(t, server.url, clock)
  const notes = client.notifications[Symbol.asyncIterator]()
  for (const turn of [1, 2, 3]) {
    t.same((await notes.next()).value.params.data, turn)
    if (turn === 3) break
    await clock.armed(77)
    clock.advance(77)
  }
  t.same(gets.map(({ headers }) => headers['last-event-id']), [undefined, 'g-1', 'g-2'])
})

for (const status of [405, 404, 400, 500]) {
  t.test(`a server that answers GET with ${status} is used without a standalone stream`, async t => {
    const server = await scripted(t, {
      initialize: arrived => initialized(arrived, 's'),
      GET: arrived => void arrived.res.writeHead(status, { 'Content-Type': 'text/html' }).end('<p>no</p>'),
      'tools/call': arrived => arrived.result(DONE),
    })
    const errors: Error[] = []
    const client = await open(t, server.url, new TestClock(), { events: { onError: error => errors.push(error) } })
    await client.callTool('work').result
    t.match(errors, [{ name: 'HttpRefusal', status }])
    t.equal(server.arrived.filter(({ message }) => message.method === 'initialize').length, 1, 'its session lives')
  })
}

t.test('a GET that is answered late or never does not hold up the client', async t => {
  const server = await scripted(t, { GET: () => {}, 'tools/call': arrived => arrived.result(DONE) })
  const clock = new TestClock()
  const opening = open(t, server.url, clock)
  await server.until(isGet)
  await clock.armed(1000)
  clock.advance(1000)
  t.same((await (await opening).callTool('work').result).content, DONE.content)
})

t.test('a rule broken on the standalone stream is told, and the stream goes on', async t => {
  const server = await scripted(t, { GET: arrived => {
    arrived.write('data: nonsense\n\n')
    arrived.event({ jsonrpc: '2.0', id: 1, result: {} })
    arrived.event(log('bad level', 'shout'))
    arrived.write('event: other\ndata: ignored\n\n')
    arrived.event(log('sound'))
  } })
  const errors: Error[] = []
  const client = await open(t, server.url, new TestClock(), { events: { onError: error => errors.push(error) } })
  const { value } = await client.notifications[Symbol.asyncIterator]().next()
  t.equal(value.params.data, 'sound')
  t.equal(errors.length, 3, 'an event of another type is not for us')
  t.match(errors.map(({ name, message }) => [name, message]), [
    ['InvalidMessage', /not JSON/],
    ['InvalidMessage', /a response to 1/],
    ['InvalidMessage', /level/],
  ])
})
