#!/usr/bin/env node
/** The command line: arguments to options, errors to one line and an exit code. */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { isLevel, type Level, LEVELS } from '../wire/levels.js'
import { addresseeOf, beforeDashes } from './addressee.js'
import { harmless } from './print.js'
import { self } from './self.js'
import { USAGE, UsageError } from './usage.js'

const whole = (text: string | undefined, name: string, max: number): number | undefined => {
  if (text === undefined) return undefined
  if (!/^[0-9]{1,10}$/.test(text) || Number(text) > max) throw new UsageError(`--${name} ${JSON.stringify(text)}: expected a whole number up to ${max}`)
  return Number(text)
}

const parse = <O extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: O) => {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

const argumentsOf = (text: string): { readonly [name: string]: unknown } => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--args is not JSON: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError('--args must be a JSON object')
  return value as { readonly [name: string]: unknown }
}

const levelOf = (text: string | undefined): Level | undefined => {
  if (text === undefined || isLevel(text)) return text
  throw new UsageError(`--log-level ${JSON.stringify(text)}: expected one of ${LEVELS.join(', ')}`)
}

/** Aborts when the person presses Ctrl-C, or somebody asks this process to end; the second time it ends as ever. */
const interruption = (): AbortSignal => {
  const enough = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => enough.abort())
  return enough.signal
}

const string = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const many = { ...string, multiple: true } as const

/** Settles with the exit code. Commands are loaded when they are called: `serve` never loads undici. */
const run = async ([command = 'help', ...rest]: string[]): Promise<number> => {
  switch (command) {
    case 'demo': {
      const { positionals } = parse(rest, {})
      return (await import('./demo.js')).demo(positionals)
    }
    case 'serve': {
      const { values, positionals } = parse(rest, { host: string, port: string, example: string, 'allow-host': many, stdio: flag, sse: flag })
      if (positionals.length > 0) throw new UsageError(`serve takes no ${JSON.stringify(positionals[0])}`)
      const { host = '127.0.0.1', example = 'process-files' } = values
      const { stdio = false, sse = false } = values
      const misplaced = (['host', 'port', 'allow-host', 'sse'] as const).find(name => values[name] !== undefined)
      if (stdio && misplaced) throw new UsageError(`--${misplaced} means nothing with --stdio`)
      const allowHosts = values['allow-host'] ?? []
      await (await import('./serve.js')).serve({ host, port: whole(values.port, 'port', 65_535) ?? 3000, example, allowHosts, stdio, sse })
      return 0
    }
    case 'call': {
      const { own, command } = beforeDashes(rest)
      const { values, positionals } = parse(own, { args: string, 'log-level': string, 'timeout-ms': string, json: flag, task: flag })
      const [url, tool, surplus] = command === undefined ? positionals : [undefined, ...positionals]
      if (tool === undefined || surplus !== undefined || (command && URL.canParse(tool))) throw new UsageError('call takes a URL and the name of a tool, or the name of a tool, -- and the command of a server')
      const logLevel = levelOf(values['log-level'])
      const timeoutMs = whole(values['timeout-ms'], 'timeout-ms', 2 ** 31 - 1)
      const args = argumentsOf(values.args ?? '{}')
      return (await import('./call.js')).call({ ...addresseeOf(url, command), tool, args, logLevel, timeoutMs, json: values.json === true, task: values.task === true })
    }
    case 'listen': {
      const { own, command } = beforeDashes(rest)
      const { values, positionals } = parse(own, { 'log-level': string, uri: many, revision: string, json: flag })
      if (positionals.length + Number(command !== undefined) !== 1) throw new UsageError('listen takes the URL of a server, or -- and the command of one')
      const logLevel = levelOf(values['log-level'])
      const { uri: uris = [], revision, json = false } = values
      return (await import('./listen.js')).listen({ ...addresseeOf(positionals[0], command), logLevel, uris, revision, json, enough: interruption() })
    }
    case 'check': {
      const { own, command } = beforeDashes(rest)
      const { values, positionals } = parse(own, {
        client: string, sse: flag, stdio: flag, fixtures: string, revision: many, clause: many, area: many, case: many, strict: flag, list: flag,
        json: flag, tap: flag, junit: string, 'expected-failures': string, 'timeout-ms': string,
      })
      if (positionals.length > 1) throw new UsageError(`check takes one URL, not also ${JSON.stringify(positionals[1])}`)
      return (await import('./check.js')).check({
        url: positionals[0], command, client: values.client, sse: values.sse, stdio: values.stdio, fixtures: values.fixtures, revisions: values.revision ?? [], clauses: values.clause ?? [],
        areas: values.area ?? [], cases: values.case ?? [], strict: values.strict === true, list: values.list === true,
        form: values.json ? 'json' : values.tap ? 'tap' : 'person', junit: values.junit, expectedFailures: values['expected-failures'],
        timeoutMs: whole(values['timeout-ms'], 'timeout-ms', 600_000),
      })
    }
    case 'explain': {
      const { positionals } = parse(rest.map(word => (/^-\d/.test(word) ? `code:${word}` : word)), {})
      const [word, surplus] = positionals
      if (word === undefined || surplus !== undefined) throw new UsageError('explain takes one clause, page#heading, code or status')
      return (await import('./explain.js')).explain(word.replace(/^code:/, ''))
    }
    case 'version':
    case '--version':
      process.stdout.write(`${self().version}\n`)
      return 0
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(USAGE)
      return 0
    default:
      throw new UsageError(`${JSON.stringify(command)} is no command; mcpwire help lists them`)
  }
}

// whoever reads may have had enough: `mcpwire check … | head`
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2))

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`mcpwire: ${harmless((error as Error).message.replaceAll('\n', ' '))}\n`)
  process.exitCode = 2
}
