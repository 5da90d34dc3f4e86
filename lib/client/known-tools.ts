/**
 * What a client has learned of a server's tools from its lists: which header fields a call needs, whether it may be repeated, or runs as a task,
 * and what its results are held against. No I/O.
 */
import { MAX_MIRRORED } from '../bindings/streamable-http/mirror.js'
import type { Tool } from '../protocol/types.js'
import type { Check } from '../validation/check.js'
import type { JsonSchema } from '../validation/from-schema.js'
import { type Mirrored, mirroredOf } from '../validation/mirrored.js'
import { checkOfPeer } from './peer-schema.js'

/** Tools remembered at once. Beyond it the one learned longest ago is forgotten: its calls carry no `Mcp-Param-*` until it is listed again. */
export const MAX_KNOWN_TOOLS = 10_000

interface Known {
  readonly mirrored: readonly Mirrored[]
  readonly repeatable: boolean
  readonly taskSupport: 'optional' | 'required' | undefined
  readonly output: JsonSchema | undefined
  /** Once it was wanted. `false`: it cannot be used. */
  check?: Promise<Check> | false
}

export class KnownTools {
  readonly #known = new Map<string, Known>()

  /**
   * Learns a page of tools, and returns those that can be used: the one with an annotation that breaks a rule cannot, the others can
   * (2026-07-28/basic/transports/streamable-http#schema-extension). `mirrors`: does the revision have these annotations?
   */
  learn(tools: readonly Tool[], mirrors: boolean, onRejected: (name: string, reason: string) => void): readonly Tool[] {
    return tools.filter(({ name, inputSchema, outputSchema, annotations, execution }) => {
      const found = mirrors ? mirroredOf(inputSchema) : []
      const tooMany = typeof found !== 'string' && found.length > MAX_MIRRORED
      const mirrored = tooMany ? `${found.length} arguments are to be repeated in header fields; at most ${MAX_MIRRORED} are` : found
      this.#known.delete(name)
      if (typeof mirrored === 'string') {
        onRejected(name, mirrored)
        return false
      }
      const taskSupport = execution?.taskSupport
      this.#known.set(name, {
        mirrored,
        repeatable: annotations?.readOnlyHint === true || annotations?.idempotentHint === true,
        taskSupport: taskSupport === 'optional' || taskSupport === 'required' ? taskSupport : undefined,
        output: outputSchema as JsonSchema | undefined,
      })
      if (this.#known.size > MAX_KNOWN_TOOLS) this.#known.delete(this.#known.keys().next().value!)
      return true
    })
  }

  /** The arguments of this tool that header fields repeat, as far as is known. */
  mirrored(name: unknown): readonly Mirrored[] | undefined {
    return this.#known.get(name as string)?.mirrored
  }

  /** May, or must, the tool be called as a task? `undefined`: it must not. 2025-11-25/basic/utilities/tasks#tool-level-negotiation */
  taskSupport(name: unknown): 'optional' | 'required' | undefined {
    return this.#known.get(name as string)?.taskSupport
  }

  /**
   * What is wrong with the structured content of a result, in a sentence, by the tool's own schema: server/tools#output-schema. `undefined` at
   * once where there is nothing to hold it against.
   */
  outputFault(name: unknown, structuredContent: unknown): Promise<string | undefined> | undefined {
    const known = this.#known.get(name as string)
    if (!known?.output) return undefined
    known.check ??= checkOfPeer(known.output, 'structuredContent') ?? false
    return known.check ? known.check.then(check => check(structuredContent)?.sentence) : undefined
  }

  /** Has it been listed? */
  has(name: unknown): boolean {
    return this.#known.has(name as string)
  }

  /** Does the tool say of itself that a second call does no more than the first? A hint, taken only where the alternative is an error. */
  repeatable(name: unknown): boolean {
    return this.#known.get(name as string)?.repeatable ?? false
  }
}
