/** Tools that ask the client something before their result. */
import { needs, ToolError, type Question, type Server } from '../../server.js'

/** A form for the person. */
export const form = (message: string, properties: Record<string, unknown>, required: readonly string[] = []): Question => ({
  method: 'elicitation/create',
  params: { message, requestedSchema: { type: 'object', properties, ...(required.length > 0 && { required }) } },
})

/** What is asked of the client before the result. */
export const addQuestions = (server: Server): void => {
  const string = { type: 'string' } as const
  const asksModel = { type: 'object', required: ['prompt'], properties: { prompt: string } } as const
  const asksPerson = { type: 'object', required: ['message'], properties: { message: string } } as const
  server.tool('test_sampling', { description: 'Has the client\'s model answer a prompt.', inputSchema: asksModel }, ({ prompt }, ctx) => {
    if (!ctx.answers.sample) {
      return needs({ sample: { method: 'sampling/createMessage', params: { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 } } })
    }
    return `LLM response: ${JSON.stringify(ctx.answers.sample.content)}`
  })
  server.tool('ask_roots', { description: 'Asks for the roots.' }, (_, { answers }) =>
    answers.roots ? `Roots: ${JSON.stringify(answers.roots.roots)}` : needs({ roots: { method: 'roots/list' } }))
  server.tool('test_elicitation', { description: 'Asks the person for a name and an address.', inputSchema: asksPerson }, ({ message }, ctx) => {
    if (!ctx.answers.user) {
      return needs({ user: form(message, { username: { type: 'string', description: 'User\'s response' }, email: { type: 'string', description: 'User\'s email address' } }, ['username', 'email']) })
    }
    return `User response: ${JSON.stringify(ctx.answers.user)}`
  })
  server.tool('ask_as_task', { description: 'Asks the person for a name, as a task where the client takes such.' }, (_, { answers }) =>
    answers.who
      ? `Answered: ${JSON.stringify(answers.who)}`
      : needs({ who: { ...form('What is your name?', { name: string }, ['name']), task: { ttlMs: 60_000 } } }))
  server.tool('test_elicitation_sep1034_defaults', { description: 'A form in which every field has a default.' }, (_, ctx) => {
    if (ctx.answers.form) return `Elicitation completed: ${JSON.stringify(ctx.answers.form)}`
    return needs({
      form: form('Please review and update the form fields with defaults', {
        name: { type: 'string', description: 'User name', default: 'John Doe' },
        age: { type: 'integer', description: 'User age', default: 30 },
        score: { type: 'number', description: 'User score', default: 95.5 },
        status: { type: 'string', description: 'User status', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', description: 'Verification status', default: true },
      }),
    })
  })
  server.tool('test_elicitation_sep1330_enums', { description: 'A form with every kind of choice that the revision has.' }, (_, ctx) => {
    if (ctx.answers.form) return `Elicitation completed: ${JSON.stringify(ctx.answers.form)}`
    if (ctx.revision === '2025-06-18') throw new ToolError('most of these choices came with revision 2025-11-25: this session cannot be asked for them')
    const titled = [1, 2, 3].map(n => ({ const: `value${n}`, title: `Option ${n}` }))
    const plain = ['option1', 'option2', 'option3']
    return needs({
      form: form('Please choose', {
        untitledSingle: { type: 'string', enum: plain },
        titledSingle: { type: 'string', oneOf: titled },
        legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
        untitledMulti: { type: 'array', items: { type: 'string', enum: plain } },
        titledMulti: { type: 'array', items: { anyOf: titled } },
      }),
    })
  })
}
