/** A client's hold on one server: opens the conversation, opens it again when it is no more, and listens. No I/O of its own. */
import type { RpcMessage, RpcNotification, RpcRequest, RpcResponse } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import { BrokenStream, HttpRefusal, InvalidMessage, RpcError, Timeout } from '../protocol/errors.js'
import { saysItself } from '../protocol/meta.js'
import { Opening, type OpeningOptions, type Outcome, type ServerSays, type Standing } from '../protocol/opening.js'
import { declared, speaks } from '../revisions/vocabulary.js'
import { bared, type Carrier, type Clock, type Line, OlderTransport, SessionGone, type UnaskedLine } from './carrier.js'

export interface LinkOptions extends OpeningOptions {
  /** Hear what the server says unasked. */
  readonly listen: boolean
  readonly listenWaitMs: number
  /** What is heard about no call of ours. */
  readonly heard: (message: RpcRequest | RpcNotification, standing: Standing) => void
  readonly onError: (error: Error) => void
  /** What is said unasked is not heard any more, and nothing is done about it. */
  readonly onDeaf: (why: Error) => void
  /** A new conversation has taken over from one that was no more. `why`: given when that was a session. */
  readonly onRenewed: (why: string | undefined) => void
}

export class Link {
  #standing: Standing | undefined
  #server: ServerSays | undefined
  #renewing: Promise<void> | undefined
  #listening: UnaskedLine | undefined
  /** The level last asked for: a new session is told again. */
  level: Level | undefined

  constructor(readonly carrier: Carrier, private readonly clock: Clock, private readonly options: LinkOptions) {}

  /** In force once `open` has settled. */
  get standing(): Standing {
    return this.#standing!
  }

  get server(): ServerSays {
    return this.#server!
  }

  /** A new session is being opened: wait for it. */
  get renewing(): Promise<void> | undefined {
    return this.#renewing
  }

  /** Opens, and waits a moment for the stream. @throws what the opening failed with */
  async open(): Promise<void> {
    await this.#open()
    await this.#heeded()
  }

  /** Listens, where the session has a stream for what belongs to no request and it is not being heard already. Settles when it is, or soon. */
  async hear(): Promise<void> {
    await this.#renewing?.catch(() => {})
    if (!this.#listening && this.#shouldListen(this.standing)) this.#listen(this.standing)
    await this.#heeded()
  }

  /** One new conversation for all who found `dead` to be so. */
  renew(dead: Standing, why: Error): Promise<void> {
    if (this.#renewing || this.#standing !== dead) return this.#renewing ?? Promise.resolve()
    const isSession = !saysItself(dead.revision)
    this.#listening?.stop()
    this.#listening = undefined
    this.#renewing = this.#open(isSession)
      .then(() => this.options.onRenewed(isSession ? why.message : undefined))
      .finally(() => {
        this.#renewing = undefined
      })
    return this.#renewing
  }

  async close(): Promise<void> {
    this.#listening?.stop()
    if (this.#standing) await this.carrier.leave(this.#standing)
    await this.carrier.close()
  }

  /** `again`: it was a session before, and is not probed for more. 2026-07-28/basic/versioning#backward-compatibility-with-initialization-based-versions */
  async #open(again = false): Promise<void> {
    const { probeMs } = this.carrier
    const opening = new Opening({ ...this.options, ...(again && { remembered: 'legacy' as const }), piped: probeMs !== undefined })
    let session: string | undefined
    for (let step = opening.first(); ;) {
      if ('fail' in step) throw step.fail
      if ('fallBackTo' in step) throw this.carrier.mayBeOlder ? new OlderTransport(step.because) : step.because
      if ('settled' in step) return this.#settle({ revision: step.settled, session }, step.server)
      const withinMs = probeMs !== undefined && saysItself(step.as) ? Math.min(probeMs, step.withinMs) : step.withinMs
      const tried = await this.#ask(step.try, { revision: step.as }, withinMs)
      session = tried.session
      step = opening.next(tried.outcome)
    }
  }

  /** basic/lifecycle#initialization: say that it is done, and only then anything else. Without a session there is nothing to say. */
  async #settle(standing: Standing, server: ServerSays): Promise<void> {
    const done = 'notifications/initialized'
    if (speaks(standing.revision, done, 'client')) {
      await this.tell({ jsonrpc: '2.0', method: done }, standing).catch((error: unknown) => Promise.reject(bared(error)))
    }
    const { level } = this
    const row = speaks(standing.revision, 'logging/setLevel', 'client')
    if (level !== undefined && row && declared(server.capabilities, row)) {
      const { newId, withinMs } = this.options
      const { outcome } = await this.#ask({ jsonrpc: '2.0', id: newId(), method: row.method, params: { level } }, standing, withinMs)
      if ('error' in outcome) throw new RpcError(outcome.error, row.method)
      if ('refusal' in outcome) throw outcome.refusal
      if ('silence' in outcome) throw new Timeout(`${row.method} was not answered within ${withinMs} ms`, 'timeoutMs', withinMs)
    }
    this.#standing = standing
    this.#server = server
    if (this.#shouldListen(standing)) this.#listen(standing)
  }

  #shouldListen({ revision }: Standing): boolean {
    return this.options.listen && revision.changes === 'GET stream'
  }

  #listen(standing: Standing): void {
    const { heard, onError, onDeaf } = this.options
    let over = false
    let listening: UnaskedLine | undefined
    listening = this.carrier.listen(standing, {
      hear: message => {
        if ('method' in message) heard(message, standing)
      },
      end: error => {
        over = true
        if (this.#listening === listening) this.#listening = undefined
        if (error instanceof SessionGone) return void this.renew(standing, error).catch((why: unknown) => this.#deaf(why as Error))
        if (error) onError(error)
        onDeaf(error ?? new Error('the server has no stream for what belongs to no request'))
      },
      fault: onError,
    })
    this.#listening = over ? undefined : listening
  }

  #deaf(why: Error): void {
    this.options.onError(why)
    this.options.onDeaf(why)
  }

  async #heeded(): Promise<void> {
    if (this.#listening) await this.#atMost(this.options.listenWaitMs, this.#listening.settled)
  }

  /** Says something that has no answer; settles once it was taken. @throws Timeout, or why it was not taken */
  tell(message: RpcNotification | RpcResponse, standing: Standing): Promise<void> {
    const { withinMs, onError } = this.options
    return new Promise((resolve, reject) => {
      // Armed first: a carrier may end what it cannot send at once.
      const disarm = this.clock.after(withinMs, () => {
        line?.stop()
        reject(new Timeout(`${'method' in message ? message.method : 'a response'} was not taken within ${withinMs} ms`, 'timeoutMs', withinMs))
      }, true)
      const line: Line | undefined = this.carrier.send(message, standing, {
        hear: () => {},
        end: error => {
          disarm()
          if (error) reject(error)
          else resolve()
        },
        fault: onError,
      })
    })
  }

  /** One request of the opening. Unlike a call's it is never cancelled: basic/utilities/cancellation#behavior-requirements. */
  #ask(request: RpcRequest, standing: Standing, withinMs: number): Promise<{ readonly outcome: Outcome; readonly session: string | undefined }> {
    return new Promise((resolve, reject) => {
      let session: string | undefined
      const disarm = this.clock.after(withinMs, () => {
        line?.stop()
        settle({ silence: true })
      }, true)
      const settle = (outcome: Outcome): void => {
        disarm()
        resolve({ outcome, session })
      }
      const line: Line | undefined = this.carrier.send(request, standing, {
        session: id => {
          session = id
        },
        hear: message => this.#heardOpening(message, { ...standing, session: session ?? standing.session }, settle),
        end: error => {
          const why = bared(error ?? new InvalidMessage(`${request.method} was not answered`))
          const refusal = why instanceof RpcError ? why.cause : why
          if (refusal instanceof HttpRefusal) return settle(why instanceof RpcError && refusal.error ? { error: refusal.error, refusal } : { refusal })
          // a server process that dies of a question it does not know
          if (this.carrier.probeMs !== undefined && saysItself(standing.revision) && why instanceof BrokenStream) return settle({ silence: true })
          disarm()
          reject(why)
        },
        fault: this.options.onError,
      })
    })
  }

  #atMost(ms: number, settled: Promise<void>): Promise<void> {
    return new Promise(resolve => {
      const disarm = this.clock.after(ms, resolve, true)
      void settled.then(() => {
        disarm()
        resolve()
      })
    })
  }

  #heardOpening(message: RpcMessage, standing: Standing, settle: (outcome: Outcome) => void): void {
    if ('method' in message) this.options.heard(message, standing)
    else settle('result' in message ? { result: message.result } : { error: message.error })
  }
}
