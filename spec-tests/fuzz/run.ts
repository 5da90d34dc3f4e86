/**
 * `node build/spec-tests/fuzz/run.js [--minutes N] [--seed N]`: the properties, with ever new inputs, for as long as asked (default 1 minute).
 * They run in a process of their own, which this one watches: an input that is never done with is found, and named by its seed.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Endpoint } from './endpoint.js'
import { endpointProperties, READERS } from './properties.js'

/** Inputs for a property before it is the next one's turn. */
const RUNS = 2000
/** A batch that is not done in this time hangs. */
const HUNG_MS = 60_000

interface Beat {
  readonly name: string
  readonly seed: number
  readonly inputs: number
  readonly heap: number
}

const { values: { minutes = '1', seed: first = String(Date.now() % 1_000_000), worker = false } } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' }, worker: { type: 'boolean' } } })

const work = async (): Promise<void> => {
  for (const event of ['unhandledRejection', 'uncaughtException']) {
    process.on(event, error => {
      console.error(`${event} while fuzzing:`, error)
      process.exit(1)
    })
  }
  const endpoint = await Endpoint.start()
  const properties = [...READERS, ...endpointProperties(endpoint)]
  const until = performance.now() + Number(minutes) * 60_000
  for (let seed = Number(first); performance.now() < until; seed++) {
    for (const { name, run } of properties) {
      if (performance.now() >= until) break
      let inputs = 0
      const beat = (): void => void process.send!({ name, seed, inputs, heap: process.memoryUsage().heapUsed } satisfies Beat)
      beat()
      try {
        await run({ runs: RUNS, seed, tried: () => inputs++ })
      } catch (error) {
        console.error(`\n${name}\nseed ${seed}:`, error)
        process.exit(1)
      }
      beat()
    }
  }
  await endpoint.stop()
  process.disconnect()
}

const watch = (): void => {
  console.log(`fuzz: ${minutes} min from seed ${first}`)
  const child = fork(fileURLToPath(import.meta.url), ['--minutes', minutes, '--seed', first, '--worker'])
  const tried = new Map<string, number>()
  let last: Beat | undefined
  let mostHeap = 0
  let timer: NodeJS.Timeout | undefined
  child.on('message', (beat: Beat) => {
    last = beat
    mostHeap = Math.max(mostHeap, beat.heap)
    tried.set(beat.name, (tried.get(beat.name) ?? 0) + beat.inputs)
    clearTimeout(timer)
    timer = setTimeout(() => {
      console.error(`hangs: ${last!.name}, seed ${last!.seed}`)
      child.kill('SIGKILL')
    }, HUNG_MS)
  })
  child.on('exit', code => {
    clearTimeout(timer)
    for (const [name, inputs] of tried) console.log(`${String(inputs).padStart(10)}  ${name}`)
    console.log(`${String([...tried.values()].reduce((a, b) => a + b, 0)).padStart(10)}  inputs in all; last seed ${last?.seed}; heap at most ${(mostHeap / 1_048_576).toFixed(0)} MiB; ${code === 0 ? 'all hold' : 'FAILED'}`)
    process.exitCode = code === 0 ? 0 : 1
  })
}

if (worker) await work()
else watch()
