/** Our client as a program that the runner can drive: the URL is its last argument, or else what comes
 * after `--` is the command of its server. `--misbehave` makes it say what no driver should. */

import { createInterface } from 'node:readline'
import type { Told } from '../../lib/replay/driver.js'
import { ourClient } from './our-client.js'

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
const [program, ...args] = process.argv.slice(process.argv.lastIndexOf('--') + 1)
const target = process.argv.includes('--') ? [program!, ...args] as const : process.argv.at(-1)!
const handle = await ourClient.start(target, heard => say({ heard }))
if (process.argv.includes('--misbehave')) console.log('Hello! I am a client.')
for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: action } = JSON.parse(line) as { readonly id: number; readonly do: Told }
  void handle.do(id, action).then(outcome => say({ id, ...outcome }))
}
await handle.stop()
