/**
 * Ours against the official SDKs, both roles: every client with every server, each pair doing every row of `CELLS` at the newest
 * session revision, and at the older ones wherever one of the two can be held to them.
 * Where neither side is ours the pair is a control: if it fails too, the harness is at fault.
 */
import t from 'tap'
import { CELLS, type Pair } from './interop/cells.js'
import { CLIENTS, type ClientKind } from './interop/clients.js'
import { Inbox } from './interop/inbox.js'
import { Ear } from './interop/job.js'
import { SERVERS, type ServerKind } from './interop/servers.js'

const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25'] as const
const NEWEST = '2025-11-25'

const meets = (server: ServerKind, client: ClientKind, revision: string): boolean =>
  revision === NEWEST || ((server.ours || client.ours) && (server.pins || client.pins))

for (const revision of REVISIONS) {
  for (const server of SERVERS) {
    for (const client of CLIENTS) {
      if (!meets(server, client, revision)) continue
      const control = server.ours || client.ours ? '' : ' (control)'
      t.test(`${revision}  ${client.name} to ${server.name}${control}`, async t => {
        const ear = new Ear()
        const inbox = new Inbox()
        // One side is held to it, so that the other is seen to follow; nobody is held to the newest.
        const held = revision === NEWEST ? undefined : revision
        const running = await server.start(ear, server.pins ? held : undefined)
        t.teardown(() => running.stop())
        const open = await client.open(running.url, inbox, server.pins ? undefined : held)
        t.teardown(() => open.close())
        const pair: Pair = { kinds: { client, server }, revisions: REVISIONS, revision, client: open, server: running, ear, inbox }
        for (const { title, when, run } of CELLS) {
          if (when?.(pair) ?? true) await t.test(title, t => run(t, pair, running.reach!))
        }
      })
    }
  }
}
