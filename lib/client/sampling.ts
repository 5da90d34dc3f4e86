/** The order of tool uses and tool results in what a server has the client sample: client/sampling#message-content-constraints. No I/O. */

interface Block {
  readonly type?: unknown
  readonly id?: unknown
  readonly toolUseId?: unknown
}
interface Message {
  readonly role: string
  readonly content: Block | readonly Block[]
}

/** What is wrong with these messages, whose shape has been checked; nothing if each use is followed by its results. */
export const imbalanceOf = (messages: readonly Message[]): string | undefined => {
  let open = new Set<unknown>()
  for (const [i, { role, content }] of messages.entries()) {
    const blocks = [content].flat() as Block[]
    const results = blocks.filter(({ type }) => type === 'tool_result')
    // #tool-result-messages
    if (results.length > 0 && results.length < blocks.length) return `params.messages[${i}] mixes tool results with other content`
    if (results.length > 0 && role !== 'user') return `params.messages[${i}] has tool results and is of role ${JSON.stringify(role)}; expected "user"`
    // #tool-use-and-result-balance
    for (const { toolUseId } of results) {
      if (!open.delete(toolUseId)) return `params.messages[${i}] has a tool result for ${JSON.stringify(toolUseId)}, which the message before does not use`
    }
    if (open.size > 0) return `Tool result missing in request: params.messages[${i}] has none for ${[...open].map(id => JSON.stringify(id)).join(', ')}`
    const uses = blocks.filter(({ type }) => type === 'tool_use')
    if (uses.length > 0 && role !== 'assistant') return `params.messages[${i}] has tool uses and is of role ${JSON.stringify(role)}; expected "assistant"`
    open = new Set(uses.map(({ id }) => id))
    if (open.size < uses.length) return `params.messages[${i}] has two tool uses of one id`
  }
  return open.size > 0 ? `Tool result missing in request: nothing follows the use of ${[...open].map(id => JSON.stringify(id)).join(', ')}` : undefined
}
