/** One client under test and the server it believes in: performs a step, or says how what came differs from what was expected. */

import type { ArrivesStep, ClientCase, ClientStep, DoStep, GoneStep, HearsStep, ReplyStep, SeenStep, SettlesStep } from './client-steps.js'
import { answerOf, House, idOf, type Answer } from './answer.js'
import type { Arrival, Listen, ScriptedServer } from './arrivals.js'
import type { ClientHandle, ClientUnderTest, Outcome, Told } from './driver.js'
import { shorten } from './heard.js'
import { declares } from './inventory.js'
import { Missed, NotOffered } from './judge.js'
import type { RevisionRow } from './load.js'
import { fill, match, type Bindings, type Pattern } from './match.js'
import type { Said } from './report.js'

/** Something the client was asked to do. */
interface Deed {
  readonly id: number
  readonly name: string
  outcome: Outcome | undefined
}

export class ClientStage {
  readonly transcript: Said[] = []
  readonly #house: House
  readonly #arrivals: Arrival[] = []
  /** Arrivals that steps await, by kind, and how many more of each kind they do. */
  readonly #kept = new Map<string, Arrival[]>()
  readonly #awaited = new Map<string, number>()
  readonly #deeds: Deed[] = []
  readonly #heard: unknown[] = []
  #nextHeard = 0
  #taken: Arrival | undefined
  #bound: Bindings = new Map()
  #endedAtMs = 0
  #server: ScriptedServer | undefined
  #client: ClientHandle | undefined
  #wake: (() => void)[] = []
  #late = false
  readonly #clock: NodeJS.Timeout

  constructor(readonly one: ClientCase, readonly at: RevisionRow, readonly deadlineMs: number, readonly listen: Listen) {
    this.#house = new House(at, one.serving ?? {})
    if (one.opening === 'none') this.#await()
    this.#clock = setTimeout(() => {
      this.#late = true
      this.#lookAgain()
    }, deadlineMs)
  }

  /** Starts the client, and connects it unless the steps do. @throws Missed */
  async start(client: ClientUnderTest): Promise<void> {
    this.#server = await this.listen(arrival => this.#arrive(arrival), () => this.#lookAgain(), this.transcript)
    try {
      this.#client = await client.start(this.#server.target, notification => this.#hear(notification))
    } catch (cause) {
      throw new Missed(`the client does not start: ${(cause as Error).message}`)
    }
    if (this.one.opening !== 'none') {
      this.#do({ do: { connect: this.one.connect ?? {} }, as: OPENING })
      await this.#settles({ settles: { result: { $absent: false } }, of: OPENING })
      this.#demand()
      this.#await()
    }
  }

  /** What the case needs of what the client declared when it opened the conversation. @throws NotOffered */
  #demand(): void {
    const opening = this.#arrivals.find(({ seen }) => seen.kind === 'initialize') ?? this.#arrivals[0]
    const { capabilities, _meta } = (opening?.seen.json as { readonly params?: Introduced } | undefined)?.params ?? {}
    const missing = (this.one.needs ?? []).filter(({ capability }) => !declares(capabilities ?? _meta?.['io.modelcontextprotocol/clientCapabilities'], capability))
    if (missing.length > 0) throw new NotOffered(`not offered: ${missing.map(({ capability }) => `the capability ${capability}`).join(', ')}`)
  }

  /** @throws Missed */
  async perform(step: ClientStep): Promise<void> {
    if ('do' in step) return this.#do(step)
    if ('arrives' in step) return this.#arrives(step)
    if ('reply' in step) return this.#reply(step)
    if ('settles' in step) return this.#settles(step)
    if ('hears' in step) return this.#hears(step)
    if ('gone' in step) return this.#gone(step)
    this.#seen(step)
  }

  /** Ends the client, then the server. */
  async leave(): Promise<void> {
    clearTimeout(this.#clock)
    await this.#client?.stop()
    await this.#server?.close()
  }

  /** From here on, what steps await is kept for them. */
  #await(): void {
    for (const step of this.one.steps) if ('arrives' in step) this.#awaited.set(step.arrives, (this.#awaited.get(step.arrives) ?? 0) + 1)
  }

  #arrive(arrival: Arrival): void {
    this.#arrivals.push(arrival)
    const { kind } = arrival.seen
    const awaited = this.#awaited.get(kind) ?? 0
    if (awaited > 0) {
      this.#awaited.set(kind, awaited - 1)
      this.#kept.set(kind, [...this.#kept.get(kind) ?? [], arrival])
    } else this.#write(arrival, this.#house.answer(arrival), true)
    this.#lookAgain()
  }

  #hear(notification: unknown): void {
    this.#heard.push(notification)
    this.transcript.push({ by: 'peer', exchange: 'application', text: `hears ${shorten(JSON.stringify(notification))}` })
    this.#lookAgain()
  }

  #do({ do: action, as }: DoStep): void {
    const deed: Deed = { id: this.#deeds.length + 1, name: as ?? String(this.#deeds.length + 1), outcome: undefined }
    this.#deeds.push(deed)
    const told = this.#told(action)
    this.transcript.push({ by: 'runner', exchange: deed.name, text: `do ${JSON.stringify(told)}` })
    const settle = (outcome: Outcome): void => {
      deed.outcome = outcome
      this.transcript.push({ by: 'peer', exchange: deed.name, text: shorten(JSON.stringify(outcome)) })
      this.#lookAgain()
    }
    this.#client!.do(deed.id, told).then(settle, (error: Error) => settle({ error: { message: error.message } }))
  }

  #told(action: DoStep['do']): Told {
    if ('cancel' in action) return { cancel: this.#deed(action.cancel).id }
    const filled = fill(action as unknown as Pattern, this.#known()) as Exclude<Told, { readonly cancel: number }>
    if (!('connect' in filled) || filled.connect.revision !== undefined) return filled
    return { connect: { ...filled.connect, revision: this.at.revision } }
  }

  async #arrives(step: ArrivesStep): Promise<void> {
    const kept = (): Arrival[] => this.#kept.get(step.arrives) ?? []
    await this.#wait(() => kept().length > 0, `${step.arrives} to arrive`)
    const arrival = kept().shift()!
    this.#taken = arrival
    if (step.as !== undefined) {
      arrival.name = step.as
      if (idOf(arrival) !== undefined) this.#bound = new Map(this.#bound).set(`${step.as}.id`, idOf(arrival))
    }
    const { fields, json, no_sooner_than_ms: gapMs } = step
    const where = ` in ${shorten(JSON.stringify(arrival.seen.json ?? arrival.seen.fields))}`
    if (fields) this.#fit(fields, arrival.seen.fields, '/fields', where)
    if (json !== undefined) this.#fit(json, arrival.seen.json, '/json', where)
    const passedMs = Math.floor(arrival.atMs - this.#endedAtMs)
    if (gapMs !== undefined && passedMs < gapMs) {
      throw new Missed(`expected ${step.arrives} no sooner than after ${gapMs} ms, seen after ${passedMs} ms`)
    }
  }

  #reply({ reply, to }: ReplyStep): void {
    const arrival = to === undefined ? this.#taken : this.#arrival(to)
    if (!arrival) throw new TypeError('nothing was taken yet that could be replied to')
    const answer = answerOf(reply, arrival, this.#known())
    this.#write(arrival, arrival.seen.kind === 'initialize' && !arrival.outlet.isBegun ? this.#house.opening(answer) : answer, reply.end ?? true)
  }

  #write({ outlet, name }: Arrival, answer: Answer, end: boolean | 'break'): void {
    if (outlet.isOver) return
    const text = outlet.say(answer, end)
    if (text !== '') this.transcript.push({ by: 'runner', exchange: name, text })
    if (end !== false) this.#endedAtMs = performance.now()
  }

  async #settles({ settles, of }: SettlesStep): Promise<void> {
    const deed = this.#deed(of)
    await this.#wait(() => deed.outcome !== undefined, `${deed.name} to settle`)
    this.#fit(settles, deed.outcome, '', ` in ${shorten(JSON.stringify(deed.outcome))}`)
  }

  async #hears({ hears, then }: HearsStep): Promise<void> {
    for (const pattern of hears) {
      await this.#wait(() => this.#nextHeard < this.#heard.length, `the application to hear ${JSON.stringify(pattern)}`)
      const notification = this.#heard[this.#nextHeard++]
      this.#fit(pattern, notification, '', ` in ${shorten(JSON.stringify(notification))}`)
    }
    const surplus = this.#heard[this.#nextHeard]
    if (then && surplus !== undefined) {
      throw new Missed(`expected the application to hear no more, seen ${shorten(JSON.stringify(surplus))}`)
    }
  }

  #seen({ seen, of, since }: SeenStep): void {
    const from = since === undefined ? 0 : this.#arrivals.findIndex(one => one.name === since) + 1
    if (since !== undefined && from === 0) throw new TypeError(`no arrival was named ${since}`)
    const those = this.#arrivals.slice(from).map(arrival => arrival.seen).filter(one => of === undefined || match(of, one, this.#known()).fits)
    if ('first' in seen) return this.#first(seen.first, those)
    if ('none' in seen) {
      const found = those.find(one => match(seen.none, one, this.#known()).fits)
      if (found) throw new Missed(`expected nothing like ${JSON.stringify(seen.none)}, seen ${shorten(JSON.stringify(found))}`)
      return
    }
    if (those.length === 0) throw new Missed(`expected something like ${JSON.stringify(of ?? {})}, seen nothing`)
    for (const one of those) this.#fit(seen.each, one, '', ` in ${shorten(JSON.stringify(one))}`)
  }

  #first(patterns: readonly Pattern[], those: readonly Arrival['seen'][]): void {
    for (const [at, pattern] of patterns.entries()) {
      this.#fit(pattern, those[at], `/${at}`, those[at] ? ` in ${shorten(JSON.stringify(those[at]))}` : '')
    }
  }

  /** Closed before we had ended it: by the client, for we cut nothing that is asked about here. */
  async #gone({ gone }: GoneStep): Promise<void> {
    const { outlet } = this.#arrival(gone)
    await this.#wait(() => outlet.gone !== undefined, `the client to hang up on ${gone}`)
    if (outlet.gone === 'ended') throw new Missed(`expected the client to hang up on ${gone}, seen it stay to the end`)
  }

  #arrival(name: string): Arrival {
    const arrival = this.#arrivals.findLast(one => one.name === name)
    if (!arrival) throw new TypeError(`no arrival was named ${name}`)
    return arrival
  }

  #deed(name?: string): Deed {
    const deed = name === undefined ? this.#deeds.at(-1) : this.#deeds.findLast(one => one.name === name)
    if (!deed) throw new TypeError(name === undefined ? 'the client was asked for nothing yet' : `nothing was asked under the name ${name}`)
    return deed
  }

  /** What was bound, and what every case may name. */
  #known(): Bindings {
    const { session } = this.#house
    return new Map(this.#bound).set('revision', this.at.revision).set('session', session).set('introduction', this.#house.introduction())
  }

  #fit(pattern: Pattern | SettlesStep['settles'], value: unknown, path: string, where: string): void {
    const outcome = match(pattern as Pattern, value, this.#known(), path)
    if (!outcome.fits) throw new Missed(`${outcome.path || 'it'}: expected ${outcome.expected}, seen ${outcome.seen}${where}`)
    this.#bound = outcome.bound
  }

  async #wait(condition: () => boolean, what: string): Promise<void> {
    while (!condition() && !this.#late) await new Promise<void>(resolve => void this.#wake.push(resolve))
    if (!condition()) throw new Missed(`waited ${this.deadlineMs} ms in vain for ${what}`)
  }

  #lookAgain(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

/** Where a client says what it can: with `initialize`, or with each request. */
interface Introduced {
  readonly capabilities?: unknown
  readonly _meta?: { readonly [name: string]: unknown }
}

/** The name of the connect that opens a case. */
const OPENING = 'opening'
