/** A hand that speaks lines to a server for tests, over streams in memory: what was said to it, one message at a time. */
import { PassThrough } from 'node:stream'
import type { Test } from 'tap'
import type { Server } from '../lib/server.js'
import { serveStdio, type StdioOptions, type StdioServing } from '../lib/io/stdio-server.js'

export interface Heard {
  readonly jsonrpc?: '2.0'
  readonly id?: string | number
  readonly method?: string
  readonly params?: { readonly [member: string]: unknown }
  readonly result?: { readonly [member: string]: unknown }
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly [member: string]: unknown } }
}

/** Messages as they come; one that never does fails with its test, whose time is bounded. */
export class Inbox {
  readonly all: unknown[] = []
  #next = 0
  #waiting: (() => void) | undefined

  push(message: unknown): void {
    this.all.push(message)
    this.#waiting?.()
  }

  /** The next message: an object, or the array that answers a batch. */
  async next<T = Heard>(): Promise<T> {
    while (this.#next >= this.all.length) await new Promise<void>(resolve => (this.#waiting = resolve))
    return this.all[this.#next++] as T
  }

  /** Messages that came and were not looked at. */
  get rest(): unknown[] {
    return this.all.slice(this.#next)
  }
}

export interface Talk extends Inbox {
  readonly serving: StdioServing
  readonly input: PassThrough
  readonly output: PassThrough
  /** Each as one line: an object as JSON, a string as it is. */
  say(...messages: readonly (object | string)[]): void
}

/** Serves over two streams in memory, which are ended with the test. */
export const talk = (t: Test, server: Server, options: StdioOptions = {}): Talk => {
  const input = new PassThrough()
  const output = new PassThrough()
  const serving = serveStdio(server, { input, output, ...options })
  const inbox = new Inbox()
  let rest = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) inbox.push(JSON.parse(line))
  })
  t.teardown(() => serving.close({ graceMs: 0 }))
  return Object.assign(inbox, {
    serving, input, output,
    say: (...messages: readonly (object | string)[]) => void input.write(messages.map(one => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('')),
  })
}

export const initialize = (protocolVersion: string, capabilities: object = {}, id: string | number = 0): object => ({
  jsonrpc: '2.0', id, method: 'initialize', params: { protocolVersion, capabilities, clientInfo: { name: 'test', version: '1' } },
})

export const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' }

/** A request that says everything itself. */
export const modern = (id: string | number, method: string, params: object = {}, meta: object = {}): object => ({
  jsonrpc: '2.0', id, method,
  params: { ...params, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {}, ...meta } },
})

export const cancel = (requestId: string | number, reason?: string): object => ({
  jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId, ...(reason !== undefined && { reason }) },
})
