/** Tools: registration, `tools/list`, `tools/call`, argument checks (server/tools). No I/O. */
import type { Revision } from '../revisions/index.js'
import type { JsonObject } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { experimental } from '../protocol/tasks.js'
import type { Tool, ToolAnnotations, Icon } from '../protocol/types.js'
import { checkOf, type Check } from '../validation/check.js'
import type { FromSchema, JsonSchema } from '../validation/from-schema.js'
import { lint } from '../validation/lint.js'
import { mirroredOf, type Mirrored } from '../validation/mirrored.js'
import { Context } from './context.js'
import type { ErrorPlace } from './dispatch.js'
import { fitResult, resultOf, text, type ToolReturn } from './content.js'
import { handle } from './handle.js'
import type { Answers, Needs } from './input.js'
import { isA } from './quietly.js'
import { described, Registry, type Listing } from './registry.js'
import { InputRequired } from './rounds.js'
import { assertExtended, hasExperiment } from './task-methods.js'
import { extended, LongRun, TaskExchange, Tasks } from './tasks.js'

/** Throw it from a tool to tell the model what went wrong: an `isError` result with this message. Any other error's text stays here. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}

/** What `tools/list` says of a tool, and what its arguments and results are held against. */
export interface ToolDefinition<In extends JsonSchema = JsonSchema, Out extends JsonSchema = JsonSchema> {
  readonly title?: string
  readonly description?: string
  /** JSON Schema of the arguments, with `type: 'object'` at its root; 2020-12 unless `$schema` says 2019-09 or draft-07. Default: any object. */
  readonly inputSchema?: In
  /** JSON Schema of `structuredContent`. */
  readonly outputSchema?: Out
  readonly annotations?: ToolAnnotations
  readonly icons?: readonly Icon[]
  /** May it run as a task, or must it? What runs as one: the whole call where the client asked for a task, and otherwise what `asTask` returns. Default: never. */
  readonly taskSupport?: 'optional' | 'required'
  /** Client capabilities without which it is not run, as a client declares them: `{ sampling: {} }`. */
  readonly requires?: JsonObject
  readonly _meta?: JsonObject
}

/** Arguments are typed from the schema literal; what is returned is a string, content blocks, a result, or `needs(…)`. */
export type ToolHandler<In extends JsonSchema = JsonSchema> = (args: FromSchema<In>, ctx: Context) => ToolReturn | Needs | LongRun | Promise<ToolReturn | Needs | LongRun>

/**
 * Return it from a tool with `taskSupport` to go on as a task, if this client takes tasks; else `run` simply goes on here.
 * What `run` needs of the client is asked by way of the task. Answer what must be asked before there is a task before returning it.
 */
export const asTask = (run: (ctx: Context) => ToolReturn | Needs | Promise<ToolReturn | Needs>, options: { readonly ttlMs?: number; readonly pollIntervalMs?: number } = {}): LongRun =>
  new LongRun(run as (ctx: never) => unknown, options)

interface Registered {
  readonly name: string
  readonly listed: Tool
  readonly handler: (args: never, ctx: Context) => unknown
  readonly mirrored: readonly Mirrored[] | undefined
  readonly requires: JsonObject | undefined
  readonly taskSupport: 'optional' | 'required' | undefined
  input: Check | undefined
  output: Check | undefined
  /** Absent once `input` and `output` are compiled. */
  compiling: (() => Promise<void>) | undefined
}

const NAME = /^[A-Za-z0-9_.-]{1,128}$/ // server/tools#tool-names

export class Tools {
  readonly all: Registry<Registered>

  constructor(private readonly onError: (error: unknown, place: ErrorPlace) => void, private readonly listing: Listing, private readonly tasks: Tasks) {
    this.all = new Registry('tools/list', 'tools', ({ listed }, revision) => described(forPeer(listed, revision), 'tool', revision), listing)
  }

  /** @throws TypeError that names the tool, the place and the fault. */
  add(name: string, definition: ToolDefinition, handler: (args: never, ctx: Context) => unknown): void {
    if (!NAME.test(name)) throw new TypeError(`tool ${JSON.stringify(name)}: a name is 1 to 128 of A-Z a-z 0-9 _ . -`)
    if (this.all.has(name)) throw new TypeError(`tool "${name}" is registered already`)
    if (typeof handler !== 'function') throw new TypeError(`tool "${name}": expected a handler function, not ${typeof handler}`)
    const { inputSchema = { type: 'object' }, outputSchema, requires, taskSupport, ...rest } = definition
    assertSchema(name, 'inputSchema', inputSchema)
    if (typeof inputSchema !== 'object' || inputSchema.type !== 'object') throw new TypeError(`tool "${name}": inputSchema/type must be "object"`)
    if (outputSchema !== undefined) assertSchema(name, 'outputSchema', outputSchema)
    const mirrored = mirroredOf(inputSchema)
    if (typeof mirrored === 'string') throw new TypeError(`tool "${name}": ${mirrored}`)
    const listed = { name, ...rest, ...(taskSupport && { execution: { taskSupport } }), inputSchema, ...(outputSchema !== undefined && { outputSchema }) } as Tool
    const tool: Registered = { name, listed, handler, mirrored: mirrored.length > 0 ? mirrored : undefined, requires, taskSupport, input: undefined, output: undefined, compiling: undefined }
    const admitsAny = Object.keys(inputSchema).every(keyword => keyword === 'type' || keyword === '$schema')
    if (!admitsAny || outputSchema !== undefined) {
      tool.compiling = async () => {
        if (!admitsAny) tool.input = await checkOf(inputSchema, 'arguments')
        if (outputSchema !== undefined) tool.output = await checkOf(outputSchema, 'structuredContent')
        tool.compiling = undefined
      }
    }
    this.all.set(name, tool)
  }

  /** Compiles what the first calls would otherwise wait for. */
  async warm(): Promise<void> {
    for (const tool of this.all.values()) await tool.compiling?.().catch((error: unknown) => this.onError(error, { method: 'tools/call', tool: tool.name }))
  }

  /** The arguments of a tool that header fields repeat. */
  mirrored(name: unknown): readonly Mirrored[] | undefined {
    return this.all.get(name as string)?.mirrored
  }

  /** @throws ProtocolError -32021 if the tool needs what the client did not declare. */
  assertCapable(name: unknown, capabilities: JsonObject): void {
    const requires = this.all.get(name as string)?.requires
    if (!requires || includes(capabilities, requires)) return
    throw new ProtocolError(CODES.missingCapability, `Tool ${String(name)} needs client capabilities that were not declared`, { requiredCapabilities: requires })
  }

  /** `tools/call`. @throws ProtocolError for an unknown tool, and for bad arguments where the revision says so. */
  call(params: JsonObject, exchange: Exchange): JsonObject | Promise<JsonObject> {
    const tool = this.all.get(params.name as string)
    if (!tool) throw new ProtocolError(CODES.invalidParams, `Unknown tool: ${String(params.name).slice(0, 128)}`)
    if (hasExperiment(exchange.revision)) {
      const task = params.task as { readonly ttl?: number } | undefined
      // 2025-11-25/basic/utilities/tasks#tool-level-negotiation
      if (task && !tool.taskSupport) throw new ProtocolError(CODES.methodNotFound, `Tool ${tool.name} does not run as a task`)
      if (!task && tool.taskSupport === 'required') throw new ProtocolError(CODES.methodNotFound, `Tool ${tool.name} runs only as a task`)
      if (task) return { task: experimental(this.tasks.begin(exchange, inTask => this.#start(tool, params, inTask), { ttlMs: task.ttl })) }
    } else if (tool.taskSupport === 'required' && exchange.revision.input === 'in results') assertExtended(exchange)
    return this.#start(tool, params, exchange)
  }

  #start(tool: Registered, params: JsonObject, exchange: Exchange): JsonObject | Promise<JsonObject> {
    return tool.compiling ? tool.compiling().then(() => this.#run(tool, params, exchange)) : this.#run(tool, params, exchange)
  }

  #run(tool: Registered, params: JsonObject, exchange: Exchange): JsonObject | Promise<JsonObject> {
    const args = (params.arguments ?? {}) as never
    if (tool.requires) this.assertCapable(tool.name, exchange.client.capabilities)
    const fault = tool.input?.(args)
    if (fault) {
      // 2025-11-25/server/tools#error-handling: the model is told, so that it can correct itself; before, the client was
      if (exchange.revision.badArguments === 'protocol error') throw new ProtocolError(CODES.invalidParams, fault.sentence)
      return { content: [text(fault.sentence)], isError: true }
    }
    return this.#finish(tool, exchange, answers => tool.handler(args, new Context(exchange, answers, this.listing.logs)))
  }

  #finish(tool: Registered, exchange: Exchange, run: (answers: Answers) => unknown): JsonObject | Promise<JsonObject> {
    try {
      const value = handle(exchange, this.listing, run)
      return value instanceof Promise ? this.#later(tool, value, exchange) : this.#result(tool, value, exchange)
    } catch (error) {
      return this.#failed(tool, error, exchange)
    }
  }

  async #later(tool: Registered, value: Promise<unknown>, exchange: Exchange): Promise<JsonObject> {
    try {
      return await this.#result(tool, await value, exchange)
    } catch (error) {
      return this.#failed(tool, error, exchange)
    }
  }

  #result(tool: Registered, value: unknown, exchange: Exchange): JsonObject | Promise<JsonObject> {
    if (value instanceof InputRequired) return value.result
    if (value instanceof LongRun) return this.#longRun(tool, value, exchange)
    const result = resultOf(value)
    if (tool.output && result.isError !== true) {
      const fault = tool.output(result.structuredContent)
      if (fault) throw new TypeError(`the result does not fit outputSchema: ${fault.sentence}`)
    }
    return fitResult(result, exchange.revision) as unknown as JsonObject
  }

  #longRun(tool: Registered, { run, options }: LongRun, exchange: Exchange): JsonObject | Promise<JsonObject> {
    const goOn = (on: Exchange): JsonObject | Promise<JsonObject> => this.#finish(tool, on, answers => run(new Context(on, answers, this.listing.logs) as never))
    const apart = tool.taskSupport && !(exchange instanceof TaskExchange) && exchange.revision.input === 'in results' && Tasks.extended(exchange)
    return apart ? { resultType: 'task', ...extended(this.tasks.begin(exchange, goOn, options)) } : goOn(exchange)
  }

  /** server/tools#error-handling: a tool that fails is a result that says so. */
  #failed(tool: Registered, error: unknown, exchange: Exchange): JsonObject {
    if (isA(error, ProtocolError)) throw error
    if (isA(error, ToolError)) return { content: [text(error.message)], isError: true }
    if (exchange.open) this.onError(error, { method: 'tools/call', tool: tool.name })
    return { content: [text(`Tool ${tool.name} failed`)], isError: true }
  }
}

/** Does `there` have every member that `wanted` has, however deep? */
const includes = (there: unknown, wanted: unknown): boolean =>
  typeof wanted !== 'object' || wanted === null
    ? there === wanted
    : typeof there === 'object' && there !== null && Object.entries(wanted).every(([name, value]) => Object.hasOwn(there, name) && includes((there as JsonObject)[name], value))

/** An output schema is shown only where results may be what it describes: one client that refuses it would lose the whole list. */
const forPeer = (tool: Tool, { structured }: Revision): Tool => {
  if (tool.outputSchema === undefined || structured === 'any' || tool.outputSchema.type === 'object') return tool
  const { outputSchema: _, ...rest } = tool
  return rest
}

const assertSchema = (name: string, member: string, schema: unknown): void => {
  const fault = lint(schema)
  if (fault) throw new TypeError(`tool "${name}": ${member}${fault.pointer} ${fault.sentence}`)
}
