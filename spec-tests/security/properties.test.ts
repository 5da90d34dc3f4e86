/** The properties of spec-tests/fuzz, in short: `node build/spec-tests/fuzz/run.js --minutes N` goes on for longer. A failure names its seed. */
import t from 'tap'
import { Endpoint } from '../fuzz/endpoint.js'
import { endpointProperties, READERS } from '../fuzz/properties.js'

const RUNS = 500

/** The same inputs each time: what fails here fails again. */
const SEED = 7

for (const { name, run } of READERS) {
  t.test(`property  ${name}`, async t => {
    let inputs = 0
    await run({ runs: RUNS, seed: SEED, tried: () => inputs++ })
    t.ok(inputs >= RUNS, `${inputs} inputs`)
  })
}

t.test('CVE-2025-53366 property  the endpoint', async t => {
  const endpoint = await Endpoint.start()
  t.teardown(() => endpoint.stop())
  for (const { name, run } of endpointProperties(endpoint)) {
    await t.test(name, async t => {
      let inputs = 0
      await run({ runs: RUNS, seed: SEED, tried: () => inputs++ })
      t.ok(inputs > 0, `${inputs} inputs`)
    })
  }
})
