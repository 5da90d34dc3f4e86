/** How a client words its messages: what it says of itself goes with each request where no session knows it (2026-07-28/basic/index#meta). No I/O. */
import type { JsonObject, RpcId, RpcNotification, RpcRequest } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import { META, saysItself, writeMeta } from '../protocol/meta.js'
import { TASKS_EXTENSION } from '../protocol/tasks.js'
import type { Implementation } from '../protocol/types.js'
import type { Revision } from '../revisions/index.js'
import { declared, speaks } from '../revisions/vocabulary.js'
import { taskFormOf } from './tasks.js'
import type { CallOptions } from './call.js'

export class Voice {
  /** Least severe level wanted where a request does not say. */
  level: Level | undefined
  readonly #self = { plain: new Map<Revision, JsonObject>(), tasking: new Map<Revision, JsonObject>() }

  /** @param tasks may the server go on with a tool as a task, where a request does not say? @param serves what the server declared */
  constructor(
    private readonly info: Implementation,
    private readonly capabilities: (revision: Revision) => JsonObject,
    private readonly tasks: boolean,
    private readonly serves: () => JsonObject,
  ) {}

  request(id: RpcId, method: string, params: JsonObject | undefined, options: CallOptions, revision: Revision): RpcRequest {
    const { progress, logLevel, meta, trace, task = this.tasks } = options
    const whole = this.#with(params, revision, task !== false, {
      ...meta,
      ...trace,
      // basic/utilities/progress: unique among all active requests, as the id is
      ...(progress && { progressToken: id }),
      ...this.#asks(revision, logLevel),
    })
    return whole === undefined ? { jsonrpc: '2.0', id, method } : { jsonrpc: '2.0', id, method, params: whole }
  }

  notification(method: string, params: JsonObject | undefined, revision: Revision): RpcNotification {
    const whole = this.#with(params, revision, this.tasks, {})
    return whole === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params: whole }
  }

  /** Does the server log, by its own word? */
  logs(revision: Revision): boolean {
    const row = speaks(revision, 'notifications/message', 'server')
    return row !== undefined && declared(this.serves(), row)
  }

  #asks(revision: Revision, asked: Level | undefined): JsonObject | undefined {
    if (!saysItself(revision)) return undefined
    const level = asked ?? (this.logs(revision) ? this.level : undefined)
    return level && { [META.logLevel]: level }
  }

  #with(params: JsonObject | undefined, revision: Revision, tasks: boolean, meta: JsonObject): JsonObject | undefined {
    const whole = { ...(params?._meta as object | undefined), ...meta, ...this.#selfAt(revision, tasks) }
    return Object.keys(whole).length === 0 ? params : { ...params, _meta: whole }
  }

  /** `tasks`: the request allows them. SEP-2663#capability-negotiation: what one request declares holds for no other. */
  #selfAt(revision: Revision, tasks: boolean): JsonObject | undefined {
    if (!saysItself(revision)) return undefined
    const known = this.#self[tasks ? 'tasking' : 'plain']
    let self = known.get(revision)
    if (!self) {
      const own = this.capabilities(revision)
      const extensions = { ...(own.extensions as object | undefined), [TASKS_EXTENSION]: {} }
      const capabilities = tasks && taskFormOf(revision) === 'extension' ? { ...own, extensions } : own
      known.set(revision, self = writeMeta(revision.id, { capabilities, info: { ...this.info } }))
    }
    return self
  }
}
