/** What the runner as a server writes: a reply step as text, right or wrong on purpose, and what the house says when no step does. */

import type { Reply, ReplyEvent, ReplyStep, Serving } from './client-steps.js'
import { isRequest, type Arrival } from './arrivals.js'
import type { RevisionRow } from './load.js'
import { fill, type Bindings, type Pattern } from './match.js'

/** A reply, or more of one. */
export interface Answer {
  readonly status: number
  readonly fields: readonly string[]
  readonly text: string
}

const JSON_TYPE = 'application/json'
const SSE_TYPE = 'text/event-stream'

/** A reply step as what is to be written. */
export const answerOf = ({ status, fields = [], say, events, body }: ReplyStep['reply'], to: Arrival, known: Bindings): Answer => {
  const lines = fields.flatMap(([name, value]) => {
    const filled = fill(value, known)
    return filled === null ? [] : [name, String(filled)]
  })
  const typed = lines.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'content-type')
  const answer = (type: string, text: string): Answer =>
    ({ status: status ?? 200, fields: typed ? lines : ['Content-Type', type, ...lines], text })
  if (body !== undefined) return answer(JSON_TYPE, String(fill(body, known)))
  const [first, ...more] = say ?? []
  if (first && more.length === 0 && !('call' in first) && !('notify' in first)) {
    return answer(JSON_TYPE, JSON.stringify(messageOf(first, to, known)))
  }
  if (say) return answer(SSE_TYPE, say.map(one => eventText({ say: one }, to, known)).join(''))
  if (events) return answer(SSE_TYPE, events.map(event => eventText(event, to, known)).join(''))
  return { status: status ?? 202, fields: lines, text: '' }
}

const messageOf = (reply: Reply, to: Arrival, known: Bindings): unknown => {
  const filled = (template: Pattern | undefined): unknown => template === undefined ? undefined : fill(template, known)
  if ('json' in reply) return filled(reply.json)
  if ('call' in reply) return { jsonrpc: '2.0', id: filled(reply.id), method: reply.call, params: filled(reply.params) }
  if ('notify' in reply) return { jsonrpc: '2.0', method: reply.notify, params: filled(reply.params) }
  const id = reply.id === undefined ? idOf(to) : filled(reply.id)
  return 'result' in reply ? { jsonrpc: '2.0', id, result: filled(reply.result) } : { jsonrpc: '2.0', id, error: filled(reply.error) }
}

const eventText = (event: ReplyEvent, to: Arrival, known: Bindings): string => {
  if ('raw' in event) return event.raw
  const { id, retry, say } = event
  const data = say ? JSON.stringify(messageOf(say, to, known)) : event.data
  const lines = [
    ...(event.event === undefined ? [] : [`event: ${event.event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(retry === undefined ? [] : [`retry: ${retry}`]),
    ...(data === undefined ? [] : data.split('\n').map(line => `data: ${line}`)),
  ]
  return `${lines.join('\n')}\n\n`
}

/** The id of the request that arrived, if one did. */
export const idOf = ({ seen }: Arrival): unknown => (seen.json as { readonly id?: unknown } | undefined)?.id

const CAPABILITIES: Pattern = { logging: {}, tools: { listChanged: true } }
const SELF = { name: 'mcpwire-replay', version: '1.0.0' }
const TOOLS = { tools: [{ name: 'work', inputSchema: { type: 'object' } }] }
const DONE = { content: [{ type: 'text', text: 'done' }] }
/** basic/index#resulttype, basic/index#meta */
const SAID = { resultType: 'complete', _meta: { 'io.modelcontextprotocol/serverInfo': SELF } }
/** server/utilities/caching#cacheable-results */
const UNKEPT = { ttlMs: 0, cacheScope: 'private' }

/** Answers what no step awaits, as a plain server would. */
export class House {
  /** The session named last. */
  session: string | null = null
  #sessions = 0
  #opened = false

  constructor(private readonly at: RevisionRow, private readonly serving: Serving) {}

  answer(arrival: Arrival): Answer {
    const { kind, verb, json } = arrival.seen
    if (verb === 'GET') return this.#status(this.serving.get ?? 405)
    if (verb === 'DELETE') return this.#status(this.serving.delete ?? 200)
    if (!isRequest(json)) return this.#status(202)
    if (this.at.opening === 'each-request') return this.#stateless(kind, idOf(arrival))
    const result = (value: object): Answer => this.#result(idOf(arrival), value)
    if (kind === 'initialize') return this.opening(result(this.introduction() as object))
    if (kind === 'ping') return result({})
    // A client that tries whether this is a server without sessions learns from the status that it is not.
    if (!this.#opened) return this.#error(400, idOf(arrival), -32600, 'initialize first')
    if (kind === 'logging/setLevel') return result({})
    if (kind === 'tools/list') return result(TOOLS)
    if (kind === 'tools/call') return result(DONE)
    return this.#error(200, idOf(arrival), -32601, `${kind} is not offered here`)
  }

  /** Without sessions: every result says its type and who we are, and what may be kept says for how long. */
  #stateless(kind: string, id: unknown): Answer {
    if (kind === 'server/discover') return this.#result(id, this.introduction() as object)
    if (kind === 'tools/list') return this.#result(id, { ...SAID, ...UNKEPT, ...TOOLS })
    if (kind === 'tools/call') return this.#result(id, { ...SAID, ...DONE })
    if (kind === 'initialize') return this.#error(400, id, -32020, `MCP-Protocol-Version is missing; this server speaks ${this.at.revision}`)
    return this.#error(404, id, -32601, `${kind} is not offered here`)
  }

  /** The result of `initialize`, or of `server/discover`. */
  introduction(): Pattern {
    const capabilities = this.serving.capabilities ?? CAPABILITIES
    if (this.at.opening === 'each-request') return { ...SAID, ...UNKEPT, supportedVersions: [this.at.revision], capabilities }
    return { protocolVersion: this.at.revision, capabilities, serverInfo: SELF }
  }

  /** The answer that opens a session, with a name for it if it has none yet and this house names any. */
  opening(answer: Answer): Answer {
    const { status, fields } = answer
    if (status !== 200) return answer
    this.#opened = true
    const at = fields.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'mcp-session-id')
    if (at < 0 && this.serving.session === false) return answer
    this.session = at < 0 ? `session-${++this.#sessions}` : fields[at + 1]!
    return at < 0 ? { ...answer, fields: [...fields, 'Mcp-Session-Id', this.session] } : answer
  }

  #result(id: unknown, result: object): Answer {
    return this.#json(200, { jsonrpc: '2.0', id, result })
  }

  #error(status: number, id: unknown, code: number, message: string): Answer {
    return this.#json(status, { jsonrpc: '2.0', id, error: { code, message } })
  }

  #json(status: number, value: unknown): Answer {
    return { status, fields: ['Content-Type', JSON_TYPE], text: JSON.stringify(value) }
  }

  #status(status: number): Answer {
    return { status, fields: [], text: '' }
  }
}
