/** Tools that say something before their result. */
import type { Server } from '../../server.js'
import { LEVELS, type Level } from '../../wire/levels.js'

/** What is said before the result. */
export const addNotifications = (server: Server): void => {
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
      ctx.signal.addEventListener('abort', () => {
        waiting.delete(resolve)
        resolve()
      })
    })
    return ctx.signal.aborted ? 'cancelled' : 'released'
  })
  server.tool('release', { description: 'Ends every wait.' }, () => {
    const { size } = waiting
    for (const resolve of waiting) resolve()
    waiting.clear()
    return `released ${size}`
  })
  server.tool('announce', { description: 'Says, to every session that listens, something that belongs to no request.' }, () => {
    server.changes.listChanged('notifications/tools/list_changed')
    return `${server.log.notice({ announced: true })} told`
  })
  server.tool('ping_client', { description: 'Pings the client, and waits for its answer.' }, async (_, ctx) => {
    await ctx.ping()
    return 'the client is there'
  })
  server.tool('test_reconnection', { description: 'Ends its connection early; the client comes back for the result.' }, async (_, ctx) => {
    ctx.hangUp(100)
    await new Promise(resolve => setTimeout(resolve, 100))
    return 'Reconnection test completed successfully'
  })
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
