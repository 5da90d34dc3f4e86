/**
 * The client for the official conformance suite's client scenarios: `node everything-client.js URL`, with the scenario's name and the
 * revision in the environment, as the suite gives them. One entry for each scenario; read it as a tour of what a client does.
 */
import { acceptDefaults, connect, type Client, type ClientOptions, type JsonObject } from '../client.js'
import { listSkills, loadSkill, readSkillFile } from '../extensions/skills-client.js'

const MODERN = '2026-07-28'
const SESSIONS = ['2025-03-26', '2025-06-18', '2025-11-25']

type Scenario = (client: Client, context: JsonObject) => Promise<unknown>

/** Calls that may fail as far as the scenario is concerned; why is for whoever looks. */
const tolerating = async (calls: readonly Promise<unknown>[]): Promise<void> => {
  for (const { reason } of (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]) console.error(reason)
}

const listTools: Scenario = client => client.listTools()

/** Loads each skill, and goes on to its other files only if its SKILL.md is what was listed. */
const loadSkills: Scenario = async client => {
  await tolerating((await listSkills(client)).map(async entry => {
    await loadSkill(client, entry)
    if (entry.resources === 'dynamic') return
    for (const { uri } of entry.resources) if (uri !== entry.uri) await readSkillFile(client, entry, uri)
  }))
}

const SCENARIOS: { readonly [name: string]: Scenario } = {
  'initialize': listTools,
  'tools_call': async client => {
    await client.listTools()
    await client.callTool('add_numbers', { a: 5, b: 3 }).result
  },

  // The question comes on the stream that the client opened beside its calls.
  'elicitation-sep1034-client-defaults': client => client.callTool('test_client_elicitation_defaults', {}).result,
  // The stream is closed before the answer, and taken up again after the time that the server named.
  'sse-retry': client => client.callTool('test_reconnection', {}).result,

  // The first request is refused with the versions that are served; the next ones are looked at.
  'request-metadata': listTools,
  // The questions are answered with what the form has by default; what the server has us carry is carried.
  'sep-2322-client-request-state': async client => {
    await client.listTools()
    const asking = ['test_mrtr_echo_state', 'test_mrtr_no_state'].map(name => client.callTool(name, {}).result)
    const others = ['test_mrtr_unrelated', 'test_mrtr_no_result_type'].map(name => client.callTool(name, {}).result)
    await tolerating([...asking, ...others])
  },
  'http-standard-headers': async client => {
    const { tools, resources, prompts } = client.capabilities
    await tolerating([
      ...(tools ? await client.listTools() : []).map(({ name }) => client.callTool(name, {}).result),
      ...(resources ? await client.listResources() : []).map(({ uri }) => client.readResource(uri).result),
      ...(prompts ? await client.listPrompts() : []).map(({ name }) => client.getPrompt(name).result),
    ])
  },
  'http-custom-headers': async (client, { toolCalls }) => {
    await client.listTools()
    const wanted = toolCalls as readonly { readonly name: string; readonly arguments: JsonObject }[]
    await tolerating(wanted.map(({ name, arguments: args }) => client.callTool(name, args).result))
  },
  // Tools whose annotations break a rule are not in the list.
  'http-invalid-tool-headers': async client => {
    await tolerating((await client.listTools()).map(({ name }) => client.callTool(name, { region: 'us-west1' }).result))
  },

  // A schema is data: nothing in it is fetched.
  'json-schema-ref-no-deref': listTools,
  'json-schema-2020-12-preservation': async client => {
    const schema = (await client.listTools()).find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema
    await client.callTool('json_schema_echo', { schema }).result
  },

  // To list is not to load.
  'sep-2640-client-no-prefetch': client => listSkills(client),
  'sep-2640-client-verify-digest': loadSkills,
  'sep-2640-client-verify-size': loadSkills,
  'sep-2640-client-verify-frontmatter': loadSkills,
}

const OPTIONS: ClientOptions = {
  info: { name: 'everything-client', version: '1.0.0' },
  // All scenarios are run at once, and one asks only on this stream.
  listenWaitMs: 20_000,
  answers: {
    elicit: ({ requestedSchema }) => {
      const answer = acceptDefaults(requestedSchema)
      return answer.action === 'accept' ? answer : { action: 'accept', content: { confirmed: true } }
    },
    sample: () => ({ role: 'assistant', content: { type: 'text', text: 'Paris' }, model: 'none' }),
    roots: () => [{ uri: 'file:///srv/data', name: 'data' }],
  },
  events: {
    onError: error => console.error(error.message),
    onToolRejected: (name, reason) => console.error(`${name} is left out: ${reason}`),
  },
}

const main = async (url: string, env: NodeJS.ProcessEnv): Promise<void> => {
  const { MCP_CONFORMANCE_SCENARIO: scenario = '', MCP_CONFORMANCE_PROTOCOL_VERSION: revision, MCP_CONFORMANCE_CONTEXT: context = '{}' } = env
  const client = await connect(url, { ...OPTIONS, revisions: revision === MODERN ? [MODERN] : SESSIONS })
  try {
    await (SCENARIOS[scenario] ?? listTools)(client, JSON.parse(context) as JsonObject)
  } finally {
    await client.close()
  }
}

await main(process.argv.at(-1)!, process.env)
// The suite waits for the process, not for its sockets.
process.exit(0)
