/** `mcpwire call`: one tool, once. Notifications and questions on stderr as they arrive, the result on stdout. */
import { connect, type CallToolResult } from '../client.js'
import type { Level } from '../wire/levels.js'
import { aside, type Addressee } from './addressee.js'
import { answersOf, personAt } from './ask.js'
import { CallPrinter, harmless, screenOf } from './print.js'
import { self } from './self.js'

export interface CallOptions extends Addressee {
  readonly tool: string
  readonly args: { readonly [name: string]: unknown }
  readonly logLevel?: Level | undefined
  readonly timeoutMs?: number | undefined
  readonly json: boolean
  /** Asks for a task, where the client does that and the tool can be one. */
  readonly task: boolean
}

/**
 * Settles with the exit code: 0 for a result, 1 for one with `isError`. Rejects when there is none. A server may ask for input only where there
 * is a person to ask, at a terminal on both sides: elsewhere that is not declared.
 */
export const call = async ({ target, named, tool, args, logLevel, timeoutMs, json, task }: CallOptions): Promise<number> => {
  const printer = new CallPrinter(screenOf(process.stderr), performance.now())
  const person = process.stdin.isTTY && process.stderr.isTTY ? personAt(process.stdin, process.stderr) : undefined
  const client = await connect(target, {
    info: self(),
    onStderr: line => printer.aside(aside(line)),
    ...(logLevel && { logLevel }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(person && { answers: answersOf(person, named, () => printer.end()) }),
  })
  try {
    const running = client.callTool(tool, args, { progress: true, onTask: state => printer.task(state), ...(task && { task }) })
    for await (const note of running) printer.print(note)
    printer.end()
    const result = await running.result
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${inWords(result)}\n`)
    return result.isError === true ? 1 : 0
  } finally {
    person?.close()
    await client.close()
  }
}

/** A result for a person: its text as it is, a word for everything else, structured content as JSON where no text says it. */
export const inWords = ({ content, structuredContent }: CallToolResult): string => {
  const blocks = content.map(block => {
    if (block.type === 'text') return block.text.split('\n').map(harmless).join('\n')
    if (block.type === 'resource_link') return `(link: ${harmless(block.uri)})`
    if (block.type === 'resource') return `(resource: ${harmless(block.resource.uri)})`
    return `(${block.type}: ${harmless(block.mimeType)}, ${Math.floor((block.data.length * 3) / 4)} bytes)`
  })
  if (structuredContent !== undefined) blocks.push(harmless(JSON.stringify(structuredContent)))
  return blocks.join('\n')
}
