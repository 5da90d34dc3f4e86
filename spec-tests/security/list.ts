/**
 * The executable list: every published vulnerability of another implementation, and every class of attack, that this project knows of; each
 * with the tests that would find it here, or the reason why it cannot be here. `list.test.ts` holds it against the files.
 */

/** `named`: part of a test's name, or of the line that begins it. */
export interface Shown {
  readonly file: string
  readonly named: string
}

export interface Row {
  /** An advisory's id, or `class` and its name. */
  readonly of: string
  readonly by: readonly Shown[] | { readonly reason: string }
}

const here = (file: string, ...named: readonly string[]): Shown[] => named.map(name => ({ file: `security/${file}.test.ts`, named: name }))
const there = (file: string, ...named: readonly string[]): Shown[] => named.map(name => ({ file: `${file}.test.ts`, named: name }))
const row = (of: string, ...by: readonly (readonly Shown[])[]): Row => ({ of, by: by.flat() })
const never = (reason: string, ...of: readonly string[]): Row[] => of.map(one => ({ of: one, by: { reason } }))
const each = (ids: readonly string[], ...by: readonly (readonly Shown[])[]): Row[] => ids.map(id => row(id, ...by))

const REBINDING = here('guard', 'DNS rebinding  a Host that is not the server')
const BODIES = [...here('framing', 'GHSA-fmmv-w9g8-j3gc'), ...here('load', 'class oversized body  bodies that are being read', 'class oversized body  300 bodies')]
const LINES = [...there('wire/lines', 'the end of the stream within a line too long gives nothing'), ...there('basic/transports/stdio', 'what cannot be let in is answered with the code HTTP has for it'), ...there('basic/transports/stdio-client', 'an answer of a wrong shape, or too long')]
const RECLAIMED = here('sessions', 'the idle one goes for the new one', 'a flood of initialize pushes out its own', 'is not kept without bound', 'though nothing else happens')
const HIJACK = here('sessions', 'another principal is told what nobody is told')
const NO_OAUTH = 'authorization is not built yet: nothing here fetches metadata, or holds or looks at a token'
const NO_PROXY = 'there is no proxy here, and no path or query of an application\'s is made into a request'

/** Section 1: other implementations of the protocol. Section 2: tools and servers. Section 3: what we depend on. Section 4: classes. */
export const LIST: readonly Row[] = [
  ...each(['CVE-2025-66414', 'CVE-2025-66416', 'CVE-2026-34742', 'CVE-2026-42559', 'CVE-2026-35568', 'CVE-2026-63118', 'CVE-2026-9739', 'CVE-2025-59163', 'CVE-2025-9611'], REBINDING),
  row('CVE-2026-59950', here('guard', 'CVE-2026-59950')),
  row('CVE-2026-0621', here('redos', 'CVE-2026-0621'), there('wire/uri-template', 'cost grows with the length of the URI, not with its square')),
  row('CVE-2026-25536', here('sessions', 'CVE-2026-25536'), there('basic/transports/streamable-http', 'correlation is by exchange', '2 000 sessions interleaved')),
  ...each(['GHSA-6prh-2h8m-c8cw', 'GHSA-5h93-6whr-6q8j'], here('client-led', 'redirect leak  no redirect is followed')),
  ...each(['GHSA-22jm-h49p-29qw', 'CVE-2026-52870'], here('sessions', 'GHSA-22jm-h49p-29qw'), there('basic/patterns/subscription-limits', 'a task is followed by its own principal')),
  ...each(['GHSA-wqgc-pwpr-pq7r', 'GHSA-655q-2283-6jgj', 'CVE-2026-63119'], LINES),
  row('CVE-2026-53937', LINES, there('basic/transports/stdio', 'a slow reader loses log entries alone', 'a client that writes and does not read is not read either')),
  row('CVE-2025-53366', here('properties', 'CVE-2025-53366'), here('faults', 'class process-safety')),
  row('CVE-2025-53365', here('sockets', 'a socket that dies at any byte of a request', 'a socket that dies at any byte of an answer')),
  ...each(['CVE-2026-52869', 'CVE-2026-67431', 'CVE-2026-33946'], HIJACK, there('basic/transports/streamable-http', 'sessions belong to their principal, and end')),
  ...each(['GHSA-fmmv-w9g8-j3gc', 'GHSA-4x8c-5vv7-973f', 'CVE-2026-63658', 'CVE-2026-67432', 'CVE-2026-39313'], BODIES),
  ...each(['CVE-2026-59951', 'CVE-2026-67430'], RECLAIMED),
  ...each(['GHSA-rwrf-2pqf-9j8j', 'CVE-2026-39885'], here('client-led', 'a schema that points elsewhere opens no socket'), there('server/tool-schemas', 'nothing is fetched because a schema says so')),
  row('CVE-2026-27896', here('json', 'CVE-2026-27896')),
  row('GHSA-q382-vc8q-7jhj', here('json', 'GHSA-q382-vc8q-7jhj', 'CVE-2026-27896')),
  row('CVE-2026-33252', here('guard', 'CVE-2026-33252', 'what a form can send')),
  row('CVE-2026-63128', here('sessions', 'CVE-2026-63128')),
  row('CVE-2026-34237', here('guard', 'CVE-2026-34237'), here('cors', 'answers, streams and refusals to a listed origin')),
  row('CVE-2026-53965', here('client-bombs', 'CVE-2026-53965')),
  ...never(NO_OAUTH, 'CVE-2026-104850', 'GHSA-rvq5-wwqv-78pq', 'GHSA-qx49-fqc8-xw99', 'GHSA-w4fh-qvv9-3v23', 'CVE-2026-63127', 'GHSA-c9xm-49cp-xcr9', 'CVE-2026-27124'),

  ...each(['CVE-2025-49596', 'CVE-2026-23744'], here('guard', 'a wider bind is refused without a host list')),
  ...each(['CVE-2025-58444', 'CVE-2025-6514'], here('injection', 'a URL that is no http or https'), there('client/answers', 'nobody is shown what is no page of the web')),
  row('CVE-2026-33032', here('guard', 'an empty allow-list denies'), here('callbacks', 'a predicate allows by saying true')),
  row('CVE-2025-6515', here('sessions', 'CVE-2025-6515')),
  row('CVE-2026-81315', here('guard', 'CVE-2026-81315')),
  row('CVE-2026-48529', here('sessions', 'CVE-2026-48529')),
  ...never('no secret of ours may be empty or left out: who is calling is told by the host application\'s own function, or by nothing', 'GHSA-wvr4-3wq4-gpc5', 'GHSA-5j8j-256g-vvp5', 'CVE-2026-77244', 'CVE-2026-77243', 'CVE-2026-11719'),
  ...never(NO_PROXY, 'CVE-2026-32871', 'CVE-2026-73497', 'CVE-2026-77242', 'GHSA-489g-7rxv-6c8q'),
  ...never('no HTML is made by anything here', 'CVE-2026-44429'),
  ...never('no server that is shipped here opens a file by a name that a client gives', 'CVE-2025-53109', 'CVE-2025-53110', 'CVE-2025-68143', 'CVE-2025-68144', 'CVE-2025-68145', 'CVE-2026-27735', 'CVE-2026-27825'),

  ...each(['CVE-2026-22036', 'CVE-2026-84890'], here('client-bombs', 'class zip bomb')),
  row('CVE-2026-1525', here('framing', 'CVE-2026-1525')),
  row('CVE-2025-69873', here('redos', 'CVE-2025-69873')),
  ...never('undici is used for `Pool.dispatch` and `Pool.request` alone: no upgrade, no interceptor, no cache, no proxy', 'CVE-2026-1527', 'CVE-2026-16728', 'CVE-2026-18149', 'CVE-2026-13697', 'CVE-2026-9678', 'CVE-2026-85152', 'CVE-2026-9697', 'CVE-2026-6734', 'CVE-2026-84961'),
  ...never('no decision of trust is made by what fast-uri says, and references never leave their schema', 'CVE-2026-6321', 'CVE-2026-6322', 'CVE-2026-18446', 'CVE-2026-75899', 'CVE-2026-75931', 'CVE-2026-75975', 'CVE-2026-76172', 'CVE-2026-84292'),
  ...never('a program is started as its caller names it, without a shell and without a word of the server\'s', 'CVE-2024-27980'),

  row('class slowloris', here('slow', '500 slow heads and 500 slow bodies', 'a slow head has a deadline of its own', 'holds up no shutdown')),
  row('class oversized body, header, URL', BODIES, here('framing', 'class oversized header and URL', 'chunks of one byte', 'chunk extensions and trailers')),
  row('class request decompression', here('framing', 'class request decompression')),
  row('class decompression at the client', here('client-bombs', 'class zip bomb')),
  row('class deep nesting', here('json', 'class deep nesting'), here('redos', 'class deep nesting')),
  row('class wide arrays, many keys, batches', here('json', 'class wide arrays', 'class batch')),
  row('class prototype pollution', here('names', 'no tool, prompt, resource, method', 'such a key is data', 'do a client any harm', 'class header names'), there('server/tools', 'a name is just a name')),
  row('class ReDoS', here('redos', 'class ReDoS  media types', 'class ReDoS  JSON', 'CVE-2026-0621', 'class schema bombs'), there('wire/fields', 'values made to be slow')),
  row('class JSON duplicate keys', here('json', 'class JSON duplicate keys'), there('wire/json-rpc', 'a repeated member is found in each place')),
  row('class Unicode, byte order marks, lone surrogates, NUL keys', here('json', 'class Unicode'), there('basic/transports/stdio', 'a line that is not UTF-8 is refused')),
  row('class huge ints', here('json', 'class huge ints')),
  row('class id collision and reuse', there('basic/transports/streamable-http', 'correlation is by exchange')),
  row('class cross-session leak', here('sessions', 'class cross-session leak'), there('basic/transports/streamable-http', '2 000 sessions interleaved', 'what was not seen of another stream is not replayed')),
  row('class session fixation', here('sessions', 'an id that the client chose', 'an id is good for nothing after DELETE')),
  row('class header injection', here('injection', 'what a peer sends never ends a header line', 'what a server sends never ends a header line'), there('basic/transports/mirrors', 'a control character in a header value')),
  row('class SSE injection', here('injection', 'is one event each', 'an event id of a client')),
  row('class question flood', here('client-bombs', 'class question flood')),
  row('class SSE parser bombs', here('client-bombs', 'CVE-2026-53965', 'comments and empty events without end', 'a body in chunks of one byte', 'what nobody reads is bounded in bytes')),
  row('class event store growth', here('growth', 'keep maxReplayBytes', 'streams that end cost what is counted', 'does not push out what another')),
  row('class subscription and stream exhaustion', here('growth', 'listeners are capped', 'a session has one GET stream', 'tasks are capped'), here('sessions', 'what a listener asks for'), there('basic/patterns/subscription-limits', 'a task is followed by its own principal')),
  row('class call exhaustion', here('load', 'class call exhaustion  requests of one session', 'class call exhaustion  a call that is cancelled', 'class call exhaustion  a batch', 'class call exhaustion  on a pipe too')),
  row('class connection exhaustion', here('load', 'class connection exhaustion')),
  row('class back-pressure', here('back-pressure', '150 MB to a reader that has stopped', '100 000 updates'), there('basic/transports/streamable-http', 'a slow reader loses notifications, never the response')),
  row('class DNS rebinding', REBINDING, here('callbacks', 'a predicate allows by saying true')),
  row('class Origin and CORS', here('guard', 'class Origin', 'CVE-2026-34237'), here('cors', 'a preflight of a listed origin', 'answers, streams and refusals to a listed origin')),
  row('class CSRF', here('guard', 'CVE-2026-33252')),
  row('class $ref fetch', here('client-led', 'class $ref fetch'), there('server/tool-schemas', 'nothing is fetched because a schema says so')),
  row('class redirects', here('client-led', 'redirect leak')),
  row('class requestState', there('basic/patterns/request-state', 'requestState is believed only where and as it was given')),
  row('class cache poisoning', there('client/cache', '#time-to-live-ttl-field', '#cache-key  another method', 'what is kept is bounded')),
  row('class header and body disagreement', there('basic/transports/mirrors', 'server-behavior-for-custom-headers', 'standard-request-headers', 'of two faults the first in line is named'), here('guard', 'class header and body disagreement')),
  row('class request smuggling', here('framing', 'CVE-2026-1525', 'class request smuggling'), here('guard', 'class SSRF by request target')),
  row('class log injection', here('injection', 'steers no terminal', 'is quoted in refusals')),
  row('class error disclosure', here('faults', 'class error disclosure'), there('server/tools', 'what a handler does wrong stays with the server')),
  row('class refusals in words', here('framing', 'class refusals in words'), here('properties', 'property  the endpoint')),
  row('class endless lists', here('client-led', 'class endless lists')),
  row('class schema bombs', here('redos', 'class schema bombs')),
  row('class process safety', here('faults', 'one bad member of a batch', 'listeners for notifications may throw and reject', 'what comes after the response', 'a task that fails'), here('callbacks', 'onError that throws', 'onFollow and onUnfollow', 'principal that throws', 'a client\\\'s listeners'), here('sockets', 'close() ends within its grace', 'closed twice', 'a mount on somebody else'), here('client-led', 'nothing a server says throws past the client')),
  ...never(NO_OAUTH, 'class SSRF through metadata', 'class token passthrough', 'class OAuth mix-up, PKCE downgrade, scope escalation', 'class open redirect'),
  ...never('no secret is compared with another here: session ids are looked up in a Map, and seals are opened by AES-GCM, whose tag node compares', 'class timing'),
]
