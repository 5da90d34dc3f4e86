/** The conversations of one case under way: performs a step, or says in a sentence how what came differs from what was expected. */

import type { JsonObject } from '../wire/json-rpc.js'
import type { HearStep, LogLevelStep, PostStep, RequestStep, ResponseStep, Saying, ServerStep, WriteStep } from './case.js'
import { Heard, shorten } from './heard.js'
import { Missed } from './judge.js'
import type { RevisionRow } from './load.js'
import { fill, match, type Bindings, type Pattern } from './match.js'
import { Conversation, withEnvelope, type Line } from './open.js'
import { describe, type Peer, type PeerReply, type PeerRequest } from './peer.js'
import type { PipeReply } from './pipe-peer.js'
import type { Said } from './report.js'

const MAIN = 'main'
const OPENING = 'opening'
const CANCELLED = 'notifications/cancelled'
/** How long taking leave of a session may take. */
const FAREWELL_MS = 1000

export class Stage {
  readonly transcript: Said[] = []
  readonly #conversations = new Map<string, Conversation>()
  readonly #exchanges: Heard[] = []
  #bound: Bindings = new Map()
  #late = false
  readonly #clock: NodeJS.Timeout

  constructor(readonly at: RevisionRow, readonly peer: Peer, readonly capabilities: Pattern, readonly deadlineMs: number) {
    this.#clock = setTimeout(() => {
      this.#late = true
      for (const heard of this.#exchanges) heard.lookAgain()
    }, deadlineMs)
  }

  /** Sets up the main conversation. @throws Missed when the peer does not let it begin. */
  async start(opening: 'done' | 'none'): Promise<void> {
    const main = this.#converse(MAIN)
    if (opening === 'done') await this.#open(main)
  }

  /** @throws Missed */
  async perform(step: ServerStep): Promise<void> {
    if ('open' in step) return this.#open(this.#converse(step.open))
    if ('log_level' in step) return this.#logLevel(step)
    if ('post' in step) return this.#post(step)
    if ('hear' in step) return this.#hear(step)
    if ('request' in step) return this.#request(step)
    if ('response' in step) return this.#response(step)
    if ('write' in step) return this.#write(step)
    this.#exchange(step.hang_up).hangUp()
  }

  /** What the server says of itself: the result of `initialize`, or of `server/discover`. @throws Missed */
  async introduction(): Promise<JsonObject> {
    const { greeting } = this.#conversation()
    return greeting ? (greeting.messages[0] as JsonObject)['result'] as JsonObject : this.ask('server/discover')
  }

  /** A request of the runner's own in the main conversation, whose result must fit. @throws Missed */
  async ask(method: string, params?: object, result?: Pattern): Promise<JsonObject> {
    if (this.#late) throw new Missed(`${method} is not answered to its end after ${this.deadlineMs} ms`)
    return await this.#answer(this.#conversation(), method, params, result) as JsonObject
  }

  /** Does the server name a session? */
  get hasSession(): boolean {
    return this.#conversation().session !== undefined
  }

  /** Hangs up whatever is open and ends the sessions, best effort. */
  async leave(): Promise<void> {
    clearTimeout(this.#clock)
    for (const heard of this.#exchanges) heard.hangUp()
    await Promise.all([...this.#conversations.values()].map(conversation => this.#farewell(conversation)))
  }

  async #farewell(conversation: Conversation): Promise<void> {
    if (conversation.session === undefined) return
    const { fields } = conversation.post('')
    const impatience = new AbortController()
    const clock = setTimeout(() => impatience.abort(), FAREWELL_MS)
    await this.peer.request({ method: 'DELETE', fields }, impatience.signal).then(reply => reply.close(), () => undefined)
    clearTimeout(clock)
  }

  #converse(name: string): Conversation {
    const conversation = new Conversation(name, this.at, fill(this.capabilities, this.#known()))
    this.#conversations.set(name, conversation)
    return conversation
  }

  get #isPiped(): boolean {
    return 'renew' in this.peer
  }

  #conversation(name = MAIN): Conversation {
    const conversation = this.#conversations.get(name)
    if (!conversation) throw new TypeError(`no conversation ${name} was opened`)
    return conversation
  }

  #exchange(name?: string): Heard {
    const heard = name === undefined ? this.#exchanges.at(-1) : this.#exchanges.findLast(one => one.name === name)
    if (!heard) throw new TypeError(name === undefined ? 'nothing was sent yet' : `no exchange ${name} was begun`)
    return heard
  }

  /** What was bound, and what every case may name: `revision`, `version_header`, `origin`, `session`, and `NAME.session` of further conversations. */
  #known(): Bindings {
    const known = new Map(this.#bound)
    known.set('revision', this.at.revision).set('origin', this.peer.origin).set('version_header', this.at.version_header ? this.at.revision : null)
    for (const { name, session } of this.#conversations.values()) known.set(name === MAIN ? 'session' : `${name}.session`, session ?? null)
    return known
  }

  async #open(conversation: Conversation): Promise<void> {
    if (this.at.opening !== 'initialize') return
    const hello = conversation.hello()
    const heard = this.#send(conversation.post(JSON.stringify(hello), hello), `${OPENING} ${conversation.name}`, hello['id'])
    const result = { protocolVersion: this.at.revision }
    await this.#take(heard, { result }, [])
    conversation.greeting = heard
    const ready = { jsonrpc: '2.0', method: 'notifications/initialized' }
    const acknowledged = this.#send(conversation.post(JSON.stringify(ready), ready), `${OPENING} ${conversation.name}`)
    await this.#wait(acknowledged, () => acknowledged.head !== undefined || acknowledged.ended === 'cleanly', 'notifications/initialized to be accepted')
  }

  async #logLevel({ log_level: level, in: name }: LogLevelStep): Promise<void> {
    const conversation = this.#conversation(name)
    if (this.at.opening === 'each-request') conversation.level = level
    else await this.#answer(conversation, 'logging/setLevel', { level })
  }

  /** A request of the runner's own, whose result must fit. */
  async #answer(conversation: Conversation, method: string, params?: object, result: Pattern = {}): Promise<unknown> {
    const message = conversation.stamp({ jsonrpc: '2.0', id: conversation.nextId(), method, ...(params && { params }) })
    const heard = this.#send(conversation.post(JSON.stringify(message), message), method, message['id'])
    return (await this.#take(heard, { result }, []) as { readonly result: unknown }).result
  }

  #post(step: PostStep): void {
    const conversation = this.#conversation(step.in)
    const { body, value } = this.#compose(step.post, conversation)
    const { fields, ...rest } = conversation.post(body, value)
    const replaced = step.fields ?? {}
    const kept = fields.filter(([name]) => !Object.keys(replaced).some(key => key.toLowerCase() === name.toLowerCase()))
    const added = Object.entries(replaced).flatMap(([name, given]) =>
      (Array.isArray(given) ? given as readonly Pattern[] : [given]).map(one => [name, one] as const))
    const callId = 'call' in step.post ? (value as { readonly id: unknown }).id : undefined
    const heard = this.#send({ ...rest, fields: [...kept, ...this.#lines(added)] }, step.as, callId)
    if ('call' in step.post && step.post.call === 'initialize') conversation.greeting ??= heard
    if ('notify' in step.post && step.post.notify === CANCELLED) this.#cancelled(value)
  }

  #cancelled(notification: unknown): void {
    const { requestId } = (notification as { readonly params?: { readonly requestId?: unknown } }).params ?? {}
    const heard = this.#exchanges.find(one => one.callId !== undefined && one.callId === requestId)
    if (heard) heard.isCancelled = this.#isPiped
  }

  #compose(saying: Saying, conversation: Conversation): { readonly body: string; readonly value?: unknown } {
    if ('raw' in saying) return { body: [fill(saying.raw, this.#known())].flat().join('') }
    const filled = <T extends Pattern | undefined>(template: T): unknown => template === undefined ? undefined : fill(template, this.#known())
    if ('json' in saying) {
      const value = filled(saying.json)
      return { body: JSON.stringify(value), value }
    }
    if ('respond' in saying) {
      const value = { jsonrpc: '2.0', id: filled(saying.respond), result: filled(saying.result), error: filled(saying.error) }
      return { body: JSON.stringify(value), value }
    }
    const params = filled(saying.params)
    const value = 'call' in saying
      ? conversation.stamp({ jsonrpc: '2.0', id: filled(saying.id) ?? conversation.nextId(), method: saying.call, params })
      : { jsonrpc: '2.0', method: saying.notify, params }
    return { body: JSON.stringify(value), value }
  }

  #request({ request, as }: RequestStep): void {
    const body = request.json === undefined ? request.body : JSON.stringify(fill(request.json, this.#known()))
    this.#send({
      method: request.method,
      ...(request.path !== undefined && { path: String(fill(request.path, this.#known())) }),
      fields: this.#lines(request.fields ?? []),
      ...(body !== undefined && { body }),
    }, as)
  }

  /** A line whose value turns out null is not sent. */
  #lines(templates: readonly (readonly [name: string, value: Pattern])[]): readonly Line[] {
    const lines: Line[] = []
    for (const [name, template] of templates) {
      const value = fill(template, this.#known()) ?? null
      if (value !== null) lines.push([name, String(value)])
    }
    return lines
  }

  #send(request: PeerRequest, as?: string, callId?: unknown): Heard {
    return this.#begin(this.#isPiped ? shorten(request.body ?? '') : describe(request), as, callId, signal => this.peer.request(request, signal))
  }

  #write({ write, end, as }: WriteStep): void {
    const { peer } = this
    if (!('write' in peer)) throw new TypeError('write needs a pipe of bytes to write to')
    const text = [fill(write, this.#known())].flat().join('')
    this.#begin(`${shorten(JSON.stringify(text))} as it is${end ? ', and the end of the input' : ''}`, as, undefined, signal => peer.write(text, end ?? false, signal))
  }

  #begin(text: string, as = String(this.#exchanges.length + 1), callId: unknown, send: (signal: AbortSignal) => Promise<PeerReply | PipeReply>): Heard {
    this.transcript.push({ by: 'runner', exchange: as, text })
    const heard = new Heard(as, callId, this.#isPiped, send, this.transcript)
    this.#exchanges.push(heard)
    return heard
  }

  async #hear(step: HearStep): Promise<void> {
    const heard = this.#exchange(step.of)
    const ignoring = step.ignoring ?? []
    if (step.again) heard.nextMessage = heard.lastHeardFrom
    heard.lastHeardFrom = heard.nextMessage
    for (const pattern of step.hear) await this.#take(heard, pattern, ignoring)
    if (!step.then) return
    if (step.then === 'end') await this.#wait(heard, () => heard.ended !== undefined || heard.isCancelled, 'the reply to end')
    // One turn of the event loop, so that what the connection holds already is seen.
    if (heard.ended === undefined) await new Promise(resolve => setImmediate(resolve))
    const surplus = heard.messages.slice(heard.nextMessage).find(message => !this.#fitsAny(ignoring, message))
    if (surplus !== undefined) throw new Missed(`expected nothing more, seen ${shorten(JSON.stringify(surplus))}`)
    if (step.then === 'end' && heard.ended instanceof Error) throw new Missed(`expected the reply to end, seen ${heard.describe()}`)
  }

  /** The next message that is not ignored, which must fit. */
  async #take(heard: Heard, pattern: Pattern, ignoring: readonly Pattern[]): Promise<unknown> {
    const expected = withEnvelope(pattern, heard.callId)
    for (;;) {
      const what = `message ${JSON.stringify(pattern)}`
      await this.#wait(heard, () => heard.nextMessage < heard.messages.length || heard.ended !== undefined, what)
      if (heard.nextMessage >= heard.messages.length) throw new Missed(`expected ${what}, seen ${heard.describe()}`)
      const message = heard.messages[heard.nextMessage++]
      if (this.#fitsAny(ignoring, message)) continue
      this.#fit(expected, message, '', `in message ${shorten(JSON.stringify(message))}`)
      return message
    }
  }

  async #response({ response, of, then }: ResponseStep): Promise<void> {
    // What a case about messages says of HTTP is for HTTP alone.
    if (this.#isPiped) return
    const heard = this.#exchange(of)
    await this.#wait(heard, () => heard.head !== undefined || heard.ended !== undefined, 'a status')
    if (!heard.head) throw new Missed(`expected an HTTP reply, seen ${heard.describe()}`)
    if (response.status !== undefined) this.#fit(response.status, heard.head.status, '/status')
    if (response.fields) this.#fit(response.fields, heard.head.fields, '/fields')
    for (const pattern of response.events ?? []) await this.#takeEvent(heard, pattern)
    if (response.text === undefined && response.json === undefined && !then) return
    await this.#wait(heard, () => heard.ended !== undefined, 'the reply to end')
    if (heard.ended !== 'cleanly') throw new Missed(`expected the reply to end, seen ${heard.describe()}`)
    if (response.text !== undefined) this.#fit(response.text, heard.text, '/text')
    if (response.json !== undefined) this.#fit({ $json: response.json }, heard.text, '/json')
    const surplus = response.events && heard.events[heard.nextEvent]
    if (surplus) throw new Missed(`expected no further event, seen ${shorten(JSON.stringify(surplus))}`)
  }

  async #takeEvent(heard: Heard, pattern: Pattern): Promise<void> {
    const what = `event ${JSON.stringify(pattern)}`
    await this.#wait(heard, () => heard.nextEvent < heard.events.length || heard.ended !== undefined, what)
    const event = heard.events[heard.nextEvent++]
    if (!event) throw new Missed(`expected ${what}, seen ${heard.describe()}`)
    this.#fit(pattern, event, '', `in event ${shorten(JSON.stringify(event))}`)
  }

  #fitsAny(patterns: readonly Pattern[], value: unknown): boolean {
    return patterns.some(pattern => match(pattern, value, this.#known()).fits)
  }

  #fit(pattern: Pattern, value: unknown, path: string, where = ''): void {
    const outcome = match(pattern, value, this.#known(), path)
    if (!outcome.fits) throw new Missed(`${outcome.path || 'it'}: expected ${outcome.expected}, seen ${outcome.seen}${where && ` ${where}`}`)
    this.#bound = outcome.bound
  }

  async #wait(heard: Heard, condition: () => boolean, what: string): Promise<void> {
    await heard.until(() => this.#late || condition())
    if (!condition()) throw new Missed(`waited ${this.deadlineMs} ms in vain for ${what}: ${heard.describe()}`)
  }
}
