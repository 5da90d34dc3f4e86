/** Prompts: without arguments, with some, with content of every kind, and one that asks. */
import { needs, type Server } from '../../server.js'
import { PNG, WAV } from './media.js'
import { form } from './questions.js'

export const addPrompts = (server: Server): void => {
  server.prompt('test_simple_prompt', { description: 'One message.' }, () => 'This is a simple prompt for testing.')
  const starting = (...words: string[]) => (value: string) => words.filter(word => word.startsWith(value))
  server.prompt(
    'test_prompt_with_arguments',
    {
      description: 'Says its arguments.',
      arguments: {
        arg1: { description: 'First test argument', required: true, complete: starting('paris', 'park', 'party') },
        arg2: { description: 'Second test argument', required: true },
      },
    },
    ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`,
  )
  server.prompt('test_prompt_with_embedded_resource', { description: 'Brings a resource.', arguments: { resourceUri: { description: 'URI of the resource', required: true } } }, ({ resourceUri }) => [
    { role: 'user', content: { type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } } },
    { role: 'user', content: { type: 'text', text: 'Please process the embedded resource above.' } },
  ])
  server.prompt('test_prompt_with_image', { description: 'Brings an image.' }, () => [
    { role: 'user', content: { type: 'image', data: PNG, mimeType: 'image/png' } },
    { role: 'user', content: { type: 'text', text: 'Please analyze the image above.' } },
  ])
  server.prompt('test_prompt_with_audio', { description: 'Brings a sound.' }, () => [{ role: 'user', content: { type: 'audio', data: WAV, mimeType: 'audio/wav' } }])
  server.prompt('test_input_required_result_prompt', { description: 'Asks before it answers.' }, (_, { answers }) =>
    answers.user_context ? `In the context ${JSON.stringify(answers.user_context.content)}` : needs({ user_context: form('What is the context?', { context: { type: 'string' } }, ['context']) }))
  server.tool('test_trigger_prompt_change', { description: 'Announces that the list of prompts has changed.' }, () => {
    server.changes.listChanged('notifications/prompts/list_changed')
    return 'announced'
  })
}
