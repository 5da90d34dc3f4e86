/** The lanes: which request, over how many connections, what a right answer holds, and the ratio aimed at. */
import { post, type Fields, type Heard } from './post.js'
import { DONE, MODERN_META, MODERN_VERSION, NOTES, PROTOCOL_VERSION, TEXT } from './traffic.js'

export interface Lane {
  readonly name: string
  /** Each carries one request at a time. */
  readonly connections: number
  /** The ratio to the floor aimed at; absent where none is set. */
  readonly target?: number
  /** Does what must come before the requests, and returns the fields they all carry. */
  readonly open: (url: URL) => Promise<Fields>
  /** The request, whatever its id. */
  readonly request: { readonly method: string; readonly params: object }
  /** @throws Error in words if this is not a right answer to `request` */
  readonly check: (heard: Heard) => void
}

export const BASE: Fields = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' }

/** The legacy opening: initialize, initialized, and from then on the session's id and revision on every request. */
export const openSession = async (url: URL): Promise<Fields> => {
  const params = { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } }
  const heard = await post(url, BASE, { jsonrpc: '2.0', id: 1, method: 'initialize', params })
  if (heard.status !== 200) throw new Error(`initialize answered ${heard.status}: ${heard.text}`)
  const session = heard.fields['mcp-session-id']
  const fields = { ...BASE, 'MCP-Protocol-Version': PROTOCOL_VERSION, ...(session === undefined ? {} : { 'Mcp-Session-Id': session }) }
  await post(url, fields, { jsonrpc: '2.0', method: 'notifications/initialized' })
  return fields
}

const expecting = (text: string, notes: readonly unknown[]) => ({ status, messages, text: body }: Heard): void => {
  const logged = messages.filter(message => message.method === 'notifications/message').map(message => message.params?.data)
  const said = messages.at(-1)?.result?.content?.[0]?.text
  if (status !== 200 || said !== text || JSON.stringify(logged) !== JSON.stringify(notes)) {
    throw new Error(`expected ${notes.length} notes and then "${text}", got ${status}: ${body.slice(0, 2000)}`)
  }
}

const call = (name: string, args: object) => ({ method: 'tools/call', params: { name, arguments: args } })
const echo = { open: openSession, request: call('echo', { text: TEXT }), check: expecting(TEXT, []) }
const notes = { open: openSession, check: expecting(DONE, NOTES) }

/** No opening: what the session said, each request says. */
export const modernFields = (method: string, name?: string): Fields =>
  ({ ...BASE, 'MCP-Protocol-Version': MODERN_VERSION, 'Mcp-Method': method, ...(name === undefined ? {} : { 'Mcp-Name': name }) })
const modernCall = (name: string, args: object, meta: object = {}) => ({
  open: async () => modernFields('tools/call', name),
  request: { method: 'tools/call', params: { name, arguments: args, _meta: { ...MODERN_META, ...meta } } },
})
const logging = { 'io.modelcontextprotocol/logLevel': 'info' }

/** Sixteen connections keep even the slow parts of a stream busy; one shows what a lonely request costs. */
export const LANES: readonly Lane[] = [
  { name: 'echo c1', connections: 1, ...echo },
  { name: 'echo c64', connections: 64, target: 1.5, ...echo },
  { name: 'burst', connections: 16, target: 1.6, request: call('burst', {}), ...notes },
  { name: 'spread', connections: 16, target: 1.2, request: call('spread', {}), ...notes },
  { name: 'modern echo', connections: 64, target: 1.5, ...modernCall('echo', { text: TEXT }), check: expecting(TEXT, []) },
  { name: 'modern burst', connections: 16, target: 1.6, ...modernCall('burst', {}, logging), check: expecting(DONE, NOTES) },
  { name: 'modern spread', connections: 16, target: 1.2, ...modernCall('spread', {}, logging), check: expecting(DONE, NOTES) },
]
