/** Prompts: registration, `prompts/list`, `prompts/get` (server/prompts). No I/O. */
import type { Revision } from '../revisions/index.js'
import type { JsonObject } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import type { GetPromptResult, Icon, Prompt, PromptArgument, PromptMessage } from '../protocol/types.js'
import type { Complete } from './completion.js'
import { blockOf, fitBlock } from './content.js'
import { Context } from './context.js'
import { handle } from './handle.js'
import type { Needs } from './input.js'
import { described, Registry, type Listing } from './registry.js'
import { InputRequired } from './rounds.js'

/** An argument by its name: what it is, whether it must be given, what it could be. */
export interface ArgumentDefinition extends Omit<PromptArgument, 'name'> {
  readonly complete?: Complete
}

export interface PromptDefinition<Arguments extends { readonly [name: string]: ArgumentDefinition } = { readonly [name: string]: ArgumentDefinition }> {
  readonly title?: string
  readonly description?: string
  readonly arguments?: Arguments
  readonly icons?: readonly Icon[]
  readonly _meta?: JsonObject
}

/** Values are strings; those that are not required may be absent. */
export type PromptArguments<A> = { readonly [N in keyof A as A[N] extends { readonly required: true } ? N : never]: string } & {
  readonly [N in keyof A as A[N] extends { readonly required: true } ? never : N]?: string
}

/** One string is one message of the user's. */
export type PromptReturn = string | readonly PromptMessage[] | GetPromptResult

export type PromptHandler<A> = (args: PromptArguments<A>, ctx: Context) => PromptReturn | Needs | Promise<PromptReturn | Needs>

interface Registered {
  readonly listed: Prompt
  readonly complete: ReadonlyMap<string, Complete>
  readonly handler: (args: never, ctx: Context) => unknown
}

export class Prompts {
  readonly all: Registry<Registered>

  constructor(private readonly listing: Listing) {
    const show = ({ listed }: Registered, revision: Revision): JsonObject => ({
      ...described(listed, 'prompt', revision),
      ...(listed.arguments && { arguments: listed.arguments.map(argument => described(argument, 'argument', revision)) }),
    })
    this.all = new Registry('prompts/list', 'prompts', show, listing)
  }

  /** @throws TypeError for a name that is none or is there already */
  add(name: string, { arguments: args, ...definition }: PromptDefinition, handler: (args: never, ctx: Context) => unknown): void {
    if (name === '') throw new TypeError('a prompt needs a name')
    if (this.all.has(name)) throw new TypeError(`prompt ${JSON.stringify(name)} is registered already`)
    if (typeof handler !== 'function') throw new TypeError(`prompt ${JSON.stringify(name)}: expected a handler function, not ${typeof handler}`)
    const listed = Object.entries(args ?? {}).map(([argument, { complete: _, ...rest }]) => ({ name: argument, ...rest }))
    const complete = new Map(Object.entries(args ?? {}).flatMap(([argument, { complete: by }]) => (by ? [[argument, by] as const] : [])))
    this.all.set(name, { listed: { name, ...definition, ...(args && { arguments: listed }) }, complete, handler })
  }

  /** @throws ProtocolError -32602 for an unknown prompt or missing arguments (server/prompts#error-handling) */
  async get({ name, arguments: given = {} }: JsonObject, exchange: Exchange): Promise<JsonObject> {
    const prompt = this.all.get(String(name))
    if (!prompt) throw new ProtocolError(CODES.invalidParams, `Unknown prompt: ${String(name).slice(0, 128)}`)
    const args = given as { readonly [name: string]: string }
    const absent = prompt.listed.arguments?.find(argument => argument.required === true && !Object.hasOwn(args, argument.name))
    if (absent) throw new ProtocolError(CODES.invalidParams, `Prompt ${prompt.listed.name} needs the argument ${absent.name}`)
    const outcome = await handle(exchange, this.listing, answers => prompt.handler(args as never, new Context(exchange, answers, this.listing.logs)))
    if (outcome instanceof InputRequired) return outcome.result
    const { messages, ...rest } = resultOf(outcome)
    const fitted = messages.map(({ role, content }) => ({ role: roleOf(role), content: fitBlock(blockOf(content), exchange.revision) }))
    return { ...(prompt.listed.description !== undefined && { description: prompt.listed.description }), ...rest, messages: fitted }
  }
}

const roleOf = (role: unknown): PromptMessage['role'] => {
  if (role === 'user' || role === 'assistant') return role
  throw new TypeError(`a prompt's message has the role user or assistant, not ${JSON.stringify(role)}`)
}

const resultOf = (outcome: unknown): GetPromptResult => {
  if (typeof outcome === 'string') return { messages: [{ role: 'user', content: { type: 'text', text: outcome } }] }
  if (Array.isArray(outcome)) return { messages: outcome as PromptMessage[] }
  if (typeof outcome === 'object' && outcome !== null && Array.isArray((outcome as { messages?: unknown }).messages)) return outcome as GetPromptResult
  throw new TypeError(`a prompt returns a string, messages or { messages }, not ${outcome === null ? 'null' : typeof outcome}`)
}
