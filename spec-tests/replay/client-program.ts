/** Our client as a program that the runner can drive: the URL is its last argument. `--misbehave` makes it say what no driver should. */

import { createInterface } from 'node:readline'
import type { Told } from '../../lib/replay/driver.js'
import { ourClient } from './our-client.js'

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
const handle = await ourClient.start(process.argv.at(-1)!, heard => say({ heard }))
if (process.argv.includes('--misbehave')) console.log('Hello! I am a client.')
for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: action } = JSON.parse(line) as { readonly id: number; readonly do: Told }
  void handle.do(id, action).then(outcome => say({ id, ...outcome }))
}
await handle.stop()
