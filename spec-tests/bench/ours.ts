/** mcpwire under measure, set up as its documentation says and no otherwise. */
import { createServer, listen } from '../../lib/server.js'
import { DONE, ECHO_SCHEMA, EMPTY_SCHEMA, NOTES, SERVER_INFO, turn } from './traffic.js'

const server = createServer(SERVER_INFO)

server.tool('echo', { description: 'Returns the text.', inputSchema: ECHO_SCHEMA }, ({ text }) => text)

server.tool('burst', { description: 'Logs ten notes at once.', inputSchema: EMPTY_SCHEMA }, (_args, ctx) => {
  for (const note of NOTES) ctx.log.info(note)
  return DONE
})

server.tool('spread', { description: 'Logs ten notes, one each turn.', inputSchema: EMPTY_SCHEMA }, async (_args, ctx) => {
  for (const note of NOTES) {
    ctx.log.info(note)
    await turn()
  }
  return DONE
})

console.log((await listen(server, { port: 0 })).url)
