/** Tools that send the person to a page. */
import { randomUUID } from 'node:crypto'
import { needs, UrlElicitationRequired, visit, type Server, type Visit } from '../../server.js'

const page = (): Visit => {
  const elicitationId = randomUUID()
  return { url: `https://pages.example/connect?state=${elicitationId}`, message: 'Please connect your account', elicitationId }
}

export const addVisits = (server: Server): void => {
  server.tool('ask_visit', { description: 'Asks the person to visit a page.' }, (_, { answers }) =>
    answers.visit ? `Visit: ${JSON.stringify(answers.visit)}` : needs({ visit: visit(page()) }))
  server.tool('need_visit', { description: 'Can do nothing before the person has visited a page.' }, () => {
    throw new UrlElicitationRequired([page()])
  })
  server.tool(
    'end_visit',
    { description: 'Does what the page would: tells that a visit is over.', inputSchema: { type: 'object', required: ['elicitationId'], properties: { elicitationId: { type: 'string' } } } },
    ({ elicitationId }) => `${server.elicitationComplete(elicitationId)} told`,
  )
}
