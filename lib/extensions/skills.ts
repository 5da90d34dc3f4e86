/**
 * Skills (`io.modelcontextprotocol/skills`, SEP-2640): folders of instructions that a client may read when it needs them.
 * Built on the public surface alone: an extension needs nothing of the core that an application has not.
 */
import { CODES, ProtocolError, type JsonObject, type Server } from '../server.js'

export const SKILLS_EXTENSION = 'io.modelcontextprotocol/skills'

export interface Skill {
  /** Lower-case letters, digits and single hyphens, 1 to 64. Names the folder. */
  readonly name: string
  /** What it is for, and when: what a client chooses by. */
  readonly description: string
  /** Further members of the front matter. */
  readonly metadata?: { readonly [member: string]: string }
  /** Markdown: the body of SKILL.md. */
  readonly instructions: string
  /** Further files by their path in the folder: `scripts/run.py`. */
  readonly files?: { readonly [path: string]: { readonly content: string | Uint8Array; readonly mimeType?: string } }
}

export interface SkillsOptions {
  /** How long clients may keep what they listed, in milliseconds. Default 0. */
  readonly ttlMs?: number
  readonly cacheScope?: 'public' | 'private'
}

interface File {
  readonly uri: string
  readonly bytes: Uint8Array
  readonly mimeType: string
}

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/
const MAX_FILES = 512
const MAX_BYTES = 16 * 1024 * 1024

/**
 * Offers skills: `skills/list`, `skills/get`, `resources/directory/read`, and each file as a resource.
 * @throws TypeError for a skill that breaks a limit or a name, before anything is offered
 */
export const addSkills = (server: Server, skills: readonly Skill[], { ttlMs = 0, cacheScope = 'private' }: SkillsOptions = {}): void => {
  const folders = new Map<string, Map<string, JsonObject>>()
  const all: { readonly skill: Skill; readonly files: readonly File[] }[] = []
  for (const skill of skills) {
    const files = filesOf(skill)
    if (all.some(other => other.skill.name === skill.name)) throw new TypeError(`skill ${JSON.stringify(skill.name)} is given twice`)
    all.push({ skill, files })
    for (const file of files) enter(folders, file)
  }

  for (const { skill, files } of all) {
    for (const [i, { uri, bytes, mimeType }] of files.entries()) {
      const about = i === 0 ? { name: skill.name, description: skill.description } : { name: uri.slice(uri.lastIndexOf('/') + 1) }
      const isText = /^text\/|json|yaml|xml|javascript/.test(mimeType)
      server.resource(uri, { ...about, mimeType, size: bytes.length }, () => (isText ? new TextDecoder().decode(bytes) : bytes))
    }
  }
  const shown = Promise.all(all.map(async ({ skill, files }): Promise<[string, JsonObject]> => {
    const [{ uri }] = files as [File]
    const resources = await Promise.all(files.map(async ({ uri: of, bytes }) => ({ uri: of, digest: await digestOf(bytes), size: bytes.length })))
    return [uri, { uri, frontmatter: frontmatterOf(skill), resources }]
  })).then(entries => new Map(entries))
  const kept = { ttlMs, cacheScope }
  const one = { type: 'object', required: ['uri'], properties: { uri: { type: 'string' } } } as const
  server.extension(SKILLS_EXTENSION, { directoryRead: true })
  server.method('skills/list', {}, async ({ cursor }) => {
    if (cursor !== undefined) throw new ProtocolError(CODES.invalidParams, 'the cursor was not given out by this server')
    return { skills: [...(await shown).values()], ...kept }
  })
  server.method('skills/get', { params: one }, async ({ uri }) => {
    const skill = (await shown).get(uri as string)
    if (!skill) throw new ProtocolError(CODES.invalidParams, `Unknown skill: ${String(uri).slice(0, 200)}`, { uri })
    return { skill, ...kept }
  })
  server.method('resources/directory/read', { params: one }, ({ uri }) => {
    const folder = folders.get((uri as string).replace(/\/$/, ''))
    if (!folder) throw new ProtocolError(CODES.invalidParams, `No directory: ${String(uri).slice(0, 200)}`, { uri })
    return { resources: [...folder.values()], ...kept }
  })
}

/** SKILL.md first. */
const filesOf = (skill: Skill): File[] => {
  const { name, description, instructions, files = {} } = skill
  if (!NAME.test(name) || name.length > 64) throw new TypeError(`skill ${JSON.stringify(name)}: a name is 1 to 64 lower-case letters, digits and single hyphens`)
  if (description === '') throw new TypeError(`skill ${name} needs a description`)
  const folder = `skill://${name}`
  const bytesOf = (content: string | Uint8Array): Uint8Array => (typeof content === 'string' ? new TextEncoder().encode(content) : content)
  const yaml = Object.entries(frontmatterOf(skill)).map(([member, value]) => `${member}: ${JSON.stringify(value)}\n`).join('')
  const all = [{ uri: `${folder}/SKILL.md`, bytes: bytesOf(`---\n${yaml}---\n\n${instructions}\n`), mimeType: 'text/markdown' }]
  for (const [path, { content, mimeType = 'text/plain' }] of Object.entries(files)) {
    const parts = path.split('/')
    if (path === 'SKILL.md' || parts.some(part => part === '' || part === '.' || part === '..')) throw new TypeError(`skill ${name}: ${JSON.stringify(path)} is no path in its folder`)
    all.push({ uri: `${folder}/${parts.map(encodeURIComponent).join('/')}`, bytes: bytesOf(content), mimeType })
  }
  const size = all.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (all.length > MAX_FILES || size > MAX_BYTES) throw new TypeError(`skill ${name}: ${all.length} files of ${size} bytes; at most ${MAX_FILES} and ${MAX_BYTES} are taken`)
  return all
}

const frontmatterOf = ({ name, description, metadata }: Skill): JsonObject => ({ name, description, ...metadata })

/** Puts a file into its folder, and that folder into those above it. */
const enter = (folders: Map<string, Map<string, JsonObject>>, { uri, mimeType, bytes }: File): void => {
  let child: JsonObject = { uri, name: uri.slice(uri.lastIndexOf('/') + 1), mimeType, size: bytes.length }
  for (let at = uri; at.slice('skill://'.length).includes('/'); ) {
    at = at.slice(0, at.lastIndexOf('/'))
    const folder = folders.get(at) ?? new Map<string, JsonObject>()
    folders.set(at, folder.set(child.uri as string, child))
    child = { uri: at, name: at.slice(at.lastIndexOf('/') + 1), mimeType: 'inode/directory' }
  }
}

const digestOf = async (bytes: Uint8Array): Promise<string> => {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
  return `sha256:${[...hash].map(byte => byte.toString(16).padStart(2, '0')).join('')}`
}
