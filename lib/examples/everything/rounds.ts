/** Tools that need the client more than once, or in more than one way, or in its headers. */
import { needs, type Question, type Server } from '../../server.js'
import { LEVELS } from '../../wire/levels.js'
import { form } from './questions.js'

/** What needs the client more than once, or in more than one way: the official suite's names. */
export const addRounds = (server: Server): void => {
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
