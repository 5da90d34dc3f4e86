/** What a client can ask, method by method: each is `request` under a name, with types. No I/O. */
import type { JsonObject } from '../wire/json-rpc.js'
import { CODES, InvalidMessage, RpcError } from '../protocol/errors.js'
import { readTask, type Task, TASKS_EXTENSION } from '../protocol/tasks.js'
import type {
  CallToolResult, Completion, GetPromptResult, Prompt, ReadResourceResult, Resource, ResourceTemplate, Tool,
} from '../protocol/types.js'
import type { Revision } from '../revisions/index.js'
import { declared, speaks } from '../revisions/vocabulary.js'
import type { Call, CallOptions } from './call.js'
import { offersTasks, taskFormOf } from './tasks.js'

/** Pages that one listing reads. A server with more is taken to be going in circles: `InvalidMessage`. */
export const MAX_PAGES = 1000

/** What each listing calls its items. */
interface Listed {
  readonly 'tools/list': { readonly tools: readonly Tool[] }
  readonly 'prompts/list': { readonly prompts: readonly Prompt[] }
  readonly 'resources/list': { readonly resources: readonly Resource[] }
  readonly 'resources/templates/list': { readonly resourceTemplates: readonly ResourceTemplate[] }
  readonly 'tasks/list': { readonly tasks: readonly JsonObject[] }
}

/** One page, and the cursor of the next, if there is one. */
export type Page<Method extends keyof Listed> = Listed[Method] & { readonly nextCursor?: string }

/** What may be completed: an argument of a prompt, or a variable of a resource template. */
export type CompletionReference = { readonly type: 'ref/prompt'; readonly name: string } | { readonly type: 'ref/resource'; readonly uri: string }

/**
 * Every method but `request` throws a TypeError for what the revision does not have or the server did not declare (those that return a
 * promise reject with it), and rejects with what `Call.result` does.
 */
export abstract class Methods {
  abstract get revision(): Revision
  abstract get capabilities(): JsonObject
  abstract request(method: string, params?: JsonObject, options?: CallOptions): Call
  /** Follows a task that a request of this method became. */
  protected abstract resume(method: string, taskId: string, options?: CallOptions): Call
  /** Lets go of the pages that were kept of a listing. True when there were any. */
  protected abstract forgetList(method: string): boolean

  /** server/tools#calling-tools */
  callTool(name: string, args?: JsonObject, options?: CallOptions): Call<CallToolResult> {
    this.mayAsk('tools/call')
    return this.request('tools/call', args === undefined ? { name } : { name, arguments: args }, options) as unknown as Call<CallToolResult>
  }

  /** server/prompts#getting-a-prompt */
  getPrompt(name: string, args?: { readonly [name: string]: string }, options?: CallOptions): Call<GetPromptResult> {
    this.mayAsk('prompts/get')
    return this.request('prompts/get', args === undefined ? { name } : { name, arguments: args }, options) as unknown as Call<GetPromptResult>
  }

  /** server/resources#reading-resources */
  readResource(uri: string, options?: CallOptions): Call<ReadResourceResult> {
    this.mayAsk('resources/read')
    return this.request('resources/read', { uri }, options) as unknown as Call<ReadResourceResult>
  }

  /** One page of server/tools#listing-tools. A tool that breaks a rule of `x-mcp-header` is left out. */
  listToolsPage(cursor?: string, options?: CallOptions): Promise<Page<'tools/list'>> {
    return this.#page('tools/list', cursor, options)
  }

  /** Every page, in order; `timeoutMs` is for each. Stops at a cursor it has had: server/utilities/pagination says it must lead on. */
  async listTools(options?: CallOptions): Promise<Tool[]> {
    return (await this.#pages('tools/list', options)).flatMap(({ tools }) => tools)
  }

  /** One page of server/prompts#listing-prompts. */
  listPromptsPage(cursor?: string, options?: CallOptions): Promise<Page<'prompts/list'>> {
    return this.#page('prompts/list', cursor, options)
  }

  /** Every page, as `listTools` does. */
  async listPrompts(options?: CallOptions): Promise<Prompt[]> {
    return (await this.#pages('prompts/list', options)).flatMap(({ prompts }) => prompts)
  }

  /** One page of server/resources#listing-resources. */
  listResourcesPage(cursor?: string, options?: CallOptions): Promise<Page<'resources/list'>> {
    return this.#page('resources/list', cursor, options)
  }

  /** Every page, as `listTools` does. */
  async listResources(options?: CallOptions): Promise<Resource[]> {
    return (await this.#pages('resources/list', options)).flatMap(({ resources }) => resources)
  }

  /** One page of server/resources#resource-templates. */
  listResourceTemplatesPage(cursor?: string, options?: CallOptions): Promise<Page<'resources/templates/list'>> {
    return this.#page('resources/templates/list', cursor, options)
  }

  /** Every page, as `listTools` does. */
  async listResourceTemplates(options?: CallOptions): Promise<ResourceTemplate[]> {
    return (await this.#pages('resources/templates/list', options)).flatMap(({ resourceTemplates }) => resourceTemplates)
  }

  /** 2025-11-25/server/resources#subscriptions: updates come as `client.notifications`. `listen` does the same in every revision. */
  async subscribe(uri: string, options?: CallOptions): Promise<void> {
    this.mayAsk('resources/subscribe')
    await this.request('resources/subscribe', { uri }, options).result
  }

  async unsubscribe(uri: string, options?: CallOptions): Promise<void> {
    this.mayAsk('resources/unsubscribe')
    await this.request('resources/unsubscribe', { uri }, options).result
  }

  /** server/utilities/completion. `known`: arguments that have their values already, from the revisions that take them. */
  async complete(
    reference: CompletionReference, argument: { readonly name: string; readonly value: string }, known?: { readonly [name: string]: string }, options?: CallOptions,
  ): Promise<Completion> {
    this.mayAsk('completion/complete')
    const params = { ref: reference, argument, ...(known && { context: { arguments: known } }) }
    const { completion } = await this.request('completion/complete', params, options).result
    return completion as Completion
  }

  /** Is the server there? basic/utilities/ping; `server/discover` where there is no ping. */
  async ping(options?: CallOptions): Promise<void> {
    const method = speaks(this.revision, 'ping', 'client') ? 'ping' : 'server/discover'
    await this.request(method, undefined, { ...options, fresh: true }).result
  }

  /** How a task stands. Its result is `taskResult`'s. 2025-11-25/basic/utilities/tasks#getting-tasks, SEP-2663#task-polling */
  async getTask(taskId: string, options?: CallOptions): Promise<Task> {
    const form = this.#mayTask('tasks/get')
    const { inputRequests: _asked, result: _result, error: _error, ...task } = readTask(form, await this.request('tasks/get', { taskId }, options).result)
    return task
  }

  /**
   * Goes on waiting for a tool that runs as a task, perhaps begun in another process: keep `call.task.taskId` for that. Answers what the task
   * asks, and what is said of the call holds here, cancelling included. In a session it is the server's to say whether a later one may.
   */
  taskResult(taskId: string, options?: CallOptions): Call<CallToolResult> {
    this.#mayTask('tasks/get')
    return this.resume('tools/call', taskId, options) as unknown as Call<CallToolResult>
  }

  /** Asks the server to stop the task; whether and when it does is the server's own business. A call that waits for it ends as the task does. */
  async cancelTask(taskId: string, options?: CallOptions): Promise<void> {
    this.#mayTask('tasks/cancel')
    await this.request('tasks/cancel', { taskId }, options).result
  }

  /** Every task of this session or principal, as `listTools` lists: 2025-11-25/basic/utilities/tasks#listing-tasks. The extension has no list. */
  async listTasks(options?: CallOptions): Promise<Task[]> {
    const form = this.#mayTask('tasks/list')
    return (await this.#pages('tasks/list', options)).flatMap(({ tasks }) => tasks.map(task => readTask(form, task)))
  }

  /** @throws TypeError where there are no such tasks */
  #mayTask(method: string): 'experiment' | 'extension' {
    const form = taskFormOf(this.revision)
    if (!form) throw new TypeError(`${method} is not part of revision ${this.revision.id}`)
    if (form === 'extension' && method === 'tasks/list') throw new TypeError(`${TASKS_EXTENSION} has no tasks/list`)
    if (offersTasks(this.capabilities, this.revision, method)) return form
    throw new TypeError(`${method} needs ${form === 'extension' ? `the extension ${TASKS_EXTENSION}` : 'the capability tasks'}, which the server did not declare`)
  }

  /** basic/lifecycle#operation: only what was negotiated. @throws TypeError */
  protected mayAsk(method: string): void {
    const row = speaks(this.revision, method, 'client')
    if (row && declared(this.capabilities, row)) return
    throw new TypeError(row
      ? `${method} needs the capability ${row.capability?.join('.')}, which the server did not declare; request('${method}') asks all the same`
      : `${method} is not part of revision ${this.revision.id}`)
  }

  async #page<Method extends keyof Listed>(method: Method, cursor?: string, options?: CallOptions): Promise<Page<Method>> {
    this.mayAsk(method)
    return (await this.request(method, cursor === undefined ? undefined : { cursor }, options).result) as unknown as Page<Method>
  }

  async #pages<Method extends keyof Listed>(method: Method, options?: CallOptions): Promise<Page<Method>[]> {
    try {
      return await this.#allPages(method, options)
    } catch (error) {
      // 2026-07-28/server/utilities/caching#interaction-with-pagination: the cursor of a page that was kept may have died since.
      if (error instanceof RpcError && error.code === CODES.invalidParams && this.forgetList(method)) return this.#allPages(method, options)
      throw error
    }
  }

  async #allPages<Method extends keyof Listed>(method: Method, options?: CallOptions): Promise<Page<Method>[]> {
    const pages: Page<Method>[] = []
    const seen = new Set<string>()
    for (let cursor: string | undefined; pages.length < MAX_PAGES;) {
      const page = await this.#page(method, cursor, options)
      pages.push(page)
      cursor = page.nextCursor
      if (cursor === undefined || seen.has(cursor)) return pages
      seen.add(cursor)
    }
    throw new InvalidMessage(`${method}: more than ${MAX_PAGES} pages`, 'server/utilities/pagination')
  }
}
