/** What a client of the soak may do in its life, well or badly; each checks that what it was owed came once. */
import { callTool, modern, open, say, type Answer } from '../http.js'
import { dial } from '../security/raw.js'
import type { SseEvent } from '../../lib/wire/sse.js'

/** Figures of one run. */
export class Tally {
  #mark = 0
  asked = 0
  answered = 0
  resumed = 0
  cut = 0
  stalled = 0
  readonly wrong: string[] = []
  readonly lives = new Map<string, number>()

  mark(): number {
    return ++this.#mark
  }

  fail(what: string): void {
    if (this.wrong.length < 20) this.wrong.push(what)
  }
}

/** Randomness that can be had again. */
export interface Chance {
  /** An integer from 0, below `n`. */
  below(n: number): number
}

/** Mulberry32: enough to choose by. */
export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0
  return {
    below: n => {
      state = (state + 0x6d2b79f5) >>> 0
      let x = Math.imul(state ^ (state >>> 15), 1 | state)
      x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
      return ((x ^ (x >>> 14)) >>> 0) % n
    },
  }
}

export type Life = (url: string, tally: Tally, chance: Chance) => Promise<void>

const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25'] as const
const pick = <T>(chance: Chance, of: readonly T[]): T => of[chance.below(of.length)]!
const eventsOf = async (answer: Answer): Promise<SseEvent[]> => {
  const events: SseEvent[] = []
  for await (const event of answer.events()) events.push(event)
  return events
}

/** Is this the whole of one call: its notes in order, then its one result? */
const judge = (tally: Tally, mark: number, notes: number, datas: readonly string[]): void => {
  const messages = datas.filter(data => data !== '').map(data => JSON.parse(data) as { id?: number; method?: string; params?: { data: { mark?: number; i?: number; dropped?: number } }; result?: { content: { text: string }[] } })
  const results = messages.filter(({ id }) => id === mark)
  if (results.length !== 1 || results[0]!.result?.content[0]?.text !== `mark ${mark}`) return tally.fail(`mark ${mark}: ${results.length} results, ${JSON.stringify(results).slice(0, 200)}`)
  const seen = messages.filter(({ method }) => method === 'notifications/message').map(({ params }) => params!.data)
  if (seen.some(({ mark: of }) => of !== mark)) return tally.fail(`mark ${mark}: another's note`)
  const order = seen.map(({ i }) => i)
  if (order.length !== notes || order.some((i, at) => i !== at)) return tally.fail(`mark ${mark}: notes ${order.join()} of ${notes}`)
  tally.answered++
}

const whole = async (tally: Tally, mark: number, notes: number, asked: Promise<Answer>): Promise<void> => {
  tally.asked++
  const answer = await asked
  const datas = answer.headers['content-type'] === 'text/event-stream' ? (await eventsOf(answer)).map(({ data }) => data) : [await answer.text()]
  judge(tally, mark, notes, datas)
}

/** A call that is cut after some events, and taken up again until it is whole. */
const resumedCall = async (url: string, tally: Tally, chance: Chance, headers: { readonly [name: string]: string }): Promise<void> => {
  const mark = tally.mark()
  const notes = 1 + chance.below(20)
  tally.asked++
  const datas: string[] = []
  let after = ''
  let answer = await say(url, { headers, body: callTool(mark, 'notes', { mark, notes, size: chance.below(2000) }) })
  for (let tries = 0; tries < 50; tries++) {
    const upTo = tries > 5 ? Infinity : 1 + chance.below(6)
    let count = 0
    for await (const { id, data } of answer.events()) {
      after = id
      datas.push(data)
      if (++count >= upTo || data.includes('"result"')) break
    }
    answer.hangUp()
    if (datas.at(-1)?.includes('"result"')) return judge(tally, mark, notes, datas)
    tally.resumed++
    answer = await say(url, { method: 'GET', headers: { ...headers, 'last-event-id': after } })
    if (answer.status !== 200) return tally.fail(`mark ${mark}: resuming after ${after}: ${answer.status} ${await answer.text()}`)
  }
  tally.fail(`mark ${mark}: never whole`)
}

/** A connection that stops reading, and is reset after a while. */
const stall = async (url: string, tally: Tally, chance: Chance, head: string, body = ''): Promise<void> => {
  tally.stalled++
  const { port } = new URL(url)
  const socket = await dial(Number(port))
  socket.write(`${head}\r\nHost: localhost\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  socket.pause()
  await new Promise(resolve => setTimeout(resolve, chance.below(300)))
  if (chance.below(2) === 0) socket.resetAndDestroy()
  else socket.destroy()
}

const asHead = (line: string, headers: { readonly [name: string]: string }): string => [line, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\r\n')

export const LIVES: Readonly<Record<string, Life>> = {
  async session(url, tally, chance) {
    const headers = await open(url, pick(chance, REVISIONS))
    for (let i = chance.below(6); i >= 0; i--) {
      const mark = tally.mark()
      const notes = chance.below(8)
      await whole(tally, mark, notes, say(url, { headers, body: notes === 0 ? callTool(mark, 'echo', { mark }) : callTool(mark, 'notes', { mark, notes }) }))
    }
    // half say goodbye, half are never heard of again
    if (chance.below(2) === 0) await (await say(url, { method: 'DELETE', headers })).text()
  },
  async together(url, tally, chance) {
    const headers = await open(url)
    await Promise.all(Array.from({ length: 1 + chance.below(8) }, () => {
      const mark = tally.mark()
      return whole(tally, mark, 3, say(url, { headers, body: callTool(mark, 'notes', { mark, notes: 3 }) }))
    }))
  },
  async modern(url, tally, chance) {
    for (let i = chance.below(4); i >= 0; i--) {
      const mark = tally.mark()
      const notes = chance.below(5)
      const name = notes === 0 ? 'echo' : 'notes'
      await whole(tally, mark, notes, modern(url, 'tools/call', { name, arguments: { mark, notes } }, { id: mark, meta: { 'io.modelcontextprotocol/logLevel': 'debug' } }))
    }
  },
  async resumes(url, tally, chance) {
    const headers = await open(url)
    for (let i = chance.below(3); i >= 0; i--) await resumedCall(url, tally, chance, headers)
  },
  async batches(url, tally, chance) {
    const headers = await open(url, '2025-03-26')
    const marks = Array.from({ length: 1 + chance.below(5) }, () => tally.mark())
    tally.asked += marks.length
    const answer = await say(url, { headers, body: marks.map(mark => callTool(mark, 'echo', { mark })) })
    const said = JSON.parse(await answer.text()) as { id: number; result: { content: { text: string }[] } }[]
    for (const mark of marks) {
      if (said.filter(({ id, result }) => id === mark && result.content[0]!.text === `mark ${mark}`).length === 1) tally.answered++
      else tally.fail(`mark ${mark}: in a batch`)
    }
  },
  async listens(url, _tally, chance) {
    const headers = await open(url)
    await (await say(url, { headers, body: { jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri: 'test:///watched' } } })).text()
    const stream = await say(url, { method: 'GET', headers })
    const events = stream.events()
    for (let i = chance.below(5); i >= 0; i--) await events.next()
    stream.hangUp()
    if (chance.below(2) === 0) await (await say(url, { method: 'DELETE', headers })).text()
  },
  async subscribes(url, _tally, chance) {
    const stream = await modern(url, 'subscriptions/listen', { notifications: { resourceSubscriptions: ['test:///watched'], toolsListChanged: true } })
    const events = stream.events()
    for (let i = chance.below(5); i >= 0; i--) await events.next()
    stream.hangUp()
  },
  async sse(url, tally, chance) {
    const stream = await say(url.replace('/mcp', '/sse'), { method: 'GET' })
    const events = stream.events()
    const endpoint = new URL((await events.next()).value!.data, url).href
    const post = async (body: object): Promise<void> => void await (await say(endpoint, { body })).text()
    await post({ jsonrpc: '2.0', id: 'open', method: 'initialize', params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'soak', version: '1' } } })
    const marks = Array.from({ length: 1 + chance.below(4) }, () => tally.mark())
    tally.asked += marks.length
    await Promise.all(marks.map(mark => post(callTool(mark, 'echo', { mark }))))
    const waiting = new Set<unknown>(marks)
    while (waiting.size > 0) {
      const { value, done } = await events.next()
      if (done) return tally.fail('an HTTP+SSE stream ended early')
      const { id, result } = JSON.parse(value.data) as { id?: unknown; result?: { content: { text: string }[] } }
      if (waiting.delete(id) && result?.content[0]?.text === `mark ${String(id)}`) tally.answered++
    }
    stream.hangUp()
  },
  async stalls(url, tally, chance) {
    const headers = await open(url)
    const call = JSON.stringify(callTool(1, 'endless', { mark: 0 }))
    const modernCall = JSON.stringify({ ...callTool(1, 'endless', { mark: 0 }, { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {}, 'io.modelcontextprotocol/logLevel': 'debug' }) })
    switch (chance.below(4)) {
      case 0: return stall(url, tally, chance, asHead('POST /mcp HTTP/1.1', headers), call)
      case 1: return stall(url, tally, chance, asHead('POST /mcp HTTP/1.1', { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'endless' }), modernCall)
      case 2: return stall(url, tally, chance, asHead('GET /mcp HTTP/1.1', headers))
      default: return stall(url, tally, chance, 'GET /sse HTTP/1.1')
    }
  },
  async cuts(url, tally, chance) {
    tally.cut++
    const text = `${asHead('POST /mcp HTTP/1.1', await open(url))}\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n${JSON.stringify(callTool(1, 'endless', { mark: 0 }))}`
    const socket = await dial(Number(new URL(url).port))
    socket.write(text.slice(0, chance.below(text.length)))
    if (chance.below(3) > 0) await new Promise(resolve => setTimeout(resolve, chance.below(50)))
    if (chance.below(2) === 0) socket.resetAndDestroy()
    else socket.destroy()
  },
  async nonsense(url, tally, chance) {
    const body = pick(chance, ['', '{', '[]', '{"jsonrpc":"2.0","id":1,"method":"initialize"}', 'x'.repeat(5_000_000), JSON.stringify(callTool(1, 'fails', { mark: 0 }))])
    const answer = await say(url, { headers: pick(chance, [{}, { 'mcp-session-id': 'nobody' }, { host: 'evil.example' }, { 'content-type': 'text/plain' }]), body }).catch(() => undefined)
    if (!answer) return // cut off while it was still sending five megabytes
    const text = await answer.text().catch(() => '"error"')
    if (!text.includes('"error"')) tally.fail(`nonsense was answered ${answer.status} ${text.slice(0, 100)}`)
  },
}
