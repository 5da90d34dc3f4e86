/** Inputs near enough to what is right to get past the first check, and far enough to fail at any later one. */
import fc from 'fast-check'

/** Names and values that mean something somewhere. */
const WORDS = ['__proto__', 'constructor', 'toString', 'jsonrpc', 'id', 'method', 'params', 'result', 'error', 'code', 'message', 'data', 'name', 'arguments', '_meta', 'uri', 'cursor', 'requestId', 'progressToken', 'protocolVersion', 'capabilities', 'clientInfo', 'level', 'ref', 'argument', 'task', 'taskId', 'requestState', 'inputResponses', 'notifications', 'io.modelcontextprotocol/protocolVersion', 'io.modelcontextprotocol/clientCapabilities', '', '\0', '\ud800', '\u2028'] as const
const METHODS = ['initialize', 'ping', 'tools/list', 'tools/call', 'prompts/list', 'prompts/get', 'resources/list', 'resources/templates/list', 'resources/read', 'resources/subscribe', 'resources/unsubscribe', 'completion/complete', 'logging/setLevel', 'tasks/get', 'tasks/list', 'tasks/result', 'tasks/cancel', 'tasks/update', 'server/discover', 'subscriptions/listen', 'notifications/initialized', 'notifications/cancelled', 'notifications/progress', 'notifications/roots/list_changed', 'roots/list', 'elicitation/create', 'x/heard', '__proto__', ''] as const
const TEXTS = ['2.0', '1.0', '2025-03-26', '2025-11-25', '2026-07-28', '9999-99-99', 'echo', 'speak', 'fails', 'asks', 'greet', 'test:///a', 'test:///any/x', 'info', 'debug', 'ref/prompt', 'ref/resource'] as const

const oneOf = (words: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...words)
const key = fc.oneof({ weight: 6, arbitrary: oneOf(WORDS) }, fc.string({ maxLength: 4 }))
const scalar = fc.oneof(oneOf(TEXTS), oneOf(METHODS), oneOf(WORDS), fc.string({ unit: 'binary', maxLength: 8 }), fc.integer(), fc.double(), fc.constantFrom(null, true, false, -0, 2 ** 53, 1e308, [], {}))

/** Any JSON value, of names that mean something. Members are pairs, so that `__proto__` is one and repetitions can be. */
const { value } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof({ maxDepth: 4, depthSize: 'small' }, scalar, fc.array(tie('value'), { maxLength: 4 }), fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map(pairs => Object.fromEntries(pairs)))
}))

const id = fc.oneof({ weight: 4, arbitrary: fc.constantFrom<unknown>(1, 2, 'a', '', 0, -1) }, scalar)
const params = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name: fc.oneof(oneOf(TEXTS), value), arguments: value, _meta: value, uri: fc.oneof(oneOf(TEXTS), value), level: value, requestId: id, progressToken: id, progress: value, cursor: value, ref: value, argument: value, task: value, taskId: value, notifications: value, protocolVersion: value, capabilities: value, clientInfo: value }, { requiredKeys: [] }) },
  value,
)
const message = fc.oneof(
  { weight: 5, arbitrary: fc.record({ jsonrpc: fc.constant('2.0'), id, method: oneOf(METHODS), params }, { requiredKeys: ['jsonrpc', 'method'] }) },
  { weight: 2, arbitrary: fc.record({ jsonrpc: fc.constant('2.0'), id, result: value, error: value }, { requiredKeys: ['jsonrpc'] }) },
  value,
)

/** JSON as text, sometimes spoilt: a character changed, a piece cut out, a piece said twice. */
const written = fc.oneof({ weight: 8, arbitrary: message }, fc.array(message, { maxLength: 4 })).map(said => JSON.stringify(said) ?? 'null')
const spoilt = fc.tuple(written, fc.nat(), fc.nat(20), fc.oneof(fc.string({ unit: 'binary', maxLength: 3 }), fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', '\\u0000', '\\ud800', '1e400', '9007199254740993', '\ufeff', '{"id":', '"id":1,', '"method":"ping",')))
  .map(([text, at, length, piece]) => {
    const from = text.length === 0 ? 0 : at % text.length
    return text.slice(0, from) + piece + text.slice(from + (length % 3 === 0 ? 0 : length))
  })
const nested = fc.tuple(fc.nat(200), fc.constantFrom(['[', ']'], ['{"a":', '}'])).map(([depth, [open, close]]) => `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${open!.repeat(depth)}1${close!.repeat(depth)}}}`)

export const jsonTexts = fc.oneof({ weight: 4, arbitrary: written }, { weight: 4, arbitrary: spoilt }, nested, fc.string({ unit: 'binary' }), fc.json())

/** What is posted to a session: mostly messages, never one that would hold the answer back for ever. */
export const messages = fc.oneof({ weight: 6, arbitrary: written }, { weight: 2, arbitrary: spoilt })

const glued = (parts: readonly string[], ...more: fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.array(fc.oneof({ weight: 5, arbitrary: oneOf(parts) }, ...more), { maxLength: 24 }).map(pieces => pieces.join(''))
const asBytes = (text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> => fc.oneof({ weight: 4, arbitrary: text.map(said => new Uint8Array(Buffer.from(said))) }, { weight: 1, arbitrary: text.map(said => new Uint8Array(Buffer.from(said, 'latin1'))) }, fc.uint8Array({ maxLength: 100 }))

export const sseBytes = asBytes(glued(['data:', 'data: ', 'id:', 'id: ', 'event:', 'event: ', 'retry: ', ':', ' ', '\n', '\r', '\r\n', '\n\n', '\r\r', '\0', '\ufeff', '\u2028', '1', '99999999999999999999', 'x', '{"a":1}', '\u00e9', '\ud83d\ude00', 'datax', 'Data: x'], fc.string({ maxLength: 5 }), fc.constant('y'.repeat(40))))
export const lineBytes = asBytes(glued(['\n', '\r\n', '\r', '\n\n', '{"a":1}', ' ', '\0', '\ufeff', '\u2028', '\u00e9', '\ud83d\ude00', 'x'], fc.string({ maxLength: 5 }), fc.constant('y'.repeat(40))))
export const cuts = fc.array(fc.nat(200), { maxLength: 6 })

export const fieldValues = fc.oneof(
  glued(['application/json', 'text/event-stream', '*/*', 'text/*', ';', ',', ' ', '\t', 'q=', '0.5', '1', '0', '"', '\\', '=', 'charset=utf-8', '=?base64?', '?=', 'AAAA', 'w6k=', '\u00e9', '\r\n', '\0']),
  fc.string({ unit: 'binary' }),
)
export const templates = fc.oneof(glued(['{', '}', '{a}', '{+b}', '{#c}', '{.d}', '{/e}', '{;f}', '{?g,h}', '{&i}', '{j*}', '{k:3}', '/', ':', 'x', 'file:///', '%41', '%', ',', '?', '&']), fc.string({ unit: 'binary' }))
export const uris = fc.oneof(glued(['x', '/', ':', 'file:///', '%41', '%', '%c3%a9', '%ff', '?', '&', 'g=1', 'h', '=', ';f', '.', '#', ',', 'a', '\u00e9']), fc.string({ unit: 'binary' }))

/** A request as bytes: a line, fields, a body; each right most of the time. */
const mostly = <T>(right: T, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> => fc.oneof({ weight: 4, arbitrary: fc.constant(right) }, ...others)
const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_!'), minLength: 1, maxLength: 8 })
const visible = fc.string({ unit: fc.constantFrom(...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)), ' ', '\t', '\u00e9'), maxLength: 20 })
const FIELDS = ['Origin', 'Accept', 'Content-Type', 'Content-Encoding', 'Mcp-Session-Id', 'MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name', 'Mcp-Param-A', 'Last-Event-ID', 'Sec-Fetch-Site', 'Cookie', 'Range', 'If-None-Match', 'Upgrade', 'TE', 'Trailer', 'X-Forwarded-Host'] as const
const field = fc.tuple(fc.oneof({ weight: 6, arbitrary: oneOf(FIELDS) }, token), fc.oneof(visible, oneOf(['2025-11-25', '2026-07-28', 'tools/call', 'echo', 'application/json', 'text/event-stream', '*/*', 'gzip', 'identity', 'websocket', 'cross-site', 'null'])))
export const httpRequests = fc.tuple(
  mostly('POST', fc.constantFrom('GET', 'DELETE', 'PUT', 'OPTIONS', 'PATCH', 'TRACE')),
  mostly('/mcp', fc.constantFrom('/', '/sse', '/messages?sessionId=x', '/messages', '*', '/mcp?x', 'http://evil.example/mcp', '//mcp'), token.map(name => `/${name}`)),
  mostly('localhost', fc.constantFrom('evil.example', '', '[::1]'), visible.map(text => text.trim())),
  mostly('application/json', fc.constantFrom('text/plain', 'application/json;charset=utf-8', '')),
  fc.array(field, { maxLength: 5 }),
  fc.oneof(written, spoilt, nested),
).map(([verb, target, host, type, fields, body]) => {
  const lines = [`Host: ${host}`, `Content-Type: ${type}`, ...fields.map(([name, said]) => `${name}: ${said}`), `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close']
  return `${verb} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${Buffer.from(body).toString('latin1')}`
})

/** Anything at all, and what looks like HTTP until it does not. */
export const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), asBytes(glued(['GET ', 'POST ', '/mcp', ' HTTP/1.1', '\r\n', '\r\n\r\n', 'Host: localhost', 'Content-Length: ', '5', '-1', 'Transfer-Encoding: chunked', '0\r\n\r\n', 'ff\r\n', ':', ' ', '\0', '\n', 'Expect: 100-continue', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'])))
