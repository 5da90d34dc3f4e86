/** A tool whose model has tools of its own. */
import { needs, type JsonObject, type Question, type Server } from '../../server.js'

const TOOLS = [{ name: 'weather', description: 'The weather of a city.', inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }]

interface ToolUse {
  readonly type: 'tool_use'
  readonly id: string
  readonly input: JsonObject
}

const ask = (messages: readonly object[]): Question => ({ method: 'sampling/createMessage', params: { messages, maxTokens: 100, tools: TOOLS, toolChoice: { mode: 'auto' } } })
const usesIn = (content: unknown): readonly ToolUse[] => ([content].flat() as readonly { readonly type: string }[]).filter((block): block is ToolUse => block.type === 'tool_use')

/** What the model wants to know it is told, in one message with nothing else in it: client/sampling#tool-result-messages. */
const told = (uses: readonly ToolUse[]): object => ({
  role: 'user',
  content: uses.map(({ id, input }) => ({ type: 'tool_result', toolUseId: id, content: [{ type: 'text', text: `Sunny in ${String(input.city)}` }] })),
})

export const addAgent = (server: Server): void => {
  server.tool('ask_with_tools', { description: 'Has the client\'s model answer, with a tool that it may use once.' }, (_, { answers: { first, second } }) => {
    const messages = [{ role: 'user', content: { type: 'text', text: 'What is the weather in Paris?' } }]
    if (!first) return needs({ first: ask(messages) })
    const uses = usesIn(first.content)
    if (uses.length > 0 && !second) return needs({ second: ask([...messages, { role: 'assistant', content: first.content }, told(uses)]) })
    return `Answer: ${JSON.stringify((second ?? first).content)}`
  })
}
