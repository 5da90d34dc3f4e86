/** Streamable HTTP where a fixture cannot show it: connections that are cut, sessions by the thousand, ids that collide. */
import t, { type Test } from 'tap'
import { createServer, listen, type HttpOptions, type Listening, type Server } from '../../../lib/server.js'
import type { RpcResult } from '../../../lib/wire/json-rpc.js'
import type { SseEvent } from '../../../lib/wire/sse.js'
import { callTool, open, say } from '../../http.js'

const make = (): Server => createServer({ name: 'test', version: '1' }, { onError: () => {} })
const serve = async (t: Test, server: Server, options: HttpOptions = {}): Promise<Listening> => {
  const listening = await listen(server, { port: 0, ...options })
  t.teardown(() => listening.close({ graceMs: 0 }))
  return listening
}

/** Lets something happen when a test says so. */
const gate = (): { readonly opened: Promise<void>; open(): void } => {
  let open!: () => void
  const opened = new Promise<void>(resolve => (open = resolve))
  return { opened, open }
}

const numbersIn = (events: readonly SseEvent[]): unknown[] =>
  events.filter(({ data }) => data !== '').map(({ data }) => {
    const message = JSON.parse(data) as { params?: { data: unknown }; result?: { content: { text: string }[] } }
    return message.params ? message.params.data : message.result!.content[0]!.text
  })

t.test('2025-11-25 basic/transports#resumability-and-redelivery', async t => {
  const N = 50
  const expected = [...Array.from({ length: N }, (_, i) => i), 'done']

  t.test('a POST stream cut after any of its events is resumed: nothing lost, nothing twice, in order', async t => {
    const server = make()
    server.tool('count', {}, async (_, ctx) => {
      for (let i = 0; i < N; i++) {
        ctx.log.info(i)
        await new Promise(resolve => setImmediate(resolve))
      }
      return 'done'
    })
    const { url } = await serve(t, server)
    const headers = await open(url)
    // the priming event is the first of N + 2
    for (let cut = 1; cut <= N + 1; cut++) {
      const seen: SseEvent[] = []
      const first = await say(url, { headers, body: callTool(cut, 'count') })
      for await (const event of first.events()) {
        seen.push(event)
        if (seen.length === cut) break
      }
      first.hangUp()
      const resumed = await say(url, { method: 'GET', headers: { ...headers, 'last-event-id': seen.at(-1)!.id } })
      if (resumed.status !== 200) t.fail(`cut after ${cut}: ${resumed.status} ${await resumed.text()}`)
      for await (const event of resumed.events()) seen.push(event)
      if (JSON.stringify(numbersIn(seen)) !== JSON.stringify(expected)) t.strictSame(numbersIn(seen), expected, `cut after ${cut}`)
      if (new Set(seen.map(({ id }) => id)).size !== seen.length) t.fail(`cut after ${cut}: an event id came twice`)
    }
    t.pass(`${N + 1} cuts`)
  })

  t.test('a GET stream cut after any of its events is resumed just so', async t => {
    const server = make()
    const { url } = await serve(t, server)
    for (let cut = 1; cut <= N; cut++) {
      const headers = await open(url)
      const seen: SseEvent[] = []
      const listen = await say(url, { method: 'GET', headers })
      for (let i = 0; i < N; i++) server.log.info(i)
      for await (const event of listen.events()) {
        seen.push(event)
        if (seen.length === cut) break
      }
      listen.hangUp()
      const resumed = await say(url, { method: 'GET', headers: { ...headers, 'last-event-id': seen.at(-1)!.id } })
      for await (const event of resumed.events()) {
        seen.push(event)
        if (seen.length === N + 1) break
      }
      resumed.hangUp()
      if (JSON.stringify(numbersIn(seen)) !== JSON.stringify(expected.slice(0, N))) t.strictSame(numbersIn(seen), expected.slice(0, N), `cut after ${cut}`)
      await (await say(url, { method: 'DELETE', headers })).text()
    }
    t.pass(`${N} cuts`)
  })

  t.test('what was not seen of another stream is not replayed', async t => {
    const server = make()
    server.tool('one', {}, async (_, ctx) => {
      ctx.log.info('one')
      return 'done'
    })
    const { url } = await serve(t, server)
    const headers = await open(url)
    const events = async (id: number): Promise<SseEvent[]> => {
      const seen: SseEvent[] = []
      for await (const event of (await say(url, { headers, body: callTool(id, 'one') })).events()) seen.push(event)
      return seen
    }
    const [a] = await events(1)
    await events(2)
    const resumed = await say(url, { method: 'GET', headers: { ...headers, 'last-event-id': a!.id } })
    const seen: SseEvent[] = []
    for await (const event of resumed.events()) seen.push(event)
    t.strictSame(seen.map(({ data }) => (JSON.parse(data) as RpcResult).id), [undefined, 1])

    const stranger = await open(url)
    const stolen = await say(url, { method: 'GET', headers: { ...stranger, 'last-event-id': a!.id } })
    t.equal(stolen.status, 400, 'an event id of another session is unknown')
    t.match(await stolen.text(), /names no event that is still kept in this session/)
  })

  t.test('a stream of which everything was seen is not opened again and again', async t => {
    const server = make()
    server.tool('one', {}, async (_, ctx) => {
      ctx.log.info('one')
      return 'done'
    })
    const { url } = await serve(t, server)
    const headers = await open(url)
    let last = ''
    for await (const event of (await say(url, { headers, body: callTool(1, 'one') })).events()) last = event.id
    const again = await say(url, { method: 'GET', headers: { ...headers, 'last-event-id': last } })
    t.equal(again.status, 405)
    t.match(await again.text(), /that stream is over/)
  })

  t.test('events beyond maxReplayEvents are refused in words, not skipped', async t => {
    const server = make()
    server.tool('count', {}, async (_, ctx) => {
      for (let i = 0; i < 20; i++) ctx.log.info(i)
      return 'done'
    })
    const { url } = await serve(t, server, { maxReplayEvents: 5 })
    const headers = await open(url)
    const ids: string[] = []
    for await (const { id } of (await say(url, { headers, body: callTool(1, 'count') })).events()) ids.push(id)
    const from = async (id: string): Promise<number> => {
      const answer = await say(url, { method: 'GET', headers: { ...headers, 'last-event-id': id } })
      await answer.text()
      return answer.status
    }
    t.equal(await from(ids.at(-6)!), 200, 'the five after it are kept')
    t.equal(await from(ids.at(-7)!), 400, 'one of those after it is not')
    t.equal(await from(`${ids[0]}0`), 400)
    t.equal(await from('nonsense'), 400)
  })

  t.test('the newest GET stream takes over from an older one', async t => {
    const server = make()
    const { url } = await serve(t, server)
    const headers = await open(url)
    const first = await say(url, { method: 'GET', headers })
    const second = await say(url, { method: 'GET', headers })
    server.log.info('hello')
    const heard: string[] = []
    for await (const { data } of first.events()) heard.push(data)
    t.strictSame(heard, [''], 'the older one has ended, and heard nothing')
    for await (const { data } of second.events()) {
      if (data === '') continue
      t.match(data, /hello/)
      break
    }
    second.hangUp()
  })

  t.test('a message for which no stream is open is counted as lost', async t => {
    const server = make()
    const { url } = await serve(t, server)
    await open(url)
    t.equal(server.log.info('nobody hears'), 0)
  })

  t.test('ctx.hangUp ends the connection, not the stream', async t => {
    const server = make()
    const resumed = gate()
    server.tool('poll', {}, async (_, ctx) => {
      ctx.log.info('before')
      t.equal(ctx.hangUp(25), true)
      await resumed.opened
      ctx.log.info('after')
      return 'done'
    })
    const { url } = await serve(t, server)
    const headers = await open(url)
    const text = await (await say(url, { headers, body: callTool(1, 'poll') })).text()
    t.match(text, /retry: 25\n\n$/)
    const [last] = [...text.matchAll(/^id: (.*)$/gm)].slice(-1)
    const rest = await say(url, { method: 'GET', headers: { ...headers, 'last-event-id': last![1]! } })
    resumed.open()
    const seen: SseEvent[] = []
    for await (const event of rest.events()) seen.push(event)
    t.strictSame(numbersIn(seen), ['after', 'done'])
  })
})

t.test('correlation is by exchange, never by an id the client chose', async t => {
  const server = make()
  const gates = new Map<string, ReturnType<typeof gate>>()
  server.tool('held', { inputSchema: { type: 'object', required: ['as'], properties: { as: { type: 'string' }, says: { type: 'boolean' } } } }, async ({ as, says }, ctx) => {
    if (says) ctx.log.info(as)
    await gates.get(as)!.opened
    return as
  })
  const { url } = await serve(t, server)
  const headers = await open(url)
  for (const says of [false, true]) {
    for (const order of ['ab', 'ba']) {
      gates.set('a', gate()).set('b', gate())
      const answers = ['a', 'b'].map(async as => {
        const answer = await say(url, { headers, body: callTool(1, 'held', { as, says }) })
        return answer.text()
      })
      for (const as of order) gates.get(as)!.open()
      const [a, b] = await Promise.all(answers)
      t.match(a, /"id":1,"result":\{"content":\[\{"type":"text","text":"a"/, `${order}, ${says ? 'streams' : 'objects'}: the first gets its own`)
      t.match(b, /"id":1,"result":\{"content":\[\{"type":"text","text":"b"/, `${order}, ${says ? 'streams' : 'objects'}: the second gets its own`)
    }
  }
  t.test('a cancellation that could mean either is ignored, and both are answered', async t => {
    gates.set('a', gate()).set('b', gate())
    const answers = ['a', 'b'].map(async as => (await say(url, { headers, body: callTool(1, 'held', { as }) })).text())
    // both are in flight once a third request has been answered on the same loop
    await (await say(url, { headers, body: { jsonrpc: '2.0', id: 2, method: 'ping' } })).text()
    const cancel = await say(url, { headers, body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } })
    t.equal(cancel.status, 202)
    gates.get('a')!.open()
    gates.get('b')!.open()
    t.match(await Promise.all(answers), [/"text":"a"/, /"text":"b"/])
  })
})

t.test('2 000 sessions interleaved: every reply carries the marker of its own', async t => {
  const server = make()
  server.tool('mark', { inputSchema: { type: 'object', required: ['mark'], properties: { mark: { type: 'integer' } } } }, async ({ mark }, ctx) => {
    ctx.log.info(mark)
    await new Promise(resolve => setImmediate(resolve))
    return `${mark} ${ctx.client.info?.name}`
  })
  const { url, stats } = await serve(t, server)
  const wrong: string[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < 2000) {
      const mark = next++
      const opened = await say(url, { body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: `c${mark}`, version: '1' } } } })
      await opened.text()
      const headers = { 'mcp-session-id': opened.headers['mcp-session-id'] as string }
      const text = await (await say(url, { headers, body: callTool(1, 'mark', { mark }) })).text()
      if (!text.includes(`"data":${mark}}`) || !text.includes(`"text":"${mark} c${mark}"`)) wrong.push(text)
    }
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  t.strictSame(wrong, [])
  t.match(stats(), { sessions: 2000, sessionsOpened: 2000 })
})

t.test('2025-11-25 basic/transports#sending-messages-to-the-server: hanging up is not cancelling', async t => {
  const server = make()
  const vanished = gate()
  const outcome = gate()
  let aborted: boolean | undefined
  server.tool('long', {}, async (_, ctx) => {
    ctx.log.info('begun')
    await vanished.opened
    for (let i = 0; i < 100; i++) await ctx.log.info(i)
    aborted = ctx.signal.aborted
    outcome.open()
    return 'done'
  })
  const { url, http } = await serve(t, server)
  const headers = await open(url)
  const closed = new Promise<void>(resolve => http.on('connection', socket => socket.on('close', () => resolve())))
  const call = await say(url, { headers, body: callTool(1, 'long') })
  for await (const _ of call.events()) break
  call.hangUp()
  await closed
  vanished.open()
  await outcome.opened
  t.equal(aborted, false, 'the tool went on to its end')
  t.match(await (await say(url, { headers, body: { jsonrpc: '2.0', id: 2, method: 'ping' } })).text(), /"result":\{\}/, 'and the session lives')
})

t.test('sessions belong to their principal, and end', async t => {
  const server = make()
  const { url, stats } = await serve(t, server, { principal: req => req.headers.authorization })
  const opened = await say(url, { headers: { authorization: 'alice' }, body: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } } } })
  await opened.text()
  const id = { 'mcp-session-id': opened.headers['mcp-session-id'] as string }
  const status = async (method: string, who: string): Promise<number> => {
    const answer = await say(url, { method, headers: { ...id, authorization: who }, ...(method === 'POST' && { body: { jsonrpc: '2.0', id: 1, method: 'ping' } }) })
    answer.hangUp()
    return answer.status
  }
  for (const method of ['POST', 'GET', 'DELETE']) t.equal(await status(method, 'mallory'), 404, `${method} by another`)
  for (const method of ['POST', 'GET', 'DELETE']) t.match(await status(method, 'alice'), method === 'DELETE' ? 204 : 200, `${method} by its own`)
  t.equal(await status('DELETE', 'alice'), 404, 'a second DELETE')
  t.equal(stats().sessions, 0)
})

t.test('a slow reader loses notifications, never the response, and is told how many', async t => {
  const server = make()
  const KB = 'x'.repeat(1024)
  server.tool('flood', {}, (_, ctx) => {
    for (let i = 0; i < 20_000; i++) ctx.log.info(KB)
    return 'done'
  })
  const { url, stats } = await serve(t, server)
  const headers = await open(url)
  const answer = await say(url, { headers, body: callTool(1, 'flood') })
  let received = 0
  let told = 0
  let result = ''
  for await (const { data } of answer.events()) {
    if (data.includes(KB)) received++
    else if (data.includes('"dropped"')) told += (JSON.parse(data) as { params: { data: { dropped: number } } }).params.data.dropped
    else if (data.includes('"result"')) result = data
  }
  t.ok(stats().dropped > 0, `${stats().dropped} dropped`)
  t.equal(received + told, 20_000, 'each was received or reported')
  t.match(result, /"done"/)
})

t.test('sessions: false serves the session revisions one POST at a time', async t => {
  const server = make()
  server.tool('say', {}, (_, ctx) => {
    ctx.log.info('said')
    return String(ctx.sessionId)
  })
  const { url, stats } = await serve(t, server, { sessions: false })
  const opened = await say(url, { body: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } } } })
  t.equal(opened.headers['mcp-session-id'], undefined, 'no session is opened')
  t.match(JSON.parse(await opened.text()), { result: { protocolVersion: '2025-06-18', capabilities: { tools: { listChanged: undefined } } } }, 'and no change is promised')
  t.equal((await say(url, { body: { jsonrpc: '2.0', method: 'notifications/initialized' } })).status, 202)
  const events: string[] = []
  const call = await say(url, { headers: { 'mcp-protocol-version': '2025-06-18' }, body: callTool(1, 'say') })
  for await (const { data, id } of call.events()) events.push(`${id}${data}`)
  t.match(events, [/"said"/, /"text":"undefined"/], 'each call is whole in itself')
  t.notMatch(events.join(), /^id/m, 'nothing could be resumed, so nothing has an id')
  for (const method of ['GET', 'DELETE']) t.equal((await say(url, { method })).status, 405, method)
  t.equal((await say(url, { body: callTool(2, 'say') })).status, 200, 'no version header: 2025-03-26 is assumed')
  t.equal((await say(url, { headers: { 'mcp-protocol-version': '1999-01-01' }, body: { jsonrpc: '2.0', id: 3, method: 'ping' } })).status, 400)
  t.equal(stats().sessionsOpened, 0)
})
