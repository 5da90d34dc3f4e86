/** Gives a server the clock, the randomness and the seal that its application did not. */
import { randomUUID } from 'node:crypto'
import type { Server } from '../server/server.js'
import { clock } from './clock.js'
import { createVault } from './vault.js'

/** Called by whatever mounts a server; a second mount shares what the first gave. */
export const equip = (server: Server): void => {
  server.vault ??= createVault()
  server.world ??= { nowMs: Date.now, newId: randomUUID, after: (ms, run) => clock.after(ms, run, false) }
}
