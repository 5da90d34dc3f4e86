#!/usr/bin/env node
/**
 * A second runner of the server cases in fixtures/, in one file, after fixtures/README.md alone: it shares no line with the one in lib/.
 *
 *     node tiny-runner.mjs URL REVISION [--json]
 *
 * Says what did not pass and counts the rest; with --json a line for each case. Exit code 1 when a MUST was missed. A step that it does not
 * know makes a case `unsupported` and never a verdict: it knows all but the `events` of a response, for which it lacks ids and retries.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { request as plain } from 'node:http'
import { request as tls } from 'node:https'

const FOLDER = new URL('../../fixtures/', import.meta.url)
const LATE_MS = 10_000

/** The server did otherwise. */
class Missed extends Error {}
/** A name that was not remembered. */
class Unknown extends Error {}
const missOf = (run, kinds = [Missed]) => (async () => run())().then(() => undefined, error => {
  if (!kinds.some(kind => error instanceof kind)) throw error
  return error
})

// ---- Patterns: does a value fit? What it binds is added to `known` only then. ----

const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value)
const typeOf = value => value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
const member = (object, key) => Object.hasOwn(object, key) ? object[key] : undefined
const show = value => (JSON.stringify(value) ?? 'nothing').slice(0, 300)
const parsed = text => {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
const equal = (a, b) => {
  if (typeOf(a) !== typeOf(b) || typeof a !== 'object' || a === null) return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && equal(a[key], b[key]))
}
const recall = (name, known) => {
  if (!Object.hasOwn(known, name)) throw new Unknown(`nothing is known as ${name}`)
  return known[name]
}

/** In the order in which they are obeyed: a name is bound where all else holds. */
const DIRECTIVES = {
  $absent: (wanted, value) => (value === undefined) === wanted,
  $type: (type, value) => type === 'integer' ? Number.isInteger(value) : typeOf(value) === type,
  $pattern: (source, value) => typeof value === 'string' && new RegExp(source, 'u').test(value),
  $at_least: (least, value) => typeof value === 'number' && value >= least,
  $same: (name, value, known) => equal(recall(name, known), value),
  $not: (inner, value, known) => !fits(inner, value, { ...known }),
  $any_of: (list, value, known) => list.some(one => fits(one, value, known)),
  $only: (fields, value, known) => isObject(value) && Object.keys(value).every(key => Object.hasOwn(fields, key)) && fits(fields, value, known),
  $each: (inner, value, known) => Array.isArray(value) && value.every(one => fits(inner, one, known)),
  $has: (list, value, known) => Array.isArray(value) && list.every(inner => value.some(one => fits(inner, one, known))),
  $length: (inner, value, known) => Array.isArray(value) && fits(inner, value.length, known),
  $json: (inner, value, known) => typeof value === 'string' && parsed(value) !== undefined && fits(inner, parsed(value).value, known),
  $bind: (name, value, known) => value !== undefined && Object.assign(known, { [name]: value }) !== undefined,
  $maybe: (name, value, known) => Object.assign(known, { [name]: value }) !== undefined,
}
const directivesOf = pattern => isObject(pattern) ? Object.keys(DIRECTIVES).filter(name => Object.hasOwn(pattern, name)) : []

const fits = (pattern, value, known) => {
  const bound = { ...known }
  const named = directivesOf(pattern)
  const held = named.length > 0 ? named.every(name => DIRECTIVES[name](pattern[name], value, bound))
    : Array.isArray(pattern) ? Array.isArray(value) && value.length === pattern.length && pattern.every((one, i) => fits(one, value[i], bound))
      : isObject(pattern) ? isObject(value) && Object.keys(pattern).every(key => fits(pattern[key], member(value, key), bound))
        : pattern === value
  if (held) Object.assign(known, bound)
  return held
}

/** The template as it is sent. */
const filled = (template, known) => {
  if (Array.isArray(template)) return template.map(one => filled(one, known))
  if (!isObject(template)) return template
  if ('$same' in template) return recall(template.$same, known)
  if ('$repeat' in template) return template.$repeat[0].repeat(template.$repeat[1])
  return Object.fromEntries(Object.entries(template).map(([key, inner]) => [key, filled(inner, known)]))
}

// ---- One HTTP exchange: a request, and all that has come back for it ----

class Exchange {
  messages = []
  text = ''
  /** How far `hear` has read, and where the last one began. */
  next = 0
  heardFrom = 0

  constructor(url, late, { method, path, lines, body }, as, callId) {
    Object.assign(this, { late, as, callId })
    const has = name => lines.some(line => line[0].toLowerCase() === name)
    const bytes = Buffer.from(body ?? '')
    const headers = [...has('host') ? [] : ['Host', url.host], ...lines.flat(), ...body === undefined || has('content-length') ? [] : ['Content-Length', `${bytes.length}`]]
    const options = { method, path: path ?? url.pathname + url.search, headers, agent: false }
    this.sent = (url.protocol === 'https:' ? tls : plain)(url, options, reply => this.#read(reply)).on('error', error => this.end(error))
    if (has('expect')) this.sent.on('continue', () => this.sent.end(bytes)).flushHeaders()
    else this.sent.end(bytes)
  }

  /** Looks whenever something has come. @throws Missed when the case is late */
  async until(condition, what) {
    while (!condition()) {
      const isLate = await Promise.race([this.late, new Promise(resolve => (this.wake = resolve))])
      if (isLate && !condition()) throw new Missed(`waited in vain for ${what}`)
    }
  }

  end(how) {
    this.ended ??= how
    this.sent.destroy()
    this.wake?.()
  }

  #read(reply) {
    this.status = reply.statusCode
    this.fields = Object.fromEntries(Object.entries(reply.headersDistinct).map(([name, values]) => [name, values.join(', ')]))
    const streamed = /^text\/event-stream\b/i.test(this.fields['content-type'])
    let rest = ''
    reply.setEncoding('utf8').on('error', error => this.end(error)).on('data', chunk => {
      this.text += chunk
      // A CR at the end may be half of a line break.
      const blocks = (rest + chunk).replace(/\r\n|\r(?!$)/g, '\n').split('\n\n')
      rest = blocks.pop()
      if (streamed) blocks.forEach(block => this.#event(block))
      this.wake?.()
    }).on('end', () => {
      if (!streamed && parsed(this.text)) this.messages.push(...[parsed(this.text).value].flat())
      this.end('cleanly')
    })
    this.wake?.()
  }

  #event(block) {
    const lines = block.split('\n').filter(line => /^data(:|$)/.test(line))
    const text = lines.map(line => line.slice(5).replace(/^ /, '')).join('\n')
    if (text) this.messages.push(...[parsed(text) ? parsed(text).value : text].flat())
  }
}

// ---- One conversation or several, as a case has them ----

const SELF = { name: 'tiny-runner', version: '1.0.0' }
const META = 'io.modelcontextprotocol/'
const NAMED_BY = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' }
const inField = value => /^[!-~]([ -~]*[!-~])?$/.test(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`

const stageOf = (url, at, declared = {}) => {
  const sessions = at.opening === 'initialize'
  const conversations = new Map()
  const exchanges = []
  let bound = {}
  let clock
  const late = new Promise(resolve => (clock = setTimeout(resolve, LATE_MS, true)))

  const sessionOf = ({ greeting }) => greeting?.fields?.['mcp-session-id'] ?? null
  const known = () => ({
    ...bound, revision: at.revision, version_header: at.version_header ? at.revision : null, origin: url.origin,
    ...Object.fromEntries([...conversations].map(([name, one]) => [name === 'main' ? 'session' : `${name}.session`, sessionOf(one)])),
  })
  const fill = template => filled(template, known())
  const fit = (pattern, value, what) => {
    const after = known()
    if (!fits(pattern, value, after)) throw new Missed(`${what}: expected ${show(pattern)}, seen ${show(value)}`)
    bound = after
  }
  const find = name => name === undefined ? exchanges.at(-1) : exchanges.findLast(one => one.as === name)
  const linesOf = templates => templates.map(([name, value]) => [name, fill(value)]).filter(line => line[1] !== null).map(line => line.map(String))
  const send = (request, as, callId) => exchanges[exchanges.push(new Exchange(url, late, request, as, callId)) - 1]
  const converse = name => conversations.set(name, { lastId: 0 }).get(name)

  const stamped = ({ level }, params) => sessions ? params : {
    ...params,
    _meta: {
      [`${META}protocolVersion`]: at.revision, [`${META}clientInfo`]: SELF, [`${META}clientCapabilities`]: fill(declared),
      ...level && { [`${META}logLevel`]: level }, ...params?._meta,
    },
  }
  const messageOf = (conversation, what) => {
    if ('json' in what) return fill(what.json)
    if ('respond' in what) return { jsonrpc: '2.0', id: fill(what.respond), result: fill(what.result), error: fill(what.error) }
    if ('notify' in what) return { jsonrpc: '2.0', method: what.notify, params: fill(what.params) }
    return { jsonrpc: '2.0', id: fill(what.id) ?? ++conversation.lastId, method: what.call, params: stamped(conversation, fill(what.params)) }
  }
  const usualLines = (conversation, message) => {
    const named = message?.params?.[NAMED_BY[message.method]]
    return [
      ['Content-Type', 'application/json'], ['Accept', 'application/json, text/event-stream'],
      ...sessionOf(conversation) === null ? [] : [['Mcp-Session-Id', sessionOf(conversation)]],
      ...at.version_header && (conversation.greeting || !sessions) ? [['MCP-Protocol-Version', at.revision]] : [],
      ...!sessions && typeof message?.method === 'string' ? [['Mcp-Method', message.method]] : [],
      ...!sessions && typeof named === 'string' ? [['Mcp-Name', inField(named)]] : [],
    ]
  }
  const say = (conversation, what, replaced = {}, as) => {
    const message = 'raw' in what ? undefined : messageOf(conversation, what)
    const body = 'raw' in what ? [fill(what.raw)].flat().join('') : JSON.stringify(message)
    const others = Object.keys(replaced).map(name => name.toLowerCase())
    const added = Object.entries(replaced).flatMap(([name, values]) => [values].flat().map(value => [name, value]))
    const lines = [...usualLines(conversation, message).filter(([name]) => !others.includes(name.toLowerCase())), ...linesOf(added)]
    const exchange = send({ method: 'POST', lines, body }, as, 'call' in what ? message.id : undefined)
    if (what.call === 'initialize') conversation.greeting ??= exchange
    return exchange
  }

  const take = async (exchange, pattern, ignoring = []) => {
    const answers = exchange.callId !== undefined && ('result' in pattern || 'error' in pattern)
    const expected = directivesOf(pattern).length > 0 ? pattern : { jsonrpc: '2.0', ...answers && { id: exchange.callId }, ...pattern }
    for (;;) {
      await exchange.until(() => exchange.next < exchange.messages.length || exchange.ended, `message ${show(pattern)}`)
      if (exchange.next >= exchange.messages.length) throw new Missed(`expected message ${show(pattern)}, status ${exchange.status}, ended ${exchange.ended}`)
      const message = exchange.messages[exchange.next++]
      if (ignoring.some(one => fits(one, message, known()))) continue
      fit(expected, message, 'message')
      return message
    }
  }
  const ask = async (conversation, method, params) => (await take(say(conversation, { call: method, params }), { result: {} })).result
  const open = async name => {
    const conversation = converse(name)
    if (!sessions) return
    const greeting = say(conversation, { call: 'initialize', params: { protocolVersion: at.revision, capabilities: declared, clientInfo: SELF } })
    conversation.introduction = (await take(greeting, { result: { protocolVersion: at.revision } })).result
    const ready = say(conversation, { notify: 'notifications/initialized' })
    await ready.until(() => ready.status !== undefined || ready.ended, 'notifications/initialized to be accepted')
  }

  const STEPS = {
    open: step => open(step.open),
    log_level: async ({ log_level: level, in: name = 'main' }) => {
      if (sessions) await ask(conversations.get(name), 'logging/setLevel', { level })
      else conversations.get(name).level = level
    },
    post: ({ post, in: name = 'main', as, fields }) => say(conversations.get(name), post, fields, as),
    request: ({ request: { method, path, fields = [], body, json }, as }) =>
      send({ method, path, lines: linesOf(fields), body: json === undefined ? body : JSON.stringify(fill(json)) }, as),
    hang_up: step => find(step.hang_up).end('hung up'),
    hear: async ({ hear, of, ignoring = [], then, again }) => {
      const exchange = find(of)
      if (again) exchange.next = exchange.heardFrom
      exchange.heardFrom = exchange.next
      for (const pattern of hear) await take(exchange, pattern, ignoring)
      if (!then) return
      if (then === 'end') await exchange.until(() => exchange.ended, 'the reply to end')
      else await new Promise(setImmediate)
      const surplus = exchange.messages.slice(exchange.next).find(one => !ignoring.some(pattern => fits(pattern, one, known())))
      if (surplus !== undefined) throw new Missed(`expected nothing more, seen ${show(surplus)}`)
      if (then === 'end' && exchange.ended instanceof Error) throw new Missed(`the reply broke: ${exchange.ended.message}`)
    },
    response: async ({ response: { status, fields, text, json }, of, then }) => {
      const exchange = find(of)
      await exchange.until(() => exchange.status !== undefined || exchange.ended, 'a status')
      if (exchange.status === undefined) throw new Missed(`no HTTP reply: ${exchange.ended}`)
      if (status !== undefined) fit(status, exchange.status, 'status')
      if (fields) fit(fields, exchange.fields, 'fields')
      if (text === undefined && json === undefined && !then) return
      await exchange.until(() => exchange.ended, 'the reply to end')
      if (exchange.ended !== 'cleanly') throw new Missed(`the reply broke: ${exchange.ended}`)
      if (text !== undefined) fit(text, exchange.text, 'text')
      if (json !== undefined) fit({ $json: json }, exchange.text, 'json')
    },
  }
  return {
    begin: opening => opening === 'none' ? converse('main') : open('main'),
    perform: async step => STEPS[kindOf(step)](step),
    /** Does the server offer that? */
    inventory: async () => {
      await open('main')
      const main = conversations.get('main')
      const capabilities = (sessions ? main.introduction : await ask(main, 'server/discover')).capabilities ?? {}
      const listed = async (method, members, name) => {
        const names = []
        let page
        const failed = await missOf(async () => {
          do {
            page = await ask(main, method, page && { cursor: page.nextCursor })
            if (!fits({ [members]: { $each: { [name]: { $type: 'string' } } } }, page, {})) throw new Missed(`${method} lists no ${members}`)
            names.push(...page[members].map(one => one[name]))
          } while (page.nextCursor !== undefined)
        })
        return failed ? [] : names
      }
      const tools = await listed('tools/list', 'tools', 'name')
      const prompts = 'prompts' in capabilities ? await listed('prompts/list', 'prompts', 'name') : []
      const resources = 'resources' in capabilities
        ? [...await listed('resources/list', 'resources', 'uri'), ...await listed('resources/templates/list', 'resourceTemplates', 'uriTemplate')] : []
      return need => {
        if (typeof need === 'string') return tools.includes(need)
        if ('tool' in need) return tools.includes(need.tool)
        if ('session' in need) return sessionOf(main) !== null
        if ('prompt' in need) return prompts.includes(need.prompt)
        if ('resource' in need) return resources.includes(need.resource)
        return ![undefined, false].includes(need.capability.split('.').reduce((value, name) => value?.[name], capabilities))
      }
    },
    /** Hangs up and ends the sessions, without waiting for what the server says to that. */
    leave: () => {
      clearTimeout(clock)
      for (const exchange of exchanges) exchange.end('hung up')
      for (const one of conversations.values()) if (sessionOf(one) !== null) send({ method: 'DELETE', lines: usualLines(one) }).sent.setTimeout(1000, function () { this.destroy() })
    },
  }
}

// ---- The suite ----

const read = path => JSON.parse(readFileSync(new URL(path, FOLDER), 'utf8'))
const filesIn = folder => readdirSync(new URL(folder, FOLDER), { recursive: true }).filter(name => name.endsWith('.json')).sort().map(name => folder + name)

const STRENGTH = ['MAY', 'SHOULD', 'MUST']
const weaker = (one, other) => STRENGTH[Math.min(STRENGTH.indexOf(one), STRENGTH.indexOf(other))]
const OUTCOME = { MUST: 'fail', SHOULD: 'warn', MAY: 'note' }
/** What is known of each kind of step. */
const KNOWN = {
  open: () => true, log_level: () => true, hang_up: () => true, request: () => true,
  post: ({ post }) => ['call', 'notify', 'respond', 'json', 'raw'].some(saying => saying in post),
  hear: ({ then }) => [undefined, 'end', 'silence'].includes(then),
  response: ({ response }) => Object.keys(response).every(part => ['status', 'fields', 'text', 'json'].includes(part)),
}
const kindOf = step => Object.keys(KNOWN).find(kind => kind in step && KNOWN[kind](step))

const [target, revision, form] = process.argv.slice(2)
const revisions = read('revisions.json')
const before = (one, other) => revisions.findIndex(row => row.revision === one) <= revisions.findIndex(row => row.revision === other)
const at = revisions.find(row => row.revision === revision)
if (!at) throw new Error(`usage: node tiny-runner.mjs URL REVISION [--json], with one of ${revisions.map(row => row.revision).join(', ')}`)
const url = new URL(target)
const ledger = filesIn('clauses/').flatMap(read).filter(({ since, until }) => before(since, revision) && before(revision, until))
const standing = new Map(ledger.map(({ id, keyword }) => [id, keyword.replace(' NOT', '')]))
const cases = [...filesIn('messages/'), ...filesIn('http/')].flatMap(read).filter(one => one.under_test === 'server')
  .filter(one => one.clauses.some(id => standing.has(id)) && (one.revisions?.includes(revision) ?? true))

const asking = stageOf(url, at)
let offers
await missOf(async () => (offers = await asking.inventory()))
asking.leave()

const play = async (one, keyword) => {
  const unknown = one.steps.find(step => !kindOf(step))
  if (unknown) return { outcome: 'unsupported', misses: [{ sentence: `the step ${show(unknown)}` }] }
  if (one.needs && !offers) return { outcome: OUTCOME[keyword], misses: [{ keyword, sentence: 'what the server offers cannot be asked' }] }
  const missing = (one.needs ?? []).filter(need => !offers(need))
  const free = missing.some(need => typeof need !== 'string')
  if (missing.length > 0) return { outcome: free ? 'skip' : OUTCOME[keyword], misses: [{ sentence: `the server does not offer ${show(missing)}` }] }
  const stage = stageOf(url, at, one.client_capabilities)
  const misses = []
  const steps = [{ keyword, run: () => stage.begin(one.opening) }, ...one.steps.map(step => ({ ...step, run: () => stage.perform(step) }))]
  for (const step of steps) {
    const missed = await missOf(step.run, misses.length > 0 ? [Missed, Unknown] : [Missed])
    // What an earlier step was to remember is not known: the case ends here.
    if (missed instanceof Unknown) break
    if (missed) misses.push({ keyword: weaker(step.keyword ?? keyword, keyword), sentence: missed.message })
    if (misses.at(-1)?.keyword === keyword) break
  }
  stage.leave()
  const hardest = STRENGTH.findLast(weight => misses.some(miss => miss.keyword === weight))
  return { outcome: hardest ? OUTCOME[hardest] : 'pass', misses }
}

const outcomes = new Map()
const visit = async one => {
  if (outcomes.has(one.id)) return
  const causes = cases.filter(({ id }) => one.depends_on?.includes(id))
  for (const cause of causes) await visit(cause)
  const cause = causes.find(({ id }) => outcomes.get(id) !== 'pass')
  const strongest = STRENGTH.findLast(keyword => one.clauses.some(id => standing.get(id) === keyword))
  const { outcome, misses } = cause
    ? { outcome: outcomes.get(cause.id) === 'unsupported' ? 'unsupported' : 'skip', misses: [{ sentence: `${cause.id} did not pass` }] }
    : await play(one, weaker(one.keyword, strongest))
  outcomes.set(one.id, outcome)
  const sentences = misses.map(({ sentence }) => sentence)
  if (form === '--json') console.log(JSON.stringify({ id: one.id, revision, outcome, misses: sentences }))
  else if (outcome !== 'pass') console.log(`${outcome} ${one.id}: ${one.title}\n  ${sentences.join('\n  ')}`)
}
for (const one of cases) await visit(one)
const all = [...outcomes.values()]
const counts = [...new Set(all)].map(outcome => `${all.filter(one => one === outcome).length} ${outcome}`)
if (form !== '--json') console.log(`${revision}: ${counts.join(', ')}`)
process.exitCode = all.includes('fail') ? 1 : 0
