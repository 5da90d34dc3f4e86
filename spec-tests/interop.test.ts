/**
 * Ours against the official SDKs, both roles: every client with every server, each pair doing every row of `CELLS`.
 * Where neither side is ours the pair is a control: if it fails too, the harness is at fault.
 */
import t, { type Test } from 'tap'
import { CLIENTS, type OpenClient } from './interop/clients.js'
import { Ear, factsOf, TOOL, type Facts } from './interop/job.js'
import { SERVERS, type RunningServer } from './interop/servers.js'

/** A pair at work. */
interface Pair {
  readonly client: OpenClient
  readonly server: RunningServer
  /** Where the client's hearing is reported. */
  readonly ear: Ear
}

interface Cell {
  readonly title: string
  readonly run: (t: Test, pair: Pair) => Promise<void>
}

const FILES = { 'a.txt': 'one\n', 'b.txt': 'one\ntwo\n', 'c.txt': 'one\ntwo\nthree\n', 'd.txt': 'é\n' }
const DELAY_MS = 100
const PINGS = 40
/** One to open a stream late, one to come back for what the call still had to say, and the further tries of the SDKs. */
const MAX_GETS = 4

const CELLS: readonly Cell[] = [
  {
    title: 'initialize settles on 2025-11-25 (basic/lifecycle#version-negotiation)',
    run: async (t, { client }) => { t.equal(client.revision, '2025-11-25') },
  },
  {
    title: 'ping is answered (basic/utilities/ping#behavior-requirements)',
    run: async (t, { client }) => { await t.resolves(client.ping()) },
  },
  {
    title: 'tools/list names the tool (server/tools#listing-tools)',
    run: async (t, { client }) => { t.strictSame(await client.toolNames(), [TOOL]) },
  },
  {
    title: 'each notification arrives by itself, in order, before the result (server/utilities/logging#log-message-notifications)',
    run: async (t, { client, ear }) => {
      const dir = t.testdir(FILES)
      const paths = Object.keys(FILES).map(name => `${dir}/${name}`)
      const heard: Facts[] = []
      // What is heard and the turns of the event loop between: all at once would leave no turn before the last.
      const journal: string[] = []
      const result = await client.processFiles({ paths, delayMs: DELAY_MS }, ({ level, data }) => {
        t.equal(level, 'info')
        heard.push(data)
        journal.push(data.file)
        setImmediate(() => journal.push('turn'))
        ear.hear(data.file)
      })
      t.strictSame(heard, await Promise.all(paths.map(factsOf)), 'all of them, in order, before the result')
      t.ok(journal.indexOf('turn') < journal.indexOf(paths.at(-1)!), 'the first is heard in an earlier turn than the last')
      t.not(result.isError, true, JSON.stringify(result))
      t.equal(result.content[0]?.type, 'text')
    },
  },
  {
    title: 'a cancelled call ends, and its stream is not asked for again and again (basic/utilities/cancellation#cancellation-flow)',
    run: async (t, { client, server, ear }) => {
      const dir = t.testdir(FILES)
      const paths = Object.keys(FILES).map(name => `${dir}/${name}`)
      const before = server.gets?.() ?? 0
      const cancel = new AbortController()
      await t.rejects(client.processFiles({ paths, delayMs: DELAY_MS }, () => cancel.abort(), cancel.signal))
      for (const path of paths) ear.hear(path)
      // A client that keeps coming back does so between these.
      for (let ping = 0; ping < PINGS; ping++) await client.ping()
      if (server.gets) t.ok(server.gets() - before <= MAX_GETS, `${server.gets() - before} GET requests after the call was cancelled`)
    },
  },
]

for (const server of SERVERS) {
  for (const client of CLIENTS) {
    const control = server.ours || client.ours ? '' : ' (control)'
    t.test(`${client.name} to ${server.name}${control}`, async t => {
      const ear = new Ear()
      const running = await server.start(ear)
      t.teardown(() => running.stop())
      const open = await client.open(running.url)
      t.teardown(() => open.close())
      for (const { title, run } of CELLS) await t.test(title, t => run(t, { client: open, server: running, ear }))
    })
  }
}
