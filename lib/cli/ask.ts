/**
 * Asks the person at the terminal what a server elicits: forms a field at a time, pages to visit with their whole URL (client/elicitation).
 * Nothing is opened by itself. What the server wrote is shown harmlessly, and cannot be mistaken for what this program says.
 */
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { checkOfPeer } from '../client/peer-schema.js'
import type { Answerers, ElicitAnswer, ElicitForm, ElicitUrl, JsonObject } from '../client.js'
import { harmless } from './print.js'

/** Typed instead of any answer: the server is told that the person declined, or went away without a choice. The end of input declines. */
export const DECLINE = '!decline'
export const CANCEL = '!cancel'

/** Someone who reads lines and types lines. */
export interface Person {
  say(text: string): void
  /** The next line typed; `undefined` once no more can come, or when `signal` aborts. */
  ask(prompt: string, signal?: AbortSignal): Promise<string | undefined>
}

/** The person at these streams. Nothing is read before it is asked for; `close` lets the program end. */
export const personAt = (input: Readable, output: Writable): Person & { close(): void } => {
  const typed: string[] = []
  let waiting: ((line: string | undefined) => void) | undefined
  let ended = false
  let reader: ReturnType<typeof createInterface> | undefined
  const open = (): void => {
    // The terminal's own line editing: Ctrl-C ends the program as ever, Ctrl-D ends the input.
    reader ??= createInterface({ input, terminal: false })
      .on('line', line => (waiting ? waiting(line) : typed.push(line)))
      .on('close', () => {
        ended = true
        waiting?.(undefined)
      })
  }
  return {
    say: text => void output.write(text),
    ask(prompt, signal) {
      open()
      output.write(prompt)
      if (typed.length > 0 || ended) return Promise.resolve(typed.shift())
      return new Promise(resolve => {
        const settle = (line: string | undefined): void => {
          waiting = undefined
          signal?.removeEventListener('abort', withdrawn)
          resolve(line)
        }
        const withdrawn = (): void => settle(undefined)
        waiting = settle
        signal?.addEventListener('abort', withdrawn, { once: true })
      })
    },
    close: () => reader?.close(),
  }
}

/** Answers that a person gives, one question after the other. `server`: what the person knows it by. */
export const answersOf = (person: Person, server: string, before: () => void = () => {}): Answerers => {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (ask: () => Promise<ElicitAnswer>): Promise<ElicitAnswer> => {
    const mine = last.then(() => {
      before()
      return ask()
    })
    last = mine.catch(() => {})
    return mine
  }
  return {
    elicit: (params, { signal }) => inTurn(() => fillForm(person, server, params, signal)),
    elicitUrl: (params, { signal }) => inTurn(() => consent(person, server, params, signal)),
  }
}

/** A choice among values, with what they are called. */
interface Choice {
  readonly value: string
  readonly title: string
}
interface Field extends JsonObject {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array'
  readonly title?: string
  readonly description?: string
  readonly format?: string
  readonly default?: Value
}
type Value = string | number | boolean | readonly string[]
/** The person does not answer this question at all. */
type Leaves = { readonly action: 'decline' | 'cancel' }

/** Fills a form field by field, and sends it only once the person has seen it whole: client/elicitation#user-interaction-model */
export const fillForm = async (person: Person, server: string, { message, requestedSchema }: ElicitForm, signal?: AbortSignal): Promise<ElicitAnswer> => {
  const { properties, required = [] } = requestedSchema as { readonly properties: { readonly [name: string]: Field }; readonly required?: readonly string[] }
  introduce(person, server, message)
  person.say(`  Type an answer, or nothing for the default in [brackets]; ${DECLINE} or Ctrl-D to give none at all.\n`)
  let content: { [name: string]: Value } = {}
  for (;;) {
    const filled = new Map<string, Value>()
    for (const [name, field] of Object.entries(properties)) {
      const given = Object.hasOwn(content, name) ? content[name] : field.default
      const answer = await askField(person, name, field, given, required.includes(name), signal)
      if (typeof answer === 'object' && 'action' in answer) return answer
      if (answer !== undefined) filled.set(name, answer)
    }
    content = Object.fromEntries(filled)
    person.say(`\n  To be sent to ${server}:\n${[...filled].map(([name, value]) => `    ${harmless(name)}: ${harmless(JSON.stringify(value))}\n`).join('') || '    nothing\n'}`)
    const line = await person.ask(`  Send it? yes, again or ${DECLINE} [yes] `, signal)
    const leaves = leaving(line)
    if (leaves) return leaves
    if (/^(y|yes|)$/i.test(line!.trim())) return { action: 'accept', content }
  }
}

const URL_WARNINGS: readonly (readonly [fits: (url: URL) => boolean, text: string])[] = [
  [url => /(^|\.)xn--/i.test(url.hostname), 'the host has letters of other scripts, which may look like those of another host'],
  [url => url.username !== '' || url.password !== '', 'what stands before the @ is not the host'],
  [url => url.protocol !== 'https:', 'what is sent there is not encrypted'],
]

/** Shows the whole URL, its host apart, and asks for consent: client/elicitation#safe-url-handling. Whoever agrees opens it. */
export const consent = async (person: Person, server: string, { message, url }: ElicitUrl, signal?: AbortSignal): Promise<ElicitAnswer> => {
  const parsed = new URL(url)
  introduce(person, server, message)
  person.say(`  It wants you to visit this page, where you would deal with it directly:\n\n    ${harmless(url)}\n\n  Host: ${harmless(parsed.host)}\n`)
  for (const [fits, text] of URL_WARNINGS) if (fits(parsed)) person.say(`  Careful: ${text}.\n`)
  for (;;) {
    const line = await person.ask('  Do you agree? It is not opened for you. yes or no: ', signal)
    const leaves = leaving(line)
    if (leaves) return leaves
    if (/^(y|yes)$/i.test(line!.trim())) {
      person.say('  Open it in your browser now.\n')
      return { action: 'accept' }
    }
    if (/^(n|no)$/i.test(line!.trim())) return { action: 'decline' }
  }
}

const introduce = (person: Person, server: string, message: string): void => {
  person.say(`\n${server} asks:\n${message.split('\n').map(line => `  | ${harmless(line)}\n`).join('')}`)
}

const leaving = (line: string | undefined): Leaves | undefined =>
  line === undefined || line.trim() === DECLINE ? { action: 'decline' } : line.trim() === CANCEL ? { action: 'cancel' } : undefined

/** One field, again until it fits. `undefined`: left empty, as it may be. */
const askField = async (person: Person, name: string, field: Field, given: Value | undefined, required: boolean, signal?: AbortSignal): Promise<Value | Leaves | undefined> => {
  const { title, description } = field
  const choices = choicesOf(field)
  const check = await checkOfPeer(field, 'it')
  person.say(`\n  ${harmless(title ?? name)}${description === undefined ? '' : `: ${harmless(description)}`}\n`)
  for (const [i, choice] of (choices ?? []).entries()) person.say(`    ${i + 1}. ${harmless(choice.title)}\n`)
  const kind = [wanted(field, choices), required ? 'required' : 'optional'].join(', ')
  for (;;) {
    const line = await person.ask(`  (${kind})${given === undefined ? '' : ` [${harmless(shown(given, choices))}]`} `, signal)
    const leaves = leaving(line)
    if (leaves) return leaves
    if (line === '' && (given !== undefined || !required)) return given
    const value = line === '' ? undefined : valueOf(field, choices, line!.trim())
    const fault = value === undefined ? `expected ${wanted(field, choices)}` : check?.(value)?.sentence ?? formatFault(field.format, value)
    if (fault === undefined) return value
    person.say(`    ${harmless(fault)}\n`)
  }
}

/** Titled and untitled, one or many, and the names of an older revision: client/elicitation#requested-schema */
const choicesOf = ({ type, items, oneOf, enum: plain, enumNames }: Field): readonly Choice[] | undefined => {
  const { oneOf: of = oneOf, anyOf = of, enum: values = plain } = (type === 'array' ? items : {}) as { readonly [name: string]: unknown }
  if (Array.isArray(anyOf)) return (anyOf as { readonly const: string; readonly title: string }[]).map(one => ({ value: one.const, title: one.title }))
  if (!Array.isArray(values)) return undefined
  return (values as string[]).map((value, i) => ({ value, title: (enumNames as string[] | undefined)?.[i] ?? value }))
}

const wanted = ({ type, format }: Field, choices: readonly Choice[] | undefined): string => {
  if (choices) return type === 'array' ? 'numbers from the list, with commas' : 'a number from the list'
  return { string: format === undefined ? 'text' : harmless(format), number: 'a number', integer: 'a whole number', boolean: 'yes or no', array: 'values, with commas' }[type]
}

const shown = (value: Value, choices: readonly Choice[] | undefined): string => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  const titleOf = (one: string): string => choices?.find(choice => choice.value === one)?.title ?? one
  return Array.isArray(value) ? value.map(titleOf).join(', ') : typeof value === 'string' ? titleOf(value) : String(value)
}

/** What was typed, as the field has it; `undefined` if it is nothing of the kind. */
const valueOf = ({ type }: Field, choices: readonly Choice[] | undefined, line: string): Value | undefined => {
  const chosen = (typed: string): string | undefined =>
    choices ? (choices[/^\d{1,4}$/.test(typed) ? Number(typed) - 1 : -1] ?? choices.find(({ value, title }) => value === typed || title === typed))?.value : typed
  if (type === 'boolean') return /^(y|yes|true)$/i.test(line) ? true : /^(n|no|false)$/i.test(line) ? false : undefined
  if (type === 'number' || type === 'integer') return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(line) ? Number(line) : undefined
  if (type === 'string') return chosen(line)
  const all = line.split(',').map(one => chosen(one.trim()))
  return all.includes(undefined) ? undefined : all as string[]
}

const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['email', (text: string) => /^[^\s@]+@[^\s@]+$/.test(text)],
  ['uri', (text: string) => URL.canParse(text)],
  ['date', (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))],
  ['date-time', (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text))],
])

const formatFault = (format: string | undefined, value: Value): string | undefined =>
  (format === undefined || typeof value !== 'string' || (FORMATS.get(format)?.(value) ?? true) ? undefined : `expected ${format}`)
