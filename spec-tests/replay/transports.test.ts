/** One application over every transport: the fixtures pass on pipes too, and what a client learns does not depend on what carries it. */

import { fileURLToPath } from 'node:url'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { connect, type Client, type ConnectOptions, type Target } from '../../lib/client.js'
import { everything } from '../../lib/examples/everything.js'
import { listen, serveStdio } from '../../lib/server.js'
import type { ServerCase } from '../../lib/replay/case.js'
import { loadSuite } from '../../lib/replay/load.js'
import { playPipe } from '../../lib/replay/pipe-suite.js'
import { ssePeer } from '../../lib/replay/sse-peer.js'
import { linesPeer, stdioPeer } from '../../lib/replay/stdio-peer.js'
import { judge, leavesNothing } from './piped.js'

t.setTimeout(120_000)

const suite = await loadSuite(fileURLToPath(new URL('../../../fixtures', import.meta.url)))
const MAIN = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url))
const REFERENCE = ['serve', '--example', 'everything', '--stdio']

t.test('every case that lines can carry passes against the reference server, at every revision', async t => {
  const server = everything()
  const peer = linesPeer(() => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    serveStdio(server, { input, output, graceMs: 0 })
    return { input, output }
  })
  await judge(t, playPipe(suite, peer), { '2024-11-05': 190, '2025-03-26': 200, '2025-06-18': 210, '2025-11-25': 260, '2026-07-28': 340 })
  await peer.close()
  await leavesNothing(t)
})

t.test('every case that HTTP+SSE can carry passes against it, at 2024-11-05 and the newest that is negotiated there', async t => {
  const serving = await listen(everything(), { port: 0, sse: {} })
  const peer = ssePeer(new URL('/sse', serving.url))
  await judge(t, playPipe(suite, peer, { revisions: ['2024-11-05', '2025-11-25'] }), { '2024-11-05': 190, '2025-11-25': 260 })
  await peer.close()
  await serving.close({ graceMs: 0 })
  await leavesNothing(t)
})

t.test('those about lines pass against it as a program', async t => {
  const peer = stdioPeer(process.execPath, [MAIN, ...REFERENCE])
  const select = (one: ServerCase): boolean => one.folder === 'stdio'
  await judge(t, playPipe(suite, peer, { select }), { '2024-11-05': 5, '2025-03-26': 5, '2025-06-18': 5, '2025-11-25': 5, '2026-07-28': 5 })
  await peer.close()
  await leavesNothing(t)
})

/** What one application learns of another that it is connected to. */
const tour = async (client: Client): Promise<unknown> => {
  const call = client.callTool('process_files', { files: ['a.txt', 'b.txt'] }, { progress: true })
  const notes: unknown[] = []
  for await (const { method, params } of call) notes.push([method, { ...params, progressToken: undefined }])
  return {
    server: client.server, capabilities: client.capabilities, revision: client.revision.id, notes, result: await call.result,
    tools: await client.listTools(), resources: await client.listResources(), prompts: await client.listPrompts(),
    prompt: await client.getPrompt('test_prompt_with_arguments', { arg1: 'x', arg2: 'y' }).result,
    resource: await client.readResource('test://static-text').result,
    asked: await client.callTool('test_sampling', { prompt: 'Hello?' }).result,
    failed: await client.callTool('test_error_handling').result,
    unknown: await client.callTool('no_such_tool').result.catch((error: Error) => [error.name, error.message]),
  }
}

const OPTIONS: ConnectOptions = {
  info: { name: 'tourist', version: '1' }, logLevel: 'info',
  answers: { sample: async () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: 'Hello.' } }) },
}

const toured = async (target: Target, ...revisions: readonly string[]): Promise<unknown> => {
  const client = await connect(target, { ...OPTIONS, revisions })
  try {
    return await tour(client)
  } finally {
    await client.close()
  }
}

t.test('one application is the same in process, over stdio, over Streamable HTTP and over HTTP+SSE', async t => {
  const serving = await listen(everything(), { port: 0, sse: {} })
  const targets: readonly (readonly [string, Target, readonly string[]])[] = [
    ['stdio', { command: process.execPath, args: [MAIN, ...REFERENCE] }, ['2024-11-05', '2025-11-25', '2026-07-28']],
    ['Streamable HTTP', serving.url, ['2025-11-25', '2026-07-28']],
    ['HTTP+SSE', new URL('/sse', serving.url), ['2024-11-05', '2025-11-25']],
  ]
  for (const revision of ['2024-11-05', '2025-11-25', '2026-07-28']) {
    const inProcess = await toured(everything(), revision)
    for (const [name, target, revisions] of targets) {
      if (!revisions.includes(revision)) continue
      // HTTP+SSE is looked for by a client of its own revision alone; a newer one is negotiated there.
      t.same(await (name === 'HTTP+SSE' ? toured(target, '2024-11-05', revision) : toured(target, revision)), inProcess, `${revision} ${name}`)
    }
  }
  await serving.close({ graceMs: 0 })
  await leavesNothing(t)
})
