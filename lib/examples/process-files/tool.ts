/** `process_files`: reads each file, says what it found as soon as it knows, and sums up at the end. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Server } from '../../server.js'

/** What one file turned out to be. */
export interface FileFacts {
  readonly file: string
  readonly bytes: number
  readonly lines: number
  readonly sha256: string
}

const facts = async (file: string, signal: AbortSignal): Promise<FileFacts> => {
  const hash = createHash('sha256')
  let bytes = 0
  let lines = 0
  for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++
  }
  return { file, bytes, lines, sha256: hash.digest('hex') }
}

const count = { type: 'integer', minimum: 0 } as const

/** Registers the tool. It reads whatever path it is given: for examples and trusted callers only. */
export const addProcessFiles = (server: Server): Server =>
  server.tool(
    'process_files',
    {
      title: 'Process files',
      description: 'Reads each file and logs its size, lines and SHA-256 as it goes; a summary at the end.',
      inputSchema: {
        type: 'object',
        required: ['paths'],
        properties: {
          paths: { type: 'array', items: { type: 'string' }, description: 'Files to read.' },
          delayMs: { ...count, maximum: 10_000, description: 'Pause between two files, in milliseconds.' },
        },
      },
      outputSchema: {
        type: 'object',
        required: ['files', 'failed', 'bytes', 'lines'],
        properties: { files: count, failed: count, bytes: count, lines: count },
      },
      annotations: { readOnlyHint: true },
    },
    async ({ paths, delayMs = 0 }, ctx) => {
      const sum = { files: 0, failed: 0, bytes: 0, lines: 0 }
      for (const [i, path] of paths.entries()) {
        if (i > 0 && delayMs > 0) await pause(delayMs, undefined, { signal: ctx.signal })
        try {
          const found = await facts(path, ctx.signal)
          sum.files++
          sum.bytes += found.bytes
          sum.lines += found.lines
          await ctx.log.info(found, { logger: 'files' })
        } catch (error) {
          if (ctx.signal.aborted) throw error
          sum.failed++
          await ctx.log.warning({ file: path, error: (error as NodeJS.ErrnoException).code ?? 'unreadable' }, { logger: 'files' })
        }
        await ctx.progress(i + 1, { total: paths.length, message: path })
      }
      return {
        content: [{ type: 'text', text: `${sum.files} files processed, ${sum.failed} failed: ${sum.lines} lines, ${sum.bytes} bytes` }],
        structuredContent: sum,
      }
    },
  )
