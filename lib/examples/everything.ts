/**
 * The reference server: one of everything, for the fixtures in `fixtures/` and for the official conformance suite,
 * whose names it uses. Each tool is a few lines; read it as a tour of what a server can say.
 */
import { createServer, needs, type ContentBlock, type Question, type Server } from '../server.js'
import { LEVELS, type Level } from '../wire/levels.js'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='

const image: ContentBlock = { type: 'image', data: PNG, mimeType: 'image/png' }

/** A fresh one; nothing is shared between two. */
export const everything = (): Server => {
  const server = createServer(
    { name: 'everything', version: '1.0.0', title: 'The reference server' },
    { instructions: 'Each tool shows one thing that a server can do.', onError: () => {} },
  )
  addContent(server)
  addNotifications(server)
  addQuestions(server)
  addCalculations(server)
  addRounds(server)
  return server
}

/** Results of every kind. */
const addContent = (server: Server): void => {
  server.tool('test_simple_text', { description: 'One block of text.' }, () => 'This is a simple text response for testing.')
  server.tool('test_image_content', { description: 'One image.' }, () => image)
  server.tool('test_audio_content', { description: 'One sound.' }, () => ({ type: 'audio', data: WAV, mimeType: 'audio/wav' }))
  server.tool('test_embedded_resource', { description: 'One resource, embedded.' }, () => ({
    type: 'resource',
    resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
  }))
  server.tool('test_multiple_content_types', { description: 'Text, an image and a resource.' }, () => [
    { type: 'text', text: 'Multiple content types test:' },
    image,
    { type: 'resource', resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' } },
  ])
  server.tool('test_error_handling', { description: 'A tool that fails, and says so.' }, () => ({
    content: [{ type: 'text', text: 'This tool intentionally returns an error for testing' }],
    isError: true,
  }))
  server.tool(
    'fail',
    { description: 'Throws an error whose text is nobody else\'s business.', inputSchema: { type: 'object', properties: { secret: { type: 'string' } } } },
    ({ secret }) => {
      throw new Error(secret)
    },
  )
}

/** What is said before the result. */
const addNotifications = (server: Server): void => {
  server.tool('test_tool_with_logging', { description: 'Three log messages, then the result.' }, async (_, ctx) => {
    for (const said of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await ctx.log.info(said)
      await turn()
    }
    return 'Tool with logging executed successfully'
  })
  server.tool('test_tool_with_progress', { description: 'Three steps of progress, then the result.' }, async (_, ctx) => {
    for (const percent of [0, 50, 100]) {
      await ctx.progress(percent, { total: 100, message: `Completed step ${percent} of 100` })
      await turn()
    }
    return 'Tool with progress executed successfully'
  })
  server.tool(
    'log_each',
    {
      description: 'One log message for each level named; all eight in order by default.',
      inputSchema: { type: 'object', properties: { levels: { type: 'array', items: { enum: LEVELS } }, logger: { type: 'string' } } },
    },
    async ({ levels = LEVELS, logger }, ctx) => {
      for (const [n, level] of levels.entries()) await ctx.log[level as Level]({ n, level }, logger === undefined ? {} : { logger })
      return `logged ${levels.length}`
    },
  )
  server.tool(
    'process_files',
    { description: 'Pretends to process each file named, logging as it goes.', inputSchema: { type: 'object', required: ['files'], properties: { files: { type: 'array', items: { type: 'string' } } } } },
    async ({ files }, ctx) => {
      for (const [i, file] of files.entries()) {
        await ctx.log.info({ file, status: 'done' }, { logger: 'files' })
        await ctx.progress(i + 1, { total: files.length })
        await turn()
      }
      return `${files.length} files processed`
    },
  )
  const waiting = new Set<() => void>()
  server.tool('wait', { description: 'Says that it waits, and waits to be cancelled or released.' }, async (_, ctx) => {
    await ctx.log.info({ waiting: true })
    await new Promise<void>(resolve => {
      waiting.add(resolve)
      ctx.signal.addEventListener('abort', () => resolve())
    })
    return ctx.signal.aborted ? 'cancelled' : 'released'
  })
  server.tool('release', { description: 'Ends every wait.' }, () => {
    const { size } = waiting
    for (const resolve of waiting) resolve()
    waiting.clear()
    return `released ${size}`
  })
  server.tool('test_reconnection', { description: 'Ends its connection early; the client comes back for the result.' }, async (_, ctx) => {
    ctx.hangUp(100)
    await new Promise(resolve => setTimeout(resolve, 100))
    return 'Reconnection test completed successfully'
  })
}

const form = (message: string, properties: Record<string, unknown>, required: readonly string[] = []): Question => ({
  method: 'elicitation/create',
  params: { message, requestedSchema: { type: 'object', properties, ...(required.length > 0 && { required }) } },
})

/** What is asked of the client before the result. */
const addQuestions = (server: Server): void => {
  const string = { type: 'string' } as const
  const asksModel = { type: 'object', required: ['prompt'], properties: { prompt: string } } as const
  const asksPerson = { type: 'object', required: ['message'], properties: { message: string } } as const
  server.tool('test_sampling', { description: 'Has the client\'s model answer a prompt.', inputSchema: asksModel }, ({ prompt }, ctx) => {
    if (!ctx.answers.sample) {
      return needs({ sample: { method: 'sampling/createMessage', params: { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 } } })
    }
    return `LLM response: ${JSON.stringify(ctx.answers.sample.content)}`
  })
  server.tool('test_elicitation', { description: 'Asks the person for a name and an address.', inputSchema: asksPerson }, ({ message }, ctx) => {
    if (!ctx.answers.user) {
      return needs({ user: form(message, { username: { type: 'string', description: 'User\'s response' }, email: { type: 'string', description: 'User\'s email address' } }, ['username', 'email']) })
    }
    return `User response: ${JSON.stringify(ctx.answers.user)}`
  })
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
  server.tool('test_elicitation_sep1330_enums', { description: 'A form with every kind of choice.' }, (_, ctx) => {
    if (ctx.answers.form) return `Elicitation completed: ${JSON.stringify(ctx.answers.form)}`
    const titled = [1, 2, 3].map(n => ({ const: `value${n}`, title: `Option ${n}` }))
    const plain = ['option1', 'option2', 'option3']
    return needs({
      form: form('Please choose', {
        untitledSingle: { type: 'string', enum: plain },
        titledSingle: { type: 'string', oneOf: titled },
        legacyEnum: { type: 'string', enum: plain, enumNames: ['Option One', 'Option Two', 'Option Three'] },
        untitledMulti: { type: 'array', items: { type: 'string', enum: plain } },
        titledMulti: { type: 'array', items: { anyOf: titled } },
      }),
    })
  })
}

/** Arguments and structured results. */
const addCalculations = (server: Server): void => {
  server.tool(
    'echo',
    { description: 'The text, back.', inputSchema: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } } },
    ({ text }) => text,
  )
  const number = { type: 'number' } as const
  server.tool(
    'add',
    {
      title: 'Addition',
      description: 'The sum of two numbers.',
      inputSchema: { type: 'object', required: ['a', 'b'], properties: { a: number, b: number } },
      outputSchema: { type: 'object', required: ['sum'], properties: { sum: number } },
    },
    ({ a, b }) => ({ structuredContent: { sum: a + b } }),
  )
  server.tool(
    'json_schema_2020_12_tool',
    {
      description: 'Has a schema with most of what 2020-12 offers.',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
        properties: {
          name: { type: 'string' },
          address: { $ref: '#/$defs/address' },
          contactMethod: { type: 'string', enum: ['phone', 'email'] },
          phone: { type: 'string' },
          email: { type: 'string' },
        },
        allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
        if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
        then: { required: ['phone'] },
        else: { required: ['email'] },
        additionalProperties: false,
      },
    },
    args => `JSON Schema 2020-12 tool called with: ${JSON.stringify(args)}`,
  )
}

/** What needs the client more than once, or in more than one way: the official suite's names. */
const addRounds = (server: Server): void => {
  const name = 'test_input_required_result_'
  const string = { type: 'string' } as const
  const userName = form('What is your name?', { name: string }, ['name'])
  const confirm = form('Please confirm', { ok: { type: 'boolean' } }, ['ok'])
  const capital: Question = {
    method: 'sampling/createMessage',
    params: { messages: [{ role: 'user', content: { type: 'text', text: 'What is the capital of France?' } }], maxTokens: 100 },
  }
  const roots: Question = { method: 'roots/list' }

  server.tool(`${name}elicitation`, { description: 'Asks for a name.' }, (_, { answers }) =>
    answers.user_name ? `Hello, ${JSON.stringify(answers.user_name.content)}` : needs({ user_name: userName }))
  server.tool(`${name}sampling`, { description: 'Asks the client\'s model.' }, (_, { answers }) =>
    answers.capital_question ? `Sampled: ${JSON.stringify(answers.capital_question.content)}` : needs({ capital_question: capital }))
  server.tool(`${name}list_roots`, { description: 'Asks for the roots.' }, (_, { answers }) =>
    answers.client_roots ? `Roots: ${JSON.stringify(answers.client_roots.roots)}` : needs({ client_roots: roots }))
  server.tool(`${name}request_state`, { description: 'Asks, and checks what the client carried.' }, (_, { answers }) => (answers.confirm ? 'state-ok' : needs({ confirm })))
  server.tool(`${name}tampered_state`, { description: 'Refuses a state that was changed.' }, (_, { answers }) => (answers.confirm ? 'state-ok' : needs({ confirm })))
  server.tool(`${name}multiple_inputs`, { description: 'Asks three things at once.' }, (_, { answers }) =>
    answers.user_name && answers.capital_question && answers.client_roots
      ? 'All inputs received'
      : needs({ user_name: userName, capital_question: capital, client_roots: roots }))
  server.tool(`${name}multi_round`, { description: 'Asks twice, one after the other.' }, (_, { answers }) => {
    if (!answers.step1) return needs({ step1: form('Step 1: your name?', { name: string }, ['name']) })
    if (!answers.step2) return needs({ step2: form('Step 2: your colour?', { color: string }, ['color']) })
    return `Both steps: ${JSON.stringify([answers.step1.content, answers.step2.content])}`
  })
  server.tool(`${name}capabilities`, { description: 'Asks only what the client can answer.' }, (_, { answers, client: { capabilities } }) => {
    const asked: [capability: string, name: string, question: Question][] = [['sampling', 'sampled', capital], ['elicitation', 'user_name', userName], ['roots', 'client_roots', roots]]
    const open = asked.filter(([capability, name]) => capabilities[capability] && !answers[name]).map(([, name, question]) => [name, question])
    return open.length > 0 ? needs(Object.fromEntries(open)) : 'Everything that could be asked was answered'
  })
  server.tool('test_streaming_elicitation', { description: 'Asks without a request on its stream.' }, (_, { answers }) => (answers.user_name ? 'answered' : needs({ user_name: userName })))
  server.tool('test_missing_capability', { description: 'Needs a client that samples.', requires: { sampling: {} } }, () => 'the client samples')
  server.tool('test_logging_tool', { description: 'Logs at every level, for whoever asked.' }, async (_, ctx) => {
    for (const level of LEVELS) await ctx.log[level](`a message at ${level}`)
    return 'logged'
  })
  server.tool('test_trigger_tool_change', { description: 'Announces that the list of tools has changed.' }, () => {
    server.changes.listChanged('notifications/tools/list_changed')
    return 'announced'
  })
  server.tool(
    'test_x_mcp_header',
    {
      description: 'Has an argument that a header field repeats.',
      inputSchema: {
        type: 'object',
        required: ['region'],
        properties: { region: { type: 'string', 'x-mcp-header': 'Region' }, priority: { type: 'integer', 'x-mcp-header': 'Priority' }, verbose: { type: 'boolean', 'x-mcp-header': 'Verbose' }, query: string },
      },
    },
    ({ region }) => `region ${region}`,
  )
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
