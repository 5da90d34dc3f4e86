/** Tools: registration, `tools/list`, `tools/call`, argument checks (server/tools). No I/O. */
import type { Revision } from '../revisions/index.js'
import type { JsonObject } from '../wire/json-rpc.js'
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import type { Tool, ToolAnnotations, Icon } from '../protocol/types.js'
import { checkOf, type Check } from '../validation/check.js'
import type { FromSchema, JsonSchema } from '../validation/from-schema.js'
import { lint } from '../validation/lint.js'
import { mirroredOf, type Mirrored } from '../validation/mirrored.js'
import { Context } from './context.js'
import { fitResult, resultOf, text, type ToolReturn } from './content.js'
import { handle } from './handle.js'
import type { Answers, Needs } from './input.js'
import { InputRequired, type Vault } from './rounds.js'

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
  /** Client capabilities without which it is not run, as a client declares them: `{ sampling: {} }`. */
  readonly requires?: JsonObject
  readonly _meta?: JsonObject
}

/** Arguments are typed from the schema literal; what is returned is a string, content blocks, a result, or `needs(…)`. */
export type ToolHandler<In extends JsonSchema = JsonSchema> = (args: FromSchema<In>, ctx: Context) => ToolReturn | Needs | Promise<ToolReturn | Needs>

/** Where an error that the peer is not told about happened. */
export interface ErrorPlace {
  readonly method: string
  readonly tool?: string
}

interface Registered {
  readonly name: string
  readonly listed: Tool
  readonly handler: (args: never, ctx: Context) => unknown
  readonly mirrored: readonly Mirrored[] | undefined
  readonly requires: JsonObject | undefined
  input: Check | undefined
  output: Check | undefined
  /** Absent once `input` and `output` are compiled. */
  compiling: (() => Promise<void>) | undefined
}

const NAME = /^[A-Za-z0-9_.-]{1,128}$/ // server/tools#tool-names

export class Tools {
  readonly #byName = new Map<string, Registered>()
  #listings = new Map<Revision, JsonObject>()

  constructor(private readonly onError: (error: unknown, place: ErrorPlace) => void, private readonly vault: () => Vault) {}

  get size(): number {
    return this.#byName.size
  }

  /** @throws TypeError that names the tool, the place and the fault. */
  add(name: string, definition: ToolDefinition, handler: (args: never, ctx: Context) => unknown): void {
    if (!NAME.test(name)) throw new TypeError(`tool ${JSON.stringify(name)}: a name is 1 to 128 of A-Z a-z 0-9 _ . -`)
    if (this.#byName.has(name)) throw new TypeError(`tool "${name}" is registered already`)
    if (typeof handler !== 'function') throw new TypeError(`tool "${name}": expected a handler function, not ${typeof handler}`)
    const { inputSchema = { type: 'object' }, outputSchema, requires, ...rest } = definition
    assertSchema(name, 'inputSchema', inputSchema)
    if (typeof inputSchema !== 'object' || inputSchema.type !== 'object') throw new TypeError(`tool "${name}": inputSchema/type must be "object"`)
    if (outputSchema !== undefined) assertSchema(name, 'outputSchema', outputSchema)
    const mirrored = mirroredOf(inputSchema)
    if (typeof mirrored === 'string') throw new TypeError(`tool "${name}": ${mirrored}`)
    const listed = { name, ...rest, inputSchema, ...(outputSchema !== undefined && { outputSchema }) } as Tool
    const tool: Registered = { name, listed, handler, mirrored: mirrored.length > 0 ? mirrored : undefined, requires, input: undefined, output: undefined, compiling: undefined }
    const admitsAny = Object.keys(inputSchema).every(keyword => keyword === 'type' || keyword === '$schema')
    if (!admitsAny || outputSchema !== undefined) {
      tool.compiling = async () => {
        if (!admitsAny) tool.input = await checkOf(inputSchema, 'arguments')
        if (outputSchema !== undefined) tool.output = await checkOf(outputSchema, 'structuredContent')
        tool.compiling = undefined
      }
    }
    this.#byName.set(name, tool)
    this.#listings.clear()
  }

  /** False when there is no such tool. */
  remove(name: string): boolean {
    this.#listings.clear()
    return this.#byName.delete(name)
  }

  /** Compiles what the first calls would otherwise wait for. */
  async warm(): Promise<void> {
    for (const tool of this.#byName.values()) await tool.compiling?.().catch((error: unknown) => this.onError(error, { method: 'tools/call', tool: tool.name }))
  }

  /** `tools/list`: in the order of registration, the same for everybody, on one page. @throws ProtocolError for any cursor: none was given out. */
  list({ cursor }: JsonObject, revision: Revision): JsonObject {
    // server/utilities/pagination#error-handling
    if (cursor !== undefined) throw new ProtocolError(CODES.invalidParams, `cursor ${JSON.stringify(cursor).slice(0, 60)} was not given out by this server`)
    let listing = this.#listings.get(revision)
    if (!listing) this.#listings.set(revision, (listing = { tools: [...this.#byName.values()].map(({ listed }) => fitTool(listed, revision)) }))
    return listing
  }

  /** The arguments of a tool that header fields repeat. */
  mirrored(name: unknown): readonly Mirrored[] | undefined {
    return this.#byName.get(name as string)?.mirrored
  }

  /** @throws ProtocolError -32021 if the tool needs what the client did not declare. */
  assertCapable(name: unknown, capabilities: JsonObject): void {
    const requires = this.#byName.get(name as string)?.requires
    if (!requires || Object.keys(requires).every(capability => capability in capabilities)) return
    throw new ProtocolError(CODES.missingCapability, `Tool ${String(name)} needs client capabilities that were not declared`, { requiredCapabilities: requires })
  }

  /** `tools/call`. @throws ProtocolError for an unknown tool, and for bad arguments where the revision says so. */
  call(params: JsonObject, exchange: Exchange): JsonObject | Promise<JsonObject> {
    const tool = this.#byName.get(params.name as string)
    if (!tool) throw new ProtocolError(CODES.invalidParams, `Unknown tool: ${String(params.name).slice(0, 128)}`)
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
    const run = (answers: Answers): unknown => tool.handler(args, new Context(exchange, answers))
    try {
      const value = handle(exchange, this.vault(), run)
      return value instanceof Promise ? this.#later(tool, value, exchange) : this.#result(tool, value, exchange.revision)
    } catch (error) {
      return this.#failed(tool, error, exchange)
    }
  }

  async #later(tool: Registered, value: Promise<unknown>, exchange: Exchange): Promise<JsonObject> {
    try {
      return this.#result(tool, await value, exchange.revision)
    } catch (error) {
      return this.#failed(tool, error, exchange)
    }
  }

  #result(tool: Registered, value: unknown, revision: Revision): JsonObject {
    if (value instanceof InputRequired) return value.result
    const result = resultOf(value)
    if (tool.output && result.isError !== true) {
      const fault = tool.output(result.structuredContent)
      if (fault) throw new TypeError(`the result does not fit outputSchema: ${fault.sentence}`)
    }
    return fitResult(result, revision) as unknown as JsonObject
  }

  /** server/tools#error-handling: a tool that fails is a result that says so. */
  #failed(tool: Registered, error: unknown, exchange: Exchange): JsonObject {
    if (error instanceof ProtocolError) throw error
    if (error instanceof ToolError) return { content: [text(error.message)], isError: true }
    if (exchange.open) this.onError(error, { method: 'tools/call', tool: tool.name })
    return { content: [text(`Tool ${tool.name} failed`)], isError: true }
  }
}

const assertSchema = (name: string, member: string, schema: unknown): void => {
  const fault = lint(schema)
  if (fault) throw new TypeError(`tool "${name}": ${member}${fault.pointer} ${fault.sentence}`)
}

const fitTool = (tool: Tool, { toolMembers }: Revision): JsonObject =>
  Object.fromEntries(toolMembers.filter(member => member in tool).map(member => [member, tool[member as keyof Tool]]))
