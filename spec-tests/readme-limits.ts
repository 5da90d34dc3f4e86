/** What bounds a peer, as the README shows it: each limit from the code that has it, and what happens beyond. */
import { maxHeaderSize } from 'node:http'
import { ANSWER_LIMITS } from '../lib/bindings/streamable-http/read.js'
import { HEAR_LIMITS } from '../lib/bindings/streamable-http/resume.js'
import { MAX_MIRRORED } from '../lib/bindings/streamable-http/mirror.js'
import { MAX_KEPT, MAX_KEPT_CHARS } from '../lib/client/cache.js'
import { MAX_ERAS } from '../lib/client/eras.js'
import { MAX_KNOWN_TOOLS } from '../lib/client/known-tools.js'
import { MAX_PAGES } from '../lib/client/methods.js'
import { CLIENT_LIMITS } from '../lib/client/options.js'
import { MAX_PEER_SCHEMA } from '../lib/client/peer-schema.js'
import { MAX_QUESTION_TASKS } from '../lib/client/question-tasks.js'
import { MAX_QUEUED_WEIGHT } from '../lib/client/queue.js'
import { RECONNECT_LIMITS } from '../lib/client/subscription.js'
import { MAX_VAIN } from '../lib/client/task-run.js'
import { CHILD_LIMITS } from '../lib/io/child.js'
import { HTTP_CLIENT_LIMITS } from '../lib/io/http-client-options.js'
import { HTTP_LIMITS } from '../lib/io/http-options.js'
import { RESTART_LIMITS } from '../lib/io/lives.js'
import { CONNECTION_LIMITS } from '../lib/io/listen.js'
import { PIPE_LIMITS } from '../lib/io/pipe.js'
import { SSE_CLIENT_LIMITS } from '../lib/io/sse-client.js'
import { STDIO_CLIENT_LIMITS } from '../lib/io/stdio-client.js'
import { STDIO_LIMITS } from '../lib/io/stdio-server.js'
import { VAULT_LIMITS } from '../lib/io/vault.js'
import { TIME_LIMITS } from '../lib/protocol/deadline.js'
import { LOAD_LIMITS } from '../lib/protocol/load.js'
import { REPLAY_LIMITS } from '../lib/protocol/replay-budget.js'
import { SESSION_LIMITS } from '../lib/protocol/session.js'
import { MAX_VALUES } from '../lib/server/completion.js'
import { MAX_ROUNDS } from '../lib/server/input.js'
import { TASK_TTL_MS } from '../lib/server/question-task.js'
import { MAX_CALLER } from '../lib/server/lifecycle.js'
import { LISTEN_LIMITS } from '../lib/server/subscriptions.js'
import { TASK_LIMITS } from '../lib/protocol/task-store.js'
import { MAX_URI_LENGTH } from '../lib/server/uri.js'
import { MAX_VISITS } from '../lib/server/visits.js'
import { MAX_SCHEMA_DEPTH, MAX_SUBSCHEMAS } from '../lib/validation/lint.js'
import { MAX_MATCH_WORK, MAX_PATTERN_STEPS } from '../lib/validation/matcher.js'
import { JSON_LIMITS } from '../lib/wire/json-rpc.js'
import { MAX_LINE_BYTES } from '../lib/wire/lines.js'
import { MAX_EVENT_BYTES } from '../lib/wire/sse.js'
import { MAX_TEMPLATE_LENGTH, MAX_TEMPLATE_VARIABLES } from '../lib/wire/uri-template.js'
import { table } from './readme-tables.js'

/** An amount, in the unit that its option's name ends in. */
const shown = (name: string, value: number): string => {
  if (name.endsWith('Bytes')) return value >= 1_048_576 ? `${value / 1_048_576} MiB` : `${value / 1024} KiB`
  if (name.endsWith('Ms')) return value >= 60_000 ? `${value / 60_000} min` : value >= 1000 ? `${value / 1000} s` : `${value} ms`
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ')
}

type Limits = { readonly [name: string]: number }
type Line = readonly [what: string, amount: string, beyond: string]

/** Options, with the defaults the code has for them. */
const of = (limits: object, names: string, beyond: string): Line => {
  const all = names.split(' ')
  return [all.map(name => `\`${name}\``).join(', '), all.map(name => shown(name, (limits as Limits)[name]!)).join(', '), beyond]
}
/** What is no option. */
const fixed = (what: string, amount: string, beyond: string): Line => [what, `${amount}, fixed`, beyond]

export const SERVER_LINES: readonly Line[] = [
  of(CONNECTION_LIMITS, 'maxConnections', 'closed without an answer; node\'s `drop` event tells'),
  of(CONNECTION_LIMITS, 'headersTimeoutMs requestTimeoutMs', '408, connection closed'),
  ['head of a request', `${shown('Bytes', maxHeaderSize)}, node's own`, '431, connection closed'],
  of(HTTP_LIMITS, 'maxBodyBytes', '413, connection closed'),
  of(LOAD_LIMITS, 'maxBodyTotalBytes', '-32603, 503, connection closed; bodies of 16 KiB and less are always read'),
  of(STDIO_LIMITS, 'maxLineBytes', 'stdio: -32600, and the line is skipped'),
  of(HTTP_LIMITS, 'maxBatch', '-32600, 400'),
  fixed('JSON: depth, values', `${JSON_LIMITS.maxDepth}, ${shown('', JSON_LIMITS.maxNodes)}`, '-32600, 400'),
  of(SESSION_LIMITS, 'maxSessions', 'the one idle longest ends, or, while more than a quarter were never used, the oldest of those; if none is idle, -32603, 503. Streams of HTTP+SSE: 503'),
  of(SESSION_LIMITS, 'sessionIdleMs', 'the session ends; its id is a 404'),
  fixed('what a client says of itself', shown('Bytes', MAX_CALLER), '-32602, 400'),
  of(LOAD_LIMITS, 'maxRequestsInFlight', '-32603, 503; a `ping` is always answered'),
  of(LOAD_LIMITS, 'maxRequestsInFlightPerSession', '-32603, 429; a `ping` is always answered'),
  of(PIPE_LIMITS, 'maxRequestsInFlight', 'stdio: -32603; a `ping` is always answered'),
  of(LISTEN_LIMITS, 'maxSubscriptions', '`listen`: -32603'),
  of(LISTEN_LIMITS, 'maxSubscribedUris', '`listen`: -32602, of one stream or one session'),
  fixed('a URI to read or to follow', `${shown('', MAX_URI_LENGTH)} characters`, 'as one that is not there; -32602'),
  fixed('values of one completion', String(MAX_VALUES), 'the rest is counted, and `hasMore` said'),
  of(TASK_LIMITS, 'maxTasks', '`tasks`: the oldest that is over goes; if none is, -32603'),
  of(TASK_LIMITS, 'ttlMs maxTtlMs', '`tasks`: what was begun is cancelled and forgotten; longer is not granted'),
  of(TASK_LIMITS, 'pollIntervalMs', '`tasks`: how often clients are told to look'),
  of(VAULT_LIMITS, 'ttlMs', '`createVault`: a `requestState` older than this is -32602'),
  of(REPLAY_LIMITS, 'maxReplayEvents maxReplayBytes', 'of one stream: the oldest go; resuming before them is a 400'),
  of(REPLAY_LIMITS, 'maxReplayTotalBytes', 'the session that holds most forgets its oldest stream'),
  of(REPLAY_LIMITS, 'replayAgeMs', 'the stream is forgotten'),
  of(HTTP_LIMITS, 'maxQueuedBytes', 'of one reader: log and progress notifications are dropped and counted, responses never; at twice as much of anything else it is cut off. A pipe that is full is not read'),
  of(HTTP_LIMITS, 'answerTimeoutMs', 'a question to the client is given up'),
  ['a question asked as a task', shown('Ms', TASK_TTL_MS), '`task.ttlMs`: it is cancelled'],
  fixed('visits of one session that may still be told to be over', String(MAX_VISITS), 'the oldest is forgotten'),
  fixed('rounds of questions of one request', String(MAX_ROUNDS), '-32603'),
  ['`maxPerSecond`, `maxDataBytes`', 'none', '`logLimits`: an entry is held back and counted, or replaced by a note'],
  of(HTTP_LIMITS, 'keepAliveMs', 'a quiet stream says a comment'),
  of(HTTP_LIMITS, 'streamAfterMs', 'a slow call becomes a stream that can be resumed'),
  of(HTTP_LIMITS, 'retryMs', 'what clients are told to wait before they resume'),
  of(STDIO_LIMITS, 'graceMs', 'stdio: what is in flight when the input has ended is cancelled'),
]

export const CLIENT_LINES: readonly Line[] = [
  of(TIME_LIMITS, 'timeoutMs maxTotalMs', '`Timeout`; progress pushes the first, not the second'),
  of(HTTP_CLIENT_LIMITS, 'connectTimeoutMs', 'node\'s error'),
  of(SSE_CLIENT_LIMITS, 'endpointTimeoutMs', 'HTTP+SSE: `Timeout`'),
  of(STDIO_CLIENT_LIMITS, 'probeTimeoutMs', 'stdio: the server is opened by `initialize`'),
  of(CLIENT_LIMITS, 'listenWaitMs', 'opening goes on without the stream'),
  ['head of an answer', `${shown('Bytes', maxHeaderSize)}, undici's own`, 'undici\'s error'],
  of(HEAR_LIMITS, 'maxBodyBytes maxEventBytes', '`InvalidMessage` (over HTTP+SSE `EventTooLarge`), connection closed; nothing coded is decoded'),
  of(CHILD_LIMITS, 'maxLineBytes', 'stdio: `InvalidMessage` for the calls it may have answered'),
  fixed('JSON: depth, values', `${JSON_LIMITS.maxDepth}, ${shown('', ANSWER_LIMITS.maxNodes)}`, '`InvalidMessage`'),
  of(HEAR_LIMITS, 'maxResumes', 'tries in vain: `BrokenStream`'),
  of(HEAR_LIMITS, 'resumeDelayMs maxResumeDelayMs', 'waits between them, doubling; a longer `retry` of the server\'s is kept'),
  of(RECONNECT_LIMITS, 'maxTries', '`reconnect` of a subscription: it ends with the error'),
  of(RECONNECT_LIMITS, 'delayMs maxDelayMs', 'waits between them, doubling'),
  of(RESTART_LIMITS, 'restarts', 'in a minute, of a process or an HTTP+SSE stream: `BrokenStream`'),
  of(CLIENT_LIMITS, 'maxQueuedNotifications', `the oldest go, and are counted; beyond ${MAX_QUEUED_WEIGHT / 1_048_576} Mi characters too`),
  of(CLIENT_LIMITS, 'maxOpenQuestions', '-32603, and as many again beyond that no answer; in a result, `InvalidMessage`'),
  of(CLIENT_LIMITS, 'maxRounds', '`InvalidMessage`'),
  [`\`maxTasks\``, String(MAX_QUESTION_TASKS), '`asTasks`: the oldest that is over goes; if none is, -32603. How long they are kept is as of a server\'s'],
  fixed('pages of a list', shown('', MAX_PAGES), '`InvalidMessage`'),
  fixed('objects and arrays in an `outputSchema`', shown('', MAX_PEER_SCHEMA), 'structured content is not held against it'),
  fixed('tries in vain to look at a task', String(MAX_VAIN), 'the error of the last'),
  fixed('tools remembered', shown('', MAX_KNOWN_TOOLS), 'the oldest is forgotten, until it is listed again'),
  fixed('results kept', `${shown('', MAX_KEPT)}, ${MAX_KEPT_CHARS / 1_048_576} Mi characters`, 'the oldest go'),
  fixed('eras in an `EraCache`', shown('', MAX_ERAS), 'the oldest goes'),
  fixed('redirects', '0', '`HttpRefusal`'),
  of(CHILD_LIMITS, 'exitTimeoutMs killTimeoutMs', 'stdio: SIGTERM, then SIGKILL'),
  of(HTTP_CLIENT_LIMITS, 'leaveTimeoutMs', '`close` waits no longer for the server'),
]

export const BOTH_LINES: readonly Line[] = [
  fixed('a schema: depth, subschemas', `${MAX_SCHEMA_DEPTH}, ${shown('', MAX_SUBSCHEMAS)}`, 'refused when it is registered, or unusable where it is a server\'s; no reference is fetched'),
  fixed('a `pattern`: steps, work on one text', `${shown('', MAX_PATTERN_STEPS)}, ${shown('', MAX_MATCH_WORK)}`, 'refused as a schema is; the text does not fit'),
  fixed('arguments in `Mcp-Param-*`', String(MAX_MIRRORED), '`TypeError` when it is registered; the tool is left out'),
  fixed('a URI template: characters, variables', `${shown('', MAX_TEMPLATE_LENGTH)}, ${MAX_TEMPLATE_VARIABLES}`, '`TypeError`'),
  fixed('`SseDecoder`, `LineDecoder`', `${shown('Bytes', MAX_EVENT_BYTES)}, ${shown('Bytes', MAX_LINE_BYTES)}`, 'unless told otherwise: `EventTooLarge`, `LineTooLong`'),
]

/** All defaults, by the name of what holds them. */
export const DEFAULTS = {
  ANSWER_LIMITS, CHILD_LIMITS, CLIENT_LIMITS, CONNECTION_LIMITS, HEAR_LIMITS, HTTP_CLIENT_LIMITS, HTTP_LIMITS, JSON_LIMITS, LISTEN_LIMITS, LOAD_LIMITS, PIPE_LIMITS,
  RECONNECT_LIMITS, REPLAY_LIMITS, RESTART_LIMITS, SESSION_LIMITS, SSE_CLIENT_LIMITS, STDIO_CLIENT_LIMITS, STDIO_LIMITS, TASK_LIMITS, TIME_LIMITS, VAULT_LIMITS,
}

/** Names of options that have a row. */
export const LIMITED: ReadonlySet<string> = new Set([...SERVER_LINES, ...CLIENT_LINES, ...BOTH_LINES].flatMap(([what]) => [...what.matchAll(/`(\w+)`/g)].map(match => match[1]!)))

export const limitsTable = (): string =>
  table(['', 'limit', 'default', 'beyond it'], ([['server', SERVER_LINES], ['client', CLIENT_LINES], ['both', BOTH_LINES]] as const).flatMap(([side, lines]) => lines.map(line => [side, ...line])))

if (process.argv[1]?.endsWith('readme-limits.js')) console.log(limitsTable())
