/**
 * Streamable HTTP, client side: what a status, fields and chunks say, and what to do when they end. One `Hearing` for all that is
 * heard of one message, over as many connections as that takes (basic/transports#streamable-http). Time is an argument. No I/O.
 */
import { EventTooLarge, SseDecoder } from '../../wire/sse.js'
import type { RpcId, RpcMessage } from '../../wire/json-rpc.js'
import type { Standing } from '../../protocol/opening.js'
import { BrokenStream, HttpRefusal, InvalidMessage } from '../../protocol/errors.js'
import { type Fields, JSON_TYPE, SSE_TYPE } from '../http.js'
import { isCarriable, isSessionId } from './ask.js'
import { Gathered, readMessages, refusalOf, typeOf, unexpected } from './read.js'
import { type HearLimits, Patience } from './resume.js'

/** Who is told. */
export interface Listener {
  /** A message, in order. */
  message(message: RpcMessage): void
  /** The session that the reply to `initialize` names; before its message. */
  session(id: string): void
  /** Something that breaks a rule and ends nothing. */
  fault(error: InvalidMessage): void
}

/** What an end means. `resume`: GET again, after that event, not before `delayMs` from now. `dead`: the session has ended, and nothing was done. */
export type Verdict =
  | { readonly as: 'done' }
  | { readonly as: 'resume'; readonly after: string | undefined; readonly delayMs: number }
  | { readonly as: 'failed'; readonly error: Error; readonly dead: boolean }

type Mode = 'silent' | 'object' | 'stream' | 'accepted' | 'refused' | 'wrong'

const DONE: Verdict = { as: 'done' }
const failed = (error: Error, dead = false): Verdict => ({ as: 'failed', error, dead })

export class Hearing {
  readonly #expects: 'response' | 'acceptance' | 'unasked'
  readonly #id: RpcId | undefined
  readonly #opens: boolean
  #mode: Mode = 'silent'
  #status = 0
  #fields: Fields = {}
  #decoder: SseDecoder | undefined
  #gathered = new Gathered(0)
  #answered = false
  /** A stream was opened at least once. */
  #streamed = false
  #after: string | undefined
  #messages = 0
  readonly #patience: Patience

  /** @param subject what was said; `undefined` listens. @param what names it in errors. */
  constructor(
    subject: RpcMessage | undefined,
    private readonly what: string,
    private readonly standing: Standing,
    private readonly limits: HearLimits,
    private readonly listener: Listener,
  ) {
    this.#patience = new Patience(limits)
    const isRequest = subject !== undefined && 'method' in subject && 'id' in subject
    this.#expects = subject === undefined ? 'unasked' : isRequest ? 'response' : 'acceptance'
    this.#id = isRequest ? subject.id : undefined
    this.#opens = isRequest && subject.method === 'initialize'
  }

  /** The response has been heard, or what needs none was taken: whatever else the reply holds is of no interest. */
  get answered(): boolean {
    return this.#answered || this.#mode === 'accepted'
  }

  /** Enough was read of what is no answer. */
  get full(): boolean {
    return (this.#mode === 'refused' || this.#mode === 'wrong') && this.#gathered.full
  }

  /** A reply begins. @throws InvalidMessage */
  head(status: number, fields: Fields): void {
    this.#status = status
    this.#fields = fields
    this.#mode = this.#modeOf(status, fields)
    if (this.#mode === 'stream') {
      this.#decoder = new SseDecoder({ maxEventBytes: this.limits.maxEventBytes })
      this.#streamed = true
    } else {
      this.#gathered = new Gathered(this.#mode === 'object' ? this.limits.maxBodyBytes : ERROR_BYTES)
    }
    if (this.#opens && (this.#mode === 'stream' || this.#mode === 'object')) this.#nameSession(fields['mcp-session-id'])
  }

  #modeOf(status: number, fields: Fields): Mode {
    if (status < 200 || status > 299) return 'refused'
    if (this.#expects === 'acceptance') return 'accepted'
    const coding = fields['content-encoding']
    if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') return 'wrong'
    const type = typeOf(fields)
    if (type === SSE_TYPE) return 'stream'
    // A stream is taken up again as a stream: #listening-for-messages-from-the-server
    return type === JSON_TYPE && this.#expects === 'response' && !this.#streamed ? 'object' : 'wrong'
  }

  #nameSession(id: string | undefined): void {
    if (id === undefined || !this.standing.revision.sessions) return
    if (!isSessionId(id)) throw new InvalidMessage(`Mcp-Session-Id is ${show(id)}; expected visible ASCII`, 'basic/transports#session-management')
    this.listener.session(id)
  }

  /** A piece of the body. @throws InvalidMessage */
  data(chunk: Uint8Array): void {
    if (this.#mode === 'stream') return this.#events(chunk)
    if (this.#mode === 'accepted') return
    this.#gathered.add(chunk)
    if (this.#mode === 'object' && this.#gathered.full) {
      throw new InvalidMessage(`${this.what}: the body is longer than ${this.limits.maxBodyBytes} bytes (maxBodyBytes)`)
    }
  }

  #events(chunk: Uint8Array): void {
    const decoder = this.#decoder!
    let events
    let tooLarge: InvalidMessage | undefined
    try {
      events = decoder.feed(chunk)
    } catch (cause) {
      if (!(cause instanceof EventTooLarge)) throw cause
      events = cause.events
      tooLarge = new InvalidMessage(`${this.what}: ${cause.message} (maxEventBytes)`)
    }
    if (decoder.retryMs !== undefined) this.#patience.asked(decoder.retryMs)
    for (const { event, data, id } of events) {
      this.#moveTo(id)
      // An event of another type is not for us; one without data primes: #sending-messages-to-the-server
      if (event === 'message' && data !== '') this.#text(data)
    }
    // After the events: a message that spoils the stream leaves the cursor on itself.
    if (tooLarge) throw tooLarge
    this.#moveTo(decoder.lastEventId)
  }

  #moveTo(id: string): void {
    if (id === '' || id === this.#after || !isCarriable(id)) return
    this.#after = id
    this.#patience.rewarded()
  }

  #text(text: string): void {
    this.#patience.rewarded()
    try {
      for (const message of readMessages(text, this.standing.revision, this.what)) this.#message(message)
    } catch (error) {
      // What nobody waits for cannot fail; it is told and left out.
      if (!(error instanceof InvalidMessage) || (this.#expects === 'response' && !this.#answered)) throw error
      this.listener.fault(error)
    }
  }

  #message(message: RpcMessage): void {
    if (!('method' in message)) return this.#response(message.id, message)
    // #listening-for-messages-from-the-server; what follows the response can no longer belong to the request
    if (this.#answered) throw new InvalidMessage(`${this.what}: ${message.method} came after the response`)
    this.#messages++
    this.listener.message(message)
  }

  #response(id: RpcId | undefined, message: RpcMessage): void {
    if (this.#expects !== 'response') {
      const clause = 'basic/transports#listening-for-messages-from-the-server'
      throw new InvalidMessage(`${this.what}: a response to ${show(id)}, which was not asked here`, clause)
    }
    // An error may come without id, when the server could not read ours: basic/index#error-responses
    if (id !== undefined && id !== this.#id) {
      throw new InvalidMessage(`${this.what}: a response to ${show(id)}; expected one to ${show(this.#id)}`, 'basic/index#result-responses')
    }
    if (this.#answered) throw new InvalidMessage(`${this.what}: a second response; expected one`)
    this.#answered = true
    this.listener.message(message)
  }

  /** The connection is over, in good order or by `cause`. */
  end(cause?: Error): Verdict {
    const mode = this.#mode
    this.#mode = 'silent'
    if (this.#answered) return DONE
    switch (mode) {
      case 'silent':
        return this.#unanswered(cause)
      case 'object':
        return this.#object(cause)
      case 'stream':
        return this.#cut(cause)
      case 'accepted':
        return DONE
      case 'refused':
        return this.#refused()
      case 'wrong':
        return this.#streamed && this.#expects === 'response'
          ? failed(this.#broken(unexpected(this.what, this.#status, this.#fields, this.#gathered)))
          : failed(unexpected(this.what, this.#status, this.#fields, this.#gathered))
    }
  }

  #unanswered(cause: Error | undefined): Verdict {
    if (this.#streamed || this.#expects === 'unasked') return this.#again(cause)
    return failed(new Error(`${this.what}: the connection failed before an answer came: ${reasonOf(cause)}`, { cause }))
  }

  #object(cause: Error | undefined): Verdict {
    if (cause) return failed(new BrokenStream(`${this.what}: the connection ended within the JSON body: ${reasonOf(cause)}`, { cause }))
    try {
      for (const message of readMessages(this.#gathered.text(), this.standing.revision, this.what)) this.#message(message)
      return this.#answered ? DONE : failed(new InvalidMessage(`${this.what}: the body holds no response`))
    } catch (error) {
      if (!(error instanceof InvalidMessage)) throw error
      if (!this.#answered) return failed(error)
      this.listener.fault(error)
      return DONE
    }
  }

  /** #resumability-and-redelivery: a stream that ended too early may be asked for the rest. */
  #cut(cause: Error | undefined): Verdict {
    if (this.#expects === 'unasked') return this.#again(cause)
    const { revision } = this.standing
    if (!revision.resumes) return failed(this.#broken(cause, `revision ${revision.id} cannot resume`))
    return this.#after === undefined ? failed(this.#broken(cause, 'no event had an id to resume after')) : this.#again(cause)
  }

  #again(cause: Error | undefined): Verdict {
    const { maxResumes } = this.limits
    const tired = this.#patience.vain >= maxResumes
    if (tired && this.#expects === 'response') return failed(this.#broken(cause, `${maxResumes} tries brought nothing`))
    if (tired && !this.#streamed) {
      return failed(new Error(`${this.what}: ${maxResumes} tries to open a stream failed: ${reasonOf(cause)}`, { cause }))
    }
    return { as: 'resume', after: this.standing.revision.resumes ? this.#after : undefined, delayMs: this.#patience.next() }
  }

  #refused(): Verdict {
    const status = this.#status
    const { refusal, answer } = refusalOf(this.what, status, this.#fields, this.#gathered, this.#id)
    const dead = status === 404 && this.standing.session !== undefined
    if (!this.#streamed) {
      // The standalone stream is an offer: a server that has none may say so by any status, and its session lives.
      return failed(answer ?? refusal, dead && this.#expects !== 'unasked')
    }
    // The server, or something before it, is unwell; it may recover.
    if (status >= 500 || status === 429) return this.#again(refusal)
    return this.#expects === 'unasked' ? failed(refusal, dead) : failed(this.#broken(refusal, refusal.message))
  }

  #broken(cause: Error | undefined, why?: string): BrokenStream {
    const { tries } = this.#patience
    const received = `${this.#messages} message${this.#messages === 1 ? '' : 's'} came`
    const resumed = tries === 0 ? '' : `, it was resumed ${tries} time${tries === 1 ? '' : 's'}`
    const reason = [cause && !(cause instanceof HttpRefusal) ? reasonOf(cause) : undefined, why].filter(Boolean).join('; ')
    return new BrokenStream(`${this.what}: the stream ended without its response (${received}${resumed})${reason && `: ${reason}`}`, cause && { cause })
  }
}

/** Read of a body that only explains an error. */
const ERROR_BYTES = 64 * 1024

const show = (id: RpcId | undefined): string => (id === undefined ? 'no id' : JSON.stringify(id).slice(0, 100))

/** A host with several addresses fails with several errors and no message of its own. */
const reasonOf = (cause: Error | undefined): string => {
  if (cause === undefined) return 'it was closed'
  if (cause instanceof AggregateError) return cause.errors.map(String).join(', ')
  return cause.message || cause.name
}
