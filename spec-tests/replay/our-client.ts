/** Our own client as one under test: `connect`, told in the neutral words of a fixture. */

import {
  connect, EraCache, type Call, type Client, type ClientOptions, type JsonObject, type Notification, type SubscriptionFilter, type Target,
} from '../../lib/client.js'
import type { ConnectWish } from '../../lib/replay/client-steps.js'
import type { ClientHandle, ClientUnderTest, Outcome, Told } from '../../lib/replay/driver.js'

const INFO = { name: 'ours', version: '1.0.0' }

export const ourClient: ClientUnderTest = {
  start: async (target, heard) => new OurHandle(typeof target === 'string' ? target : { command: target[0], args: target.slice(1) }, heard),
}

class OurHandle implements ClientHandle {
  #client: Client | undefined
  readonly #cancels = new Map<number, AbortController>()
  readonly #eras = new EraCache()

  constructor(private readonly target: Target, private readonly heard: (notification: unknown) => void) {}

  async do(id: number, action: Told): Promise<Outcome> {
    const cancel = new AbortController()
    this.#cancels.set(id, cancel)
    try {
      return { result: await this.#perform(action, cancel.signal) ?? {} }
    } catch (error) {
      const { message, code } = error as { readonly message: string; readonly code?: unknown }
      return { error: { message, ...(typeof code === 'number' && { code }) } }
    }
  }

  async stop(): Promise<void> {
    for (const cancel of this.#cancels.values()) cancel.abort()
    await this.#client?.close()
  }

  async #perform(action: Told, signal: AbortSignal): Promise<unknown> {
    if ('connect' in action) return this.#connect(action.connect, signal)
    if ('cancel' in action) return this.#cancels.get(action.cancel)?.abort()
    const client = this.#client
    if (!client) throw new Error('not connected')
    if ('call_tool' in action) {
      const { name, arguments: args, progress, timeout_ms: timeoutMs } = action.call_tool
      return this.#called(client.callTool(name, args as JsonObject, { signal, ...(progress && { progress }), ...(timeoutMs && { timeoutMs }) }))
    }
    if ('get_prompt' in action) return this.#called(client.getPrompt(action.get_prompt.name, action.get_prompt.arguments, { signal }))
    if ('read_resource' in action) return this.#called(client.readResource(action.read_resource.uri, { signal }))
    if ('list_tools' in action) return { tools: await client.listTools({ signal }) }
    if ('list_prompts' in action) return { prompts: await client.listPrompts({ signal }) }
    if ('list_resources' in action) return { resources: await client.listResources({ signal }) }
    if ('listen' in action) return this.#listen(client, action.listen as SubscriptionFilter, signal)
    if ('ping' in action) return client.ping({ signal })
    if ('set_level' in action) return client.setLogLevel(action.set_level)
    if ('notify' in action) return client.notify(action.notify.method, action.notify.params as JsonObject | undefined)
    await client.close()
  }

  async #called(call: Call<unknown>): Promise<unknown> {
    for await (const note of call) this.heard(note)
    return call.result
  }

  async #listen(client: Client, filter: SubscriptionFilter, signal: AbortSignal): Promise<void> {
    const subscription = client.listen(filter)
    signal.addEventListener('abort', () => subscription.close())
    const how = await subscription.closed
    if (how instanceof Error) throw how
  }

  async #connect({ revision, log_level: logLevel, timeout_ms: timeoutMs, answers = {}, tasks = false }: ConnectWish, signal: AbortSignal): Promise<void> {
    this.#client = await connect(this.target, {
      info: INFO, signal, eras: this.#eras, answers: { ...answersOf(answers), asTasks: tasks },
      ...(revision && { revision }), ...(logLevel && { logLevel }), ...(timeoutMs && { timeoutMs }),
    })
    void this.#show(this.#client.notifications)
  }

  async #show(notifications: AsyncIterable<Notification>): Promise<void> {
    for await (const note of notifications) this.heard(note)
  }
}

const answersOf = ({ elicitation, sampling, roots }: NonNullable<ConnectWish['answers']>): NonNullable<ClientOptions['answers']> => ({
  ...(elicitation !== undefined && { elicit: (_, { signal }) => answerOf(elicitation, signal) }),
  ...(sampling !== undefined && { sample: (_, { signal }) => answerOf(sampling, signal) }),
  ...(roots !== undefined && { roots: ({ signal }) => answerOf(roots, signal) }),
})

const answerOf = async <T>(answer: unknown, signal: AbortSignal): Promise<T> => {
  if (answer === 'fails') throw new Error('the application failed')
  if (answer === 'never') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('withdrawn'))))
  return answer as T
}
