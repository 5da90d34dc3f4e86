/** Ours against the official SDKs over stdio and over HTTP+SSE, both roles: the same few rows for every pair. */
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable, Stream } from 'node:stream'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { Client as ClientV2, SSEClientTransport as SseV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport as SseV1 } from '@modelcontextprotocol/sdk/client/sse.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { ListRootsRequestSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { listen } from '../lib/server.js'
import type { Carrier } from '../lib/client/carrier.js'
import { openClient } from '../lib/client/client.js'
import { clock } from '../lib/io/clock.js'
import { SseCarrier } from '../lib/io/sse-client.js'
import { StdioCarrier } from '../lib/io/stdio-client.js'
import { REVISIONS, type Revision } from '../lib/revisions/index.js'
import { COUNT, ours, TOOLS, v1 } from './interop/transports.js'
import { left } from './interop/left.js'

const PROGRAM = fileURLToPath(new URL('./interop/transports.js', import.meta.url))
const INFO = { name: 'interop', version: '1.0.0' }
const ROOTS = [{ uri: 'file:///srv/data', name: 'data' }]
const SESSIONS = REVISIONS.filter(({ sessions, http }) => sessions || http === 'http+sse')

t.afterEach(async t => {
  const held = await left()
  if (held.length > 0) t.fail(`left behind: ${held.join(', ')}`)
})

/** A client at work, of whatever make. */
interface Open {
  readonly revision: string | undefined
  tools(): Promise<readonly { readonly name: string }[]>
  call(name: string, onNote?: (data: unknown) => void, signal?: AbortSignal): Promise<string>
  close(): Promise<void>
}

type Content = { readonly content: readonly { readonly text?: string }[] }
const textOf = (result: unknown): string => (result as Content).content[0]!.text!

const openOurs = async (carrier: Carrier, offered: readonly Revision[] = SESSIONS): Promise<Open> => {
  const client = await openClient(carrier, clock, offered, { info: INFO, logLevel: 'info', answers: { roots: () => ROOTS } })
  return {
    revision: client.revision.id,
    tools: () => client.listTools(),
    call: async (name, onNote, signal) => {
      const call = client.callTool(name, {}, { ...(signal && { signal }) })
      for await (const note of call) if (note.method === 'notifications/message') onNote?.(note.params.data)
      return textOf(await call.result)
    },
    close: () => client.close(),
  }
}

const openV1 = async (transport: unknown): Promise<Open> => {
  const client = new ClientV1(INFO, { capabilities: { roots: {} } })
  let onNow: ((data: unknown) => void) | undefined
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: ROOTS }))
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => onNow?.(params.data))
  let revision: string | undefined
  // It tells its transport alone.
  const told = Object.assign(transport as Transport, { setProtocolVersion: (version: string) => { revision = version } })
  await client.connect(told)
  await client.setLoggingLevel('info')
  return {
    revision,
    tools: async () => (await client.listTools()).tools,
    call: async (name, onNote, signal) => {
      onNow = onNote
      return textOf(await client.callTool({ name, arguments: {} }, undefined, { ...(signal && { signal }) }))
    },
    close: () => client.close(),
  }
}

const openV2 = (mode: 'legacy' | 'auto') => async (transport: unknown): Promise<Open> => {
  const client = new ClientV2(INFO, { capabilities: { roots: {} }, versionNegotiation: { mode } })
  let onNow: ((data: unknown) => void) | undefined
  client.setRequestHandler('roots/list', () => ({ roots: ROOTS }))
  client.setNotificationHandler('notifications/message', ({ params }) => onNow?.(params.data))
  await client.connect(transport as never)
  if (mode === 'legacy') await client.setLoggingLevel('info')
  return {
    revision: client.getNegotiatedProtocolVersion(),
    tools: async () => (await client.listTools()).tools,
    call: async (name, onNote, signal) => {
      onNow = onNote
      // A request of the newest revision asks for its log entries by itself.
      const _meta = mode === 'auto' ? { _meta: { 'io.modelcontextprotocol/logLevel': 'info' } } : {}
      return textOf(await client.callTool({ name, arguments: {}, ..._meta }, { ...(signal && { signal }) }))
    },
    close: () => client.close(),
  }
}

/** The rows. `cancelled` settles when the server has seen the cancellation. */
const judge = async (t: Test, open: Open, revision: string, cancelled: Promise<unknown>, asks = true): Promise<void> => {
  t.equal(open.revision, revision)
  t.strictSame((await open.tools()).map(({ name }) => name), TOOLS)
  const heard: unknown[] = []
  t.equal(await open.call('count', data => heard.push(data)), 'counted')
  t.strictSame(heard, COUNT, 'log entries, in order, before the result')
  if (asks) t.strictSame(JSON.parse(await open.call('ask')), { roots: ROOTS })
  const cancel = new AbortController()
  await t.rejects(open.call('wait', () => cancel.abort(), cancel.signal))
  await cancelled
  t.equal(await open.call('count'), 'counted', 'the connection goes on')
  await open.close()
}

const saysCancelled = (stderr: Readable): Promise<unknown> => new Promise<void>(resolve => {
  createInterface({ input: stderr }).on('line', line => line === 'wait was cancelled' && resolve())
})

const stdioOf = (which: string) => ({ command: process.execPath, args: [PROGRAM, which], stderr: 'pipe' as const })
const overStdio = <T extends { readonly stderr: Stream | null }>(transport: T): [T, Readable] => [transport, transport.stderr as Readable]

for (const [name, make, revision] of [
  ['official SDK 1.32.2 client', () => overStdio(new StdioV1(stdioOf('ours'))), '2025-11-25'],
  ['official client 2.4.0', () => overStdio(new StdioV2(stdioOf('ours'))), '2025-11-25'],
  ['official client 2.4.0, modern', () => overStdio(new StdioV2(stdioOf('ours'))), '2026-07-28'],
] as const) {
  t.test(`stdio  ${name} to mcpwire serveStdio`, async t => {
    const [transport, stderr] = make()
    const cancelled = saysCancelled(stderr)
    const open = await (name.includes('SDK') ? openV1 : openV2(revision === '2026-07-28' ? 'auto' : 'legacy'))(transport)
    t.teardown(() => open.close())
    await judge(t, open, revision, cancelled)
  })
}

for (const [name, which, offered, revision] of [
  ['mcpwire serveStdio', 'ours', SESSIONS, '2025-11-25'],
  ['official SDK 1.32.2 server', 'v1', SESSIONS, '2025-11-25'],
  ['official server 2.4.0', 'v2', SESSIONS, '2025-11-25'],
  ['mcpwire serveStdio', 'ours', REVISIONS, '2026-07-28'],
  ['official SDK 1.32.2 server, after a probe that it refuses', 'v1', REVISIONS, '2025-11-25'],
  ['official server 2.4.0', 'v2', REVISIONS, '2026-07-28'],
] as const) {
  t.test(`stdio  ${revision}  mcpwire client to ${name}`, async t => {
    let seen!: () => void
    const cancelled = new Promise<void>(resolve => (seen = resolve))
    const onStderr = (line: string): void => {
      if (line === 'wait was cancelled') seen()
    }
    const open = await openOurs(new StdioCarrier({ command: process.execPath, args: [PROGRAM, which] }, clock, { onStderr }), offered)
    t.teardown(() => open.close())
    // The tool of 2.4.0 asks by a request, which the newest revision does not have.
    await judge(t, open, revision, cancelled, !(which === 'v2' && revision === '2026-07-28'))
  })
}

const serveOurs = async (t: Test, onStop: () => void): Promise<URL> => {
  const listening = await listen(ours(onStop), { port: 0, sse: {} })
  t.teardown(() => listening.close({ graceMs: 0 }))
  return new URL('/sse', listening.url)
}

const serveV1 = async (t: Test, onStop: () => void): Promise<URL> => {
  const transports = new Map<string, SSEServerTransport>()
  const http = createHttpServer(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url!, 'http://localhost')
    if (pathname === '/messages') return void await transports.get(searchParams.get('sessionId')!)!.handlePostMessage(req, res)
    const transport = new SSEServerTransport('/messages', res)
    transports.set(transport.sessionId, transport)
    await v1(onStop).connect(transport as Transport)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    http.closeAllConnections()
    http.close()
  })
  return new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/sse`)
}

for (const [name, serve, open] of [
  ['official SDK 1.32.2 client to mcpwire server', serveOurs, (url: URL) => openV1(new SseV1(url))],
  ['official client 2.4.0 to mcpwire server', serveOurs, (url: URL) => openV2('legacy')(new SseV2(url))],
  ['mcpwire client to mcpwire server', serveOurs, (url: URL) => openOurs(new SseCarrier(url, clock))],
  ['mcpwire client to official SDK 1.32.2 server', serveV1, (url: URL) => openOurs(new SseCarrier(url, clock))],
  ['official SDK 1.32.2 client to official SDK 1.32.2 server (control)', serveV1, (url: URL) => openV1(new SseV1(url))],
] as const) {
  t.test(`HTTP+SSE  ${name}`, async t => {
    let onStop!: () => void
    const cancelled = new Promise<void>(resolve => (onStop = resolve))
    const client = await open(await serve(t, onStop))
    t.teardown(() => client.close())
    await judge(t, client, '2025-11-25', cancelled)
  })
}
