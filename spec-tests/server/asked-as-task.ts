/** A server whose tool asks a question as a task, and a client of a test's own lines. */
import type { Test } from 'tap'
import { Pipe, pipeOptions } from '../../lib/io/pipe.js'
import { asTask, createServer, needs, type Question, type Server } from '../../lib/server.js'
import { TestClock } from '../client/scripted.js'

export interface Said {
  readonly id?: unknown
  readonly method?: string
  readonly params?: { readonly [name: string]: unknown }
  readonly result?: { readonly content?: readonly { readonly text?: string }[]; readonly isError?: boolean }
  readonly error?: { readonly code: number; readonly message: string }
}

export const FORM = { message: 'who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } }
export const ASKED: Question = { method: 'elicitation/create', params: FORM, task: { ttlMs: 60_000 } }
export const ACCEPTED = { action: 'accept', content: { name: 'Ann' } }
export const TASKS = { list: {}, cancel: {}, requests: { elicitation: { create: {} } } }
const AT = { createdAt: '2026-01-01T00:00:00Z', lastUpdatedAt: '2026-01-01T00:00:01Z' }
export const task = (status: string, more: object = {}): object => ({ taskId: 't1', status, ...AT, ttl: 60_000, pollInterval: 500, ...more })
export const made = (status = 'working', more: object = {}): object => ({ task: task(status, more) })

/** A server whose tool `ask` asks `questions`, then says what was answered; `long` does so as a task itself. */
export const asker = (questions: { readonly [name: string]: Question }, failed: unknown[] = []): Server => {
  const ask = ({ answers }: { readonly answers: object }): string | ReturnType<typeof needs> => (Object.keys(answers).length > 0 ? JSON.stringify(answers) : needs(questions))
  return createServer({ name: 's', version: '1' }, { onError: error => void failed.push(error) })
    .tool('ask', {}, (_, ctx) => ask(ctx))
    .tool('long', { taskSupport: 'optional' }, () => asTask(ask))
}

/** A client of the test's own lines on one pipe, whose call of `ask` is under way. */
export const conversation = async (t: Test, { capabilities = { elicitation: {}, tasks: TASKS } as object, questions = { who: ASKED } as { readonly [name: string]: Question }, revision = '2025-11-25', answerTimeoutMs = 600_000 } = {}) => {
  const clock = new TestClock()
  const failed: Error[] = []
  const server = asker(questions, failed)
  server.world = { nowMs: clock.nowMs, newId: clock.newId, after: clock.after }
  server.vault = { seal: () => 'sealed', open: () => undefined, redeem: () => undefined }
  const said: Said[] = []
  const waiting = new Set<() => void>()
  const pipe = new Pipe(server, pipeOptions(server.revisions, { answerTimeoutMs }), {
    say: json => {
      said.push(JSON.parse(json) as Said)
      for (const look of [...waiting]) look()
      return true
    },
    queued: 0,
  }, { clock, newId: clock.newId })
  t.teardown(() => pipe.end('the test is over'))
  const hear = (message: object): void => pipe.hear(JSON.stringify({ jsonrpc: '2.0', ...message }))
  /** The nth message that fits, which may be still to come. */
  const until = (fits: (said: Said) => boolean, nth = 1): Promise<Said> => new Promise(resolve => {
    const look = (): void => {
      const found = said.filter(fits)[nth - 1]
      if (!found) return
      waiting.delete(look)
      resolve(found)
    }
    waiting.add(look)
    look()
  })
  const asked = (method: string, nth = 1): Promise<Said> => until(one => one.method === method, nth)
  hear({ id: 'open', method: 'initialize', params: { protocolVersion: revision, capabilities, clientInfo: { name: 'c', version: '1' } } })
  hear({ method: 'notifications/initialized' })
  hear({ id: 'call', method: 'tools/call', params: { name: 'ask', arguments: {} } })
  const outcome = until(one => one.id === 'call')
  const answer = ({ id }: Said, result: unknown): void => hear({ id, result })
  const refuse = ({ id }: Said, code: number, message: string): void => hear({ id, error: { code, message } })
  const count = (method: string): number => said.filter(one => one.method === method).length
  /** Lets what is on its way arrive: everything here is in memory. */
  const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  return { clock, said, failed, hear, asked, answer, refuse, count, outcome, settle, pipe }
}
export const texts = ({ result }: Said): string => result!.content![0]!.text!
