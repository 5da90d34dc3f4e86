/** The rows of the matrix: what every client does with every server. Those that need a server within reach say so. */
import type { Test } from 'tap'
import type { ClientKind, Note, OpenClient } from './clients.js'
import type { Heard, Inbox } from './inbox.js'
import { factsOf, TOOL, type Ear, type Facts } from './job.js'
import type { Reach, RunningServer, ServerKind } from './servers.js'
import { ANSWERS, QUESTIONS, type Asked, type Asking, type Counting } from './tools.js'

/** The revisions that open sessions over Streamable HTTP, newest first. */
export const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26'] as const
export type SessionRevision = (typeof REVISIONS)[number]

/** A pair at work. */
export interface Pair {
  readonly kinds: { readonly client: ClientKind; readonly server: ServerKind }
  /** The one they are to settle on. */
  readonly revision: SessionRevision
  readonly client: OpenClient
  readonly server: RunningServer
  /** Where the client's hearing is reported. */
  readonly ear: Ear
  /** What the client heard about no call. */
  readonly inbox: Inbox
}

export interface Cell {
  readonly title: string
  /** Left out where it does not apply. Default: everywhere. */
  readonly when?: (pair: Pair) => boolean
  readonly run: (t: Test, pair: Pair, reach: Reach) => Promise<void>
}

const FILES = { 'a.txt': 'one\n', 'b.txt': 'one\ntwo\n', 'c.txt': 'one\ntwo\nthree\n', 'd.txt': 'é\n' }
const DELAY_MS = 100
const PINGS = 40
/** One to open a stream late, one to come back for what the call still had to say, and the further tries of the SDKs. */
const MAX_GETS = 4
const AT_ONCE = 8

const isBefore = ({ revision }: Pair, other: SessionRevision): boolean => REVISIONS.indexOf(revision) > REVISIONS.indexOf(other)
const within = ({ server }: Pair): boolean => server.reach !== undefined
const textOf = ({ content: [first] }: { readonly content: readonly { readonly text?: string }[] }): string | undefined => first?.text
const isAbout = (data: string) => (heard: Heard): boolean => heard.params?.data === data

const ask = async ({ client, ear }: Pair, what: Asked, cut = false): Promise<unknown> => {
  const asking: Asking = { what, cut }
  return JSON.parse(textOf(await client.call('ask', asking, { onNote: () => ear.hear(`asking ${what}`) }))!)
}

/** Has the server count, breaks the connection on the way, and holds what was heard against what was said. */
const countOver = async (t: Test, { client, ear }: Pair, { traffic }: Reach, counting: Counting): Promise<void> => {
  const before = traffic.of('GET').length
  const heard: unknown[] = []
  const result = await client.call('count', counting, {
    onNote: ({ data }) => {
      const { run, n } = data as { run: string; n: number }
      heard.push(n)
      ear.hear(`${run} ${n}`)
    },
  })
  t.strictSame(heard, Array.from({ length: counting.to }, (_, i) => i + 1), 'nothing is lost, nothing comes twice, all in order')
  t.equal(textOf(result), `${counting.run} counted to ${counting.to}`)
  t.ok(traffic.of('GET').slice(before).some(({ after }) => after), 'the client came back with Last-Event-ID')
}

export const CELLS: readonly Cell[] = [
  {
    title: 'initialize settles on the newest revision that both know (basic/lifecycle#version-negotiation)',
    run: async (t, { client, revision }) => { t.equal(client.revision, revision) },
  },
  {
    title: 'ping is answered (basic/utilities/ping#behavior-requirements)',
    run: async (t, { client }) => { await t.resolves(client.ping()) },
  },
  {
    title: 'tools/list names the tools (server/tools#listing-tools)',
    run: async (t, { client, server }) => { t.strictSame((await client.tools()).map(({ name }) => name), server.tools) },
  },
  {
    title: 'each notification arrives by itself, in order, before the result (server/utilities/logging#log-message-notifications)',
    run: async (t, { client, ear }) => {
      const dir = t.testdir(FILES)
      const paths = Object.keys(FILES).map(name => `${dir}/${name}`)
      const heard: Facts[] = []
      // What is heard and the turns of the event loop between: all at once would leave no turn before the last.
      const journal: string[] = []
      const onNote = ({ level, data }: Note): void => {
        t.equal(level, 'info')
        const facts = data as Facts
        heard.push(facts)
        journal.push(facts.file)
        setImmediate(() => journal.push('turn'))
        ear.hear(facts.file)
      }
      const result = await client.call(TOOL, { paths, delayMs: DELAY_MS }, { onNote })
      t.strictSame(heard, await Promise.all(paths.map(factsOf)), 'all of them, in order, before the result')
      t.ok(journal.indexOf('turn') < journal.indexOf(paths.at(-1)!), 'the first is heard in an earlier turn than the last')
      t.not(result.isError, true, JSON.stringify(result))
      t.equal(result.content[0]?.type, 'text')
    },
  },
  {
    title: 'a cancelled call ends, and its stream is not asked for again and again (basic/utilities/cancellation#cancellation-flow)',
    run: async (t, { client, server: { reach }, ear }) => {
      const dir = t.testdir(FILES)
      const paths = Object.keys(FILES).map(name => `${dir}/${name}`)
      const before = reach?.traffic.of('GET').length ?? 0
      const cancel = new AbortController()
      await t.rejects(client.call(TOOL, { paths, delayMs: DELAY_MS }, { onNote: () => cancel.abort(), signal: cancel.signal }))
      for (const path of paths) ear.hear(path)
      // A client that keeps coming back does so between these.
      for (let ping = 0; ping < PINGS; ping++) await client.ping()
      if (!reach) return
      const gets = reach.traffic.of('GET').length - before
      t.ok(gets <= MAX_GETS, `${gets} GET requests after the call was cancelled`)
    },
  },
  {
    title: 'a tool that fails says so in its result (server/tools#error-handling)',
    when: within,
    run: async (t, { client }) => {
      const result = await client.call('fail', {})
      t.equal(result.isError, true)
      t.equal(textOf(result), 'it did not work')
    },
  },
  {
    title: 'a result has its data as text, and as structuredContent where the revision knows it (server/tools#structured-content)',
    when: within,
    run: async (t, pair) => {
      const result = await pair.client.call('measure', { text: 'four' })
      t.equal(textOf(result), '{"length":4}')
      const listed = (await pair.client.tools()).find(({ name }) => name === 'measure')
      if (!isBefore(pair, '2025-06-18')) {
        t.strictSame(result.structuredContent, { length: 4 })
        t.match(listed?.outputSchema, { type: 'object' })
      } else if (pair.kinds.server.ours) {
        t.notOk('structuredContent' in result, 'no member that the revision does not know')
        t.notOk(listed && 'outputSchema' in listed)
      }
    },
  },
  {
    title: 'several calls are in flight at once, and each gets its own result (basic/index#requests)',
    when: within,
    run: async (t, { client, kinds }) => {
      const names = Array.from({ length: AT_ONCE }, (_, i) => `guest ${i}`)
      const heard = names.map((): unknown[] => [])
      const results = await Promise.all(names.map((name, i) =>
        client.call('meet', { where: 'here', name, of: AT_ONCE }, { onNote: ({ data }) => heard[i]!.push((data as { name: string }).name) })))
      t.strictSame(results.map(textOf), names)
      if (kinds.client.ours) t.strictSame(heard, names.map(name => [name]), 'each call hears what is said of it, and no more')
    },
  },
  {
    title: 'sampling: the server has the client\'s model speak (client/sampling#creating-messages)',
    when: within,
    run: async (t, pair) => {
      t.match(await ask(pair, 'sample'), ANSWERS.sample(QUESTIONS.sample.params))
    },
  },
  {
    title: 'elicitation: the server has the person fill in a form (client/elicitation#creating-elicitation-requests)',
    when: pair => within(pair) && !isBefore(pair, '2025-06-18'),
    run: async (t, pair) => {
      t.match(await ask(pair, 'elicit'), ANSWERS.elicit(QUESTIONS.elicit.params))
    },
  },
  {
    title: 'elicitation at a revision without it fails the call, and hangs nobody',
    when: pair => within(pair) && pair.kinds.server.ours && isBefore(pair, '2025-06-18'),
    run: async (t, { client }) => {
      await t.rejects(client.call('ask', { what: 'elicit', cut: false } satisfies Asking), { code: -32603 })
    },
  },
  {
    title: 'roots: the server asks where it may look (client/roots#listing-roots)',
    when: within,
    run: async (t, pair, { traffic }) => {
      // The official servers ask on the GET stream.
      await traffic.listening()
      t.match(await ask(pair, 'roots'), { roots: ANSWERS.roots() })
    },
  },
  {
    title: 'a stream cut in the middle is resumed: nothing lost, nothing twice (basic/transports#resumability-and-redelivery)',
    when: within,
    run: (t, pair, reach) => countOver(t, pair, reach, { run: 'cut', to: 8, cutAfter: 3, politely: false }),
  },
  {
    title: 'a question put while the stream is cut is asked when it is resumed, and answered (basic/transports#resumability-and-redelivery)',
    when: within,
    run: async (t, pair) => {
      t.match(await ask(pair, 'sample', true), ANSWERS.sample(QUESTIONS.sample.params))
    },
  },
  {
    title: 'a connection that the server ends is polled for the rest (basic/transports#sending-messages-to-the-server)',
    when: pair => within(pair) && !isBefore(pair, '2025-11-25'),
    run: (t, pair, reach) => countOver(t, pair, reach, { run: 'poll', to: 8, cutAfter: 3, politely: true }),
  },
  {
    title: 'what belongs to no request comes on the GET stream (basic/transports#listening-for-messages-from-the-server)',
    when: within,
    run: async (t, { inbox }, { traffic, announce, changeTools }) => {
      await traffic.listening()
      await announce('by the way')
      await inbox.until('by the way', isAbout('by the way'))
      const heard = inbox.of(isAbout('by the way'))
      t.equal(heard.length, 1)
      t.match(heard[0], { method: 'notifications/message', params: { level: 'info' } })
      const changed = ({ method }: Heard): boolean => method === 'notifications/tools/list_changed'
      await changeTools()
      await inbox.until('tools/list_changed', changed)
      t.equal(inbox.of(changed).length, 1)
    },
  },
  {
    title: 'a GET stream that is cut is resumed: nothing lost, nothing twice (basic/transports#resumability-and-redelivery)',
    when: within,
    run: async (t, { inbox }, { traffic, announce }) => {
      await announce('before')
      await inbox.until('before', isAbout('before'))
      await traffic.cut('GET')
      for (const data of ['while nobody listened', 'and again']) await announce(data)
      await inbox.until('and again', isAbout('and again'))
      await announce('after')
      await inbox.until('after', isAbout('after'))
      const all = ['before', 'while nobody listened', 'and again', 'after']
      t.strictSame(inbox.of(({ params }) => all.includes(params?.data as string)).map(({ params }) => params?.data), all)
    },
  },
  {
    title: 'a session that the server forgot is replaced, once, and the calls are made in the new one (basic/transports#session-management)',
    // The official clients leave it to the application.
    when: pair => within(pair) && pair.kinds.client.ours,
    run: async (t, { client, server, inbox, revision }, { traffic, announce }) => {
      const forgotten = traffic.session!
      const { ok } = await fetch(server.url, { method: 'DELETE', headers: { 'mcp-session-id': forgotten, 'mcp-protocol-version': revision } })
      t.ok(ok)
      const results = await Promise.all(['a', 'ab', 'abc'].map(text => client.call('measure', { text })))
      t.strictSame(results.map(textOf), ['{"length":1}', '{"length":2}', '{"length":3}'])
      t.equal(inbox.replaced, 1)
      t.not(traffic.session, forgotten)
      await traffic.listening()
      await announce('to the new one')
      await inbox.until('to the new one', isAbout('to the new one'))
    },
  },
  {
    title: 'closing ends the session with DELETE, and the server knows it no more (basic/transports#session-management)',
    when: within,
    run: async (t, { client, server, revision }, { traffic }) => {
      const session = traffic.session!
      const before = traffic.of('DELETE').length
      await client.close()
      const goodbyes = traffic.of('DELETE').slice(before)
      t.equal(goodbyes.length, 1)
      t.equal(goodbyes[0]!.session, session)
      t.ok(goodbyes[0]!.status >= 200 && goodbyes[0]!.status < 300, `DELETE is answered ${goodbyes[0]!.status}`)
      const late = await fetch(server.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-session-id': session,
          'mcp-protocol-version': revision,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      })
      await late.text()
      t.equal(late.status, 404)
    },
  },
]
