/** Whom a command speaks to: a server at a URL, or one that is a program, named after `--`. */
import type { Target } from '../client.js'
import { harmless } from './print.js'
import { UsageError } from './usage.js'

/** A server as the person named it. */
export interface Addressee {
  readonly target: Target
  /** What the person knows it by. */
  readonly named: string
}

/** The arguments before `--`, and the command after it, if there is one. */
export const beforeDashes = (args: readonly string[]): { readonly own: string[]; readonly command: readonly string[] | undefined } => {
  const at = args.indexOf('--')
  return at === -1 ? { own: [...args], command: undefined } : { own: args.slice(0, at), command: args.slice(at + 1) }
}

/**
 * The one of the two that was given. A program inherits the whole environment, as from the shell that this was typed into.
 * @throws UsageError for both or none, or an empty command
 */
export const addresseeOf = (url: string | undefined, command: readonly string[] | undefined): Addressee => {
  if (url !== undefined && command === undefined) return { target: url, named: url }
  if (url !== undefined || command === undefined) throw new UsageError('expected one server: its URL, or -- and its command')
  const [program, ...args] = command
  if (!program) throw new UsageError('-- takes the command of a server')
  return { target: { command: program, args, env: process.env as { [name: string]: string } }, named: command.join(' ').replace(/^(.{60}).+$/s, '$1…') }
}

/** What a server that is a program writes to its standard error, as `stream` may have it: a terminal gets nothing that could steer it. */
export const aside = (line: string, stream: { readonly isTTY?: boolean } = process.stderr): string => (stream.isTTY ? harmless(line) : line)
