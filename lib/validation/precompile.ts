/**
 * A program of the build, run after tsc and never loaded by the library: it compiles the message schemas of every revision with
 * ajv and writes the validators beside itself, as two modules without imports. Being a program, it may use node:fs and ajv.
 */
import { writeFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { REVISIONS, within } from '../revisions/index.js'
import type { Revision } from '../revisions/index.js'
import { definition } from '../revisions/schemas/index.js'
import { ERROR_DATA, VOCABULARY } from '../revisions/vocabulary.js'
import type { Method, Sender } from '../revisions/vocabulary.js'

const PREFIX = '#/$defs/'

/** Collects the schemas of one side. Those that are equal, references included, are compiled once, whatever they are called and when. */
class Module {
  readonly #ajv = new Ajv({
    strict: true, allowUnionTypes: true, discriminator: true, messages: false, inlineRefs: false, code: { source: true, esm: true },
  })
  readonly #ids = new Map<string, string>()
  readonly #wanted: Record<string, string> = {}

  /** The name of the validator for this definition at this revision. */
  validator(name: string, revision: Revision): string {
    const id = this.#intern(name, revision)
    this.#wanted[id] = id
    return id
  }

  #intern(name: string, revision: Revision): string {
    const found = definition(name, revision)
    if (found === undefined) throw new TypeError(`${revision.id} has no schema named ${name}`)
    const text = JSON.stringify(found, (key, value: unknown) =>
      key === '$ref' && typeof value === 'string' ? this.#intern(value.slice(PREFIX.length), revision) : value)
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    const id = `shape${this.#ids.size}`
    this.#ids.set(text, id)
    this.#ajv.addSchema(JSON.parse(text) as object, id)
    return id
  }

  /** The text of the module: the validators, and these tables that name them. */
  text(tables: string): string {
    return `// Written by the build (lib/validation/precompile.ts) from lib/revisions/schemas.\n${
      slim(standalone.default(this.#ajv, this.#wanted))}\n${tables}`
  }
}

/**
 * Takes out what no validator of ours reads, about a third: where a value hangs, where in the schema an error is, and the schemas
 * themselves, of which only an enumeration or a list of types here and there is wanted.
 */
const slim = (code: string): string => {
  const schemas = new Map<string, unknown>()
  return code
    .replace(/,parentData:\w+,parentDataProperty:(?:"(?:[^"\\]|\\.)*"|\w+),rootData\b/g, '')
    .replaceAll(',parentData,parentDataProperty,rootData}', '}')
    .replaceAll(', parentData, parentDataProperty, rootData=data}', '}')
    .replace(/schemaPath:"(?:[^"\\]|\\.)*",/g, '')
    .replace(/const (schema\d+) = (\{.*?\});(?=const |function |export |$)/g, (_all, name: string, text: string) => {
      schemas.set(name, JSON.parse(text))
      return ''
    })
    .replace(/\b(schema\d+)((?:\.\w+)+)/g, (_all, name: string, path: string) =>
      JSON.stringify(path.split('.').slice(1).reduce((at, key) => (at as Record<string, unknown>)[key], schemas.get(name))))
}

const rowsOf = (revision: Revision): Method[] => VOCABULARY.filter((row) => within(revision, row.first, row.last))

/** `[['2025-11-25', [['tools/call', paramsValidator, resultValidator], …]], …]`, as program text. */
const messagesFor = (side: Sender, module: Module): string => {
  const revisions = REVISIONS.map((revision) => {
    const methods = rowsOf(revision).map((row) => {
      // Params of what the other side says; results of what this side asks. What a client answers is its application's, and checked as well.
      const params = row.sender === side ? 'undefined' : module.validator(row.params, revision)
      const checked = row.result !== undefined && (side === 'client' || row.sender !== 'client')
      return `  ['${row.method}', ${params}, ${checked ? module.validator(row.result, revision) : 'undefined'}],\n`
    })
    return `['${revision.id}', [\n${methods.join('')}]],\n`
  })
  return `export const messages = [\n${revisions.join('')}]\n`
}

const errorsFor = (module: Module): string => {
  const revisions = REVISIONS.map((revision) => {
    const codes = ERROR_DATA.filter(([, first, last]) => within(revision, first, last))
      .map(([code, , , name]) => `[${code}, ${module.validator(name, revision)}]`)
    return `['${revision.id}', [${codes.join(', ')}]],\n`
  })
  return `export const errors = [\n${revisions.join('')}]\n`
}

const write = (name: string, text: string): void => {
  if (/\b(?:require|import)\b/.test(text)) {
    throw new Error(`${name} would import something: a schema uses a keyword that needs run-time support`)
  }
  writeFileSync(new URL(name, import.meta.url), text)
}

const server = new Module()
write('server-messages.js', server.text(messagesFor('server', server)))
const client = new Module()
write('client-messages.js', client.text(messagesFor('client', client) + errorsFor(client)))
