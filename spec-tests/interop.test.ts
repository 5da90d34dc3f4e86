/**
 * Ours against the official SDKs, both roles: every client with every server, each pair doing every row of `CELLS` at the newest
 * session revision, and at the older ones wherever one of the two can be held to them and one is ours.
 * Where neither side is ours the pair is a control: if it fails too, the harness is at fault.
 */
import t from 'tap'
import { CELLS, REVISIONS, type Pair, type SessionRevision } from './interop/cells.js'
import { CLIENTS, type ClientKind } from './interop/clients.js'
import { Inbox } from './interop/inbox.js'
import { Ear } from './interop/job.js'
import { SERVERS, type ServerKind } from './interop/servers.js'

const meets = (server: ServerKind, client: ClientKind, revision: SessionRevision): boolean =>
  revision === REVISIONS[0] || ((server.ours || client.ours) && (server.holds || client.holds))

for (const revision of REVISIONS) {
  for (const server of SERVERS) {
    for (const client of CLIENTS) {
      if (!meets(server, client, revision)) continue
      const control = server.ours || client.ours ? '' : ' (control)'
      t.test(`${revision}  ${client.name} to ${server.name}${control}`, async t => {
        const ear = new Ear()
        const inbox = new Inbox()
        // One side is held to it, so that the other is seen to follow.
        const running = await server.start(ear, server.holds ? [revision] : REVISIONS)
        t.teardown(() => running.stop())
        const open = await client.open(running.url, inbox, server.holds ? REVISIONS : [revision])
        t.teardown(() => open.close())
        const pair: Pair = { kinds: { client, server }, revision, client: open, server: running, ear, inbox }
        for (const { title, when, run } of CELLS) {
          if (when?.(pair) ?? true) await t.test(title, t => run(t, pair, running.reach!))
        }
      })
    }
  }
}
