/** Resources: text, bytes, a family of them, one that changes. */
import { needs, type Server } from '../../server.js'
import { PNG } from './media.js'
import { form } from './questions.js'

export const addResources = (server: Server): void => {
  server.resource('test://static-text', { name: 'static-text', title: 'A text', size: 48, description: 'Always the same text.', mimeType: 'text/plain' }, () =>
    'This is the content of the static text resource.')
  server.resource('test://static-binary', { name: 'static-binary', description: 'Always the same image.', mimeType: 'image/png' }, () => Buffer.from(PNG, 'base64'))
  server.resource('test://watched-resource', { name: 'watched-resource', description: 'Can be followed.', mimeType: 'text/plain' }, () => 'Watched resource content')
  server.resource(
    'test://template/{id}/data',
    { name: 'template', description: 'One for each id.', mimeType: 'application/json', complete: { id: value => ['1', '12', '123', '124'].filter(id => id.startsWith(value)) } },
    ({ variables: { id } }) => JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
  )
  const many = Array.from({ length: 150 }, (_, i) => `n${i}`)
  server.resource('test://many/{n}', { name: 'many', description: 'One of a hundred and fifty.', complete: { n: value => many.filter(n => n.startsWith(value)) } }, ({ variables: { n } }) => n)
  server.resource('test://asks', { name: 'asks', description: 'Asks before it can be read.', mimeType: 'text/plain' }, (_, { answers }) =>
    answers.reader ? `Read by ${JSON.stringify(answers.reader.content)}` : needs({ reader: form('Who reads?', { name: { type: 'string' } }, ['name']) }))
  server.tool('touch', { description: 'Announces that the watched resource has changed.' }, () => `${server.resourceUpdated('test://watched-resource')} told`)
}
