/** Tools whose results show every kind of content, structured results, and failures. */
import type { ContentBlock, Server } from '../../server.js'
import { PNG, WAV } from './media.js'

const image: ContentBlock = { type: 'image', data: PNG, mimeType: 'image/png' }

/** Results of every kind. */
export const addContent = (server: Server): void => {
  server.tool('test_simple_text', { description: 'One block of text.' }, () => 'This is a simple text response for testing.')
  server.tool('test_image_content', { description: 'One image.' }, () => image)
  server.tool('test_audio_content', { description: 'One sound.' }, () => ({ type: 'audio', data: WAV, mimeType: 'audio/wav' }))
  server.tool('test_embedded_resource', { description: 'One resource, embedded.' }, () => ({
    type: 'resource',
    resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
  }))
  server.tool('test_resource_link', { description: 'A link to a resource.' }, () => ({ type: 'resource_link', uri: 'test://static-text', name: 'static-text', mimeType: 'text/plain' }))
  server.tool('test_multiple_content_types', { description: 'Text, an image and a resource.' }, () => [
    { type: 'text', text: 'Multiple content types test:' },
    image,
    { type: 'resource', resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' } },
  ])
  server.tool('test_error_handling', { description: 'A tool that fails, and says so.' }, () => ({
    content: [{ type: 'text', text: 'This tool intentionally returns an error for testing' }],
    isError: true,
  }))
  server.tool('nothing', { description: 'Its structured content is null.', outputSchema: { type: 'null' } }, () => ({ structuredContent: null }))
  server.tool(
    'fail',
    { description: 'Throws an error whose text is nobody else\'s business.', inputSchema: { type: 'object', properties: { secret: { type: 'string' } } } },
    ({ secret }) => {
      throw new Error(secret)
    },
  )
}

/** Arguments and structured results. */
export const addCalculations = (server: Server): void => {
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
