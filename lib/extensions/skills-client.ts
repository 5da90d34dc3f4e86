/**
 * Skills (`io.modelcontextprotocol/skills`, SEP-2640), the client's side: what a server lists, and files of a skill once it is loaded, none
 * before, each held against what was listed. Built on the public surface alone, as the server's side is.
 */
import { InvalidMessage, type Call, type CallOptions, type Client, type JsonObject } from '../client.js'
import { frontMatterOf } from './front-matter.js'

/** What a server lists of a skill: enough to choose by, and to tell whether what is read later is what was listed. */
export interface SkillEntry {
  /** Of its SKILL.md: `skill://NAME/SKILL.md`. */
  readonly uri: string
  /** As SKILL.md has it: `name`, `description` and more. */
  readonly frontmatter: JsonObject
  /** Its files, SKILL.md among them; `dynamic`: they change, and nothing is promised of them. */
  readonly resources: 'dynamic' | readonly SkillFile[]
}
export interface SkillFile {
  readonly uri: string
  /** `sha256:` and 64 hexadecimal digits, of the bytes. */
  readonly digest: string
  /** In bytes. */
  readonly size: number
}

/** Thrown at the caller: what was read is not what was listed. It must not be used: SEP-2640#integrity-and-verification */
export class SkillMismatch extends Error {
  override readonly name = 'SkillMismatch'
  constructor(readonly uri: string, readonly what: 'size' | 'digest' | 'frontmatter' | 'unlisted', message: string) {
    super(`${uri}: ${message}`)
  }
}

/** Pages that one listing reads. Beyond it: `InvalidMessage`. */
const MAX_PAGES = 1000

/** Every skill, page by page. Reads no file: that is for when one is loaded. */
export const listSkills = async (client: Client, options?: CallOptions): Promise<SkillEntry[]> => {
  const skills: SkillEntry[] = []
  const seen = new Set<unknown>()
  for (let cursor: unknown; seen.size < MAX_PAGES;) {
    const page = await client.request('skills/list', cursor === undefined ? {} : { cursor }, options).result
    if (!Array.isArray(page.skills)) throw new InvalidMessage('skills/list: result.skills must be an array')
    skills.push(...page.skills.map(entryOf))
    cursor = page.nextCursor
    if (cursor === undefined || seen.has(cursor)) return skills
    seen.add(cursor)
  }
  throw new InvalidMessage(`skills/list: more than ${MAX_PAGES} pages`)
}

/**
 * Loads a skill: reads its SKILL.md, and gives its text if it is what was listed.
 * @throws SkillMismatch if size, digest or front matter differ: nothing of the skill may be used then
 */
export const loadSkill = async (client: Client, entry: SkillEntry, options?: CallOptions): Promise<string> => {
  const bytes = await readSkillFile(client, entry, entry.uri, options)
  const text = new TextDecoder().decode(bytes)
  let found: JsonObject
  try {
    found = frontMatterOf(text)
  } catch (error) {
    throw new SkillMismatch(entry.uri, 'frontmatter', (error as Error).message)
  }
  const members = new Set([...Object.keys(entry.frontmatter), ...Object.keys(found)])
  const differs = [...members].find(name => !isSame(entry.frontmatter[name], found[name]))
  if (differs !== undefined) throw new SkillMismatch(entry.uri, 'frontmatter', `${JSON.stringify(differs.slice(0, 60))} of the front matter is not what was listed`)
  return text
}

/**
 * Reads one file of a skill that has been loaded.
 * @throws SkillMismatch for a file that was not listed, and for one whose size or digest differs
 */
export const readSkillFile = async (client: Client, entry: SkillEntry, uri: string, options?: CallOptions): Promise<Uint8Array> => {
  const listed = entry.resources === 'dynamic' ? undefined : entry.resources.find(file => file.uri === uri)
  const folder = entry.uri.slice(0, entry.uri.lastIndexOf('/') + 1)
  if (entry.resources !== 'dynamic' && !listed) throw new SkillMismatch(uri, 'unlisted', 'the skill has no such file')
  if (!uri.startsWith(folder)) throw new SkillMismatch(uri, 'unlisted', `the skill is ${folder}`)
  const call: Call<{ readonly contents: readonly { readonly uri: string; readonly text?: string; readonly blob?: string }[] }> = client.readResource(uri, options)
  const contents = (await call.result).contents.find(one => one.uri === uri)
  if (!contents) throw new InvalidMessage(`resources/read: the result has no contents of ${uri}`)
  const bytes = contents.text !== undefined ? new TextEncoder().encode(contents.text) : Uint8Array.from(atob(contents.blob!), c => c.charCodeAt(0))
  if (!listed) return bytes
  if (bytes.length !== listed.size) throw new SkillMismatch(uri, 'size', `it has ${bytes.length} bytes; ${listed.size} were listed`)
  const digest = await digestOf(bytes)
  if (digest !== listed.digest.toLowerCase()) throw new SkillMismatch(uri, 'digest', `its digest is ${digest}; ${listed.digest} was listed`)
  return bytes
}

const entryOf = (value: unknown): SkillEntry => {
  const { uri, frontmatter, resources } = (value ?? {}) as { readonly [name: string]: unknown }
  const files = resources === 'dynamic' ? [] : resources
  const isFine = typeof uri === 'string' && typeof frontmatter === 'object' && frontmatter !== null && Array.isArray(files) && files.every(isFile)
  if (!isFine) throw new InvalidMessage(`skills/list: ${JSON.stringify(uri)?.slice(0, 100)} is no skill; expected uri, frontmatter and resources`)
  return { uri, frontmatter: frontmatter as JsonObject, resources: resources as SkillEntry['resources'] }
}

const isFile = (value: unknown): value is SkillFile => {
  const { uri, digest, size } = (value ?? {}) as { readonly [name: string]: unknown }
  return typeof uri === 'string' && typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/i.test(digest) && Number.isSafeInteger(size)
}

/** Field by field, whatever the order. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every(name => Object.hasOwn(b, name) && isSame((a as JsonObject)[name], (b as JsonObject)[name]))
}

const digestOf = async (bytes: Uint8Array): Promise<string> => {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
  return `sha256:${[...hash].map(byte => byte.toString(16).padStart(2, '0')).join('')}`
}
