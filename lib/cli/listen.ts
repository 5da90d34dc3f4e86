/** `mcpwire listen`: what a server says of its own accord, a line each on stdout, until one of the two has enough. */
import { connect, HttpRefusal, ServerExited, type Client, type SubscriptionFilter } from '../client.js'
import type { Level } from '../wire/levels.js'
import { aside, type Addressee } from './addressee.js'
import { CallPrinter, harmless, screenOf } from './print.js'
import { self } from './self.js'

export interface ListenOptions extends Addressee {
  readonly logLevel: Level | undefined
  /** Resources to be told of when they change. */
  readonly uris: readonly string[]
  /** The one revision to speak: log messages about no request are only to be had where there is a session. */
  readonly revision: string | undefined
  /** Each notification as it came, a line of JSON. */
  readonly json: boolean
  /** The person has enough. */
  readonly enough: AbortSignal
  /** How often the server is asked whether it is still there, in milliseconds. Default 5000. */
  readonly pingMs?: number
}

const PING_MS = 5000
const LISTS = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true } as const

/**
 * Settles with the exit code, 0, once the person has enough.
 * @throws what the connection could not be opened for; an Error when the server cannot be listened to, or is gone
 */
export const listen = async (options: ListenOptions): Promise<number> => {
  const { target, named, logLevel, revision, enough } = options
  const failing = new Failing()
  let client: Client | undefined
  try {
    client = await connect(target, {
      info: self(), restarts: 0, signal: enough, ...(logLevel && { logLevel }), ...(revision !== undefined && { revision }),
      onStderr: line => process.stderr.write(`${aside(line)}\n`),
      events: {
        onError(error) {
          if (error instanceof HttpRefusal) failing.fail(new Error(`${named} cannot be listened to: ${error.message}`, { cause: error }))
          // It may be a fault that the conversation survives, or the end of it.
          else void isThere(client, options, failing).then(yes => yes && say(error.message))
        },
        onSessionReplaced: why => say(`a new session has taken over: ${why}`),
        onDropped: total => say(`${total} notifications came too fast to be shown`),
      },
    })
    await follow(client, options, failing)
    return 0
  } catch (error) {
    if (enough.aborted) return 0
    throw error
  } finally {
    await client?.close()
  }
}

/** Prints what comes until the person has enough. @throws why nothing more comes */
const follow = async (client: Client, options: ListenOptions, failing: Failing): Promise<void> => {
  const { named, uris, json, enough, pingMs = PING_MS } = options
  const over = new Promise<void>(resolve => enough.addEventListener('abort', () => resolve(), { once: true }))
  const pinging = setInterval(() => void isThere(client, options, failing), pingMs)
  try {
    const filter = { ...LISTS, ...(uris.length > 0 && { resourceSubscriptions: uris }) }
    const subscription = client.listen(filter, { onReconnected: () => say('the stream broke, and is heard again: something may have been missed') })
    void subscription.closed.then(how => failing.fail(how instanceof Error ? told(named, how) : new Error(`${named} has ended the subscription`)))
    const introduced = subscription.acknowledged.then(told => say(`${introduction(client, named)}; ${inWords(told)}; stop with Ctrl-C`))
    await Promise.race([over, failing.failed, introduced.then(() => printed(client, json))])
  } finally {
    clearInterval(pinging)
  }
}

const printed = async ({ notifications }: Client, json: boolean): Promise<void> => {
  const printer = new CallPrinter(screenOf(process.stdout), performance.now())
  for await (const note of notifications) {
    if (json) process.stdout.write(`${harmless(JSON.stringify(note))}\n`)
    else printer.print(note)
  }
}

/** The first reason why there is nothing more to listen to. */
class Failing {
  readonly failed: Promise<never>
  fail!: (why: Error) => void

  constructor() {
    this.failed = new Promise((_, reject) => (this.fail = reject))
    this.failed.catch(() => {})
  }
}

/** A stream that is lost is waited for, and looks like silence: so the server is asked. Before there is a client, `connect` tells. */
const isThere = async (client: Client | undefined, { named, pingMs = PING_MS }: ListenOptions, failing: Failing): Promise<boolean> => {
  try {
    await client?.ping({ timeoutMs: 2 * pingMs })
    return true
  } catch (error) {
    failing.fail(gone(named, error))
    return false
  }
}

const say = (text: string): void => void process.stderr.write(`mcpwire: ${harmless(text)}\n`)

const gone = (named: string, error: unknown): Error => new Error(`${named} is gone: ${plainly(error).message}`, { cause: error })

/** Why there is no subscription: as it is, unless there is no server either. */
const told = (named: string, error: Error): Error => (plainly(error) === error ? error : gone(named, error))

/** A program that has ended says why; that it is not started again is our own choice. */
const plainly = (error: unknown): Error => {
  const { cause } = error as Error
  return cause instanceof ServerExited ? cause : error as Error
}

const introduction = ({ server, revision }: Client, named: string): string => `${server ? `${server.name} ${server.version}` : named} at ${revision.id}`

const inWords = ({ toolsListChanged, promptsListChanged, resourcesListChanged, resourceSubscriptions = [] }: SubscriptionFilter): string => {
  const lists = Object.entries({ tools: toolsListChanged, prompts: promptsListChanged, resources: resourcesListChanged }).flatMap(([name, told]) => (told ? [`the list of ${name}`] : []))
  return `it will tell of ${[...lists, ...resourceSubscriptions].join(', ') || 'no change'}`
}
