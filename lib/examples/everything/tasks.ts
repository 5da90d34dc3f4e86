/** Tools that run as tasks where the client takes them: slow ones, failing ones, and some that ask meanwhile. */
import { setTimeout as pause } from 'node:timers/promises'
import { asTask, needs, ProtocolError, ToolError, type Server } from '../../server.js'
import { form } from './questions.js'

export const addTasks = (server: Server): void => {
  const string = { type: 'string' } as const
  server.tool('greet', { description: 'Says hello, at once.', inputSchema: { type: 'object', required: ['name'], properties: { name: string } } }, ({ name }) => `Hello, ${name}!`)
  server.tool(
    'slow_compute',
    {
      description: 'Takes its time.',
      taskSupport: 'optional',
      inputSchema: { type: 'object', properties: { seconds: { type: 'number', minimum: 0, maximum: 3600 }, label: string } },
    },
    ({ seconds = 1, label = 'result' }) =>
      asTask(async ctx => {
        await pause(seconds * 1000, undefined, { signal: ctx.signal })
        return `${label}: done after ${seconds} s`
      }, { pollIntervalMs: 250 }),
  )
  server.tool('failing_job', { description: 'Runs a while, then fails as tools do.', taskSupport: 'required' }, () =>
    asTask(async ctx => {
      await pause(1000, undefined, { signal: ctx.signal })
      throw new ToolError('The job failed')
    }, { pollIntervalMs: 250 }))
  server.tool('protocol_error_job', { description: 'Runs a while, then fails as requests do.', taskSupport: 'required' }, () =>
    asTask(async ctx => {
      await pause(500, undefined, { signal: ctx.signal })
      throw new ProtocolError(-32603, 'The job broke')
    }, { pollIntervalMs: 250 }))
  server.tool(
    'confirm_delete',
    { description: 'Asks before it deletes nothing.', taskSupport: 'optional', inputSchema: { type: 'object', required: ['filename'], properties: { filename: string } } },
    ({ filename }) =>
      asTask(({ answers }) => (answers.confirm ? `${filename} was ${answers.confirm.action === 'accept' ? 'deleted' : 'kept'}` : needs({ confirm: form(`Delete ${filename}?`, { confirm: { type: 'boolean' } }, ['confirm']) })), { pollIntervalMs: 250 }),
  )
  server.tool('multi_input', { description: 'Asks two things at once.', taskSupport: 'optional' }, () =>
    asTask(({ answers }) => (answers.name && answers.colour
      ? `${JSON.stringify(answers.name.content)} ${JSON.stringify(answers.colour.content)}`
      : needs({ name: form('Your name?', { name: string }), colour: form('Your colour?', { colour: string }) })), { pollIntervalMs: 250 }))
  server.tool('test_tool_with_task', { description: 'Asks for a name, then goes on as a task.', taskSupport: 'optional' }, (_, { answers }) => {
    const { user_name: user } = answers
    if (!user) return needs({ user_name: form('What is your name?', { name: string }, ['name']) })
    return asTask(async ctx => {
      await pause(200, undefined, { signal: ctx.signal })
      return `Hello, ${JSON.stringify(user.content)}`
    }, { pollIntervalMs: 250 })
  })
}
