/** What a handler returns, made a result, and a result made fit for the revision that reads it. No I/O. */
import type { Revision } from '../revisions/revision.js'
import type { JsonObject } from '../wire/json-rpc.js'
import type { CallToolResult, ContentBlock } from '../protocol/types.js'

/** A result with less to write: `content` may be left out where `structuredContent` says it. */
export type PartialResult = Partial<CallToolResult>

/** One string is one text block; blocks are content; an object is a result. */
export type ToolReturn = string | ContentBlock | readonly ContentBlock[] | PartialResult | undefined | void

const KINDS: ReadonlySet<unknown> = new Set(['text', 'image', 'audio', 'resource', 'resource_link'])

export const text = (words: string): ContentBlock => ({ type: 'text', text: words })

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws TypeError that says what came and what may. */
export const resultOf = (value: unknown): CallToolResult => {
  if (typeof value === 'string') return { content: [text(value)] }
  if (value === undefined || value === null) return { content: [] }
  if (Array.isArray(value)) return { content: value.map(blockOf) }
  if (!isObject(value)) throw new TypeError(`a tool returns a string, content blocks or a result, not ${typeof value}`)
  if ('type' in value) return { content: [blockOf(value)] }
  if (Array.isArray(value.content)) {
    value.content.forEach(blockOf)
    return value as unknown as CallToolResult
  }
  // server/tools#structured-content: the text repeats it, for clients that read only text
  if ('structuredContent' in value) return { ...value, content: [text(JSON.stringify(value.structuredContent))] }
  if ('isError' in value || '_meta' in value) return { ...value, content: [] }
  throw new TypeError(`a tool returns a string, content blocks or a result, not an object with ${Object.keys(value).slice(0, 5).join(', ') || 'no members'}`)
}

/** @throws TypeError for what is no content block */
export const blockOf = (value: unknown): ContentBlock => {
  if (isObject(value) && KINDS.has(value.type)) return value as unknown as ContentBlock
  throw new TypeError(`a content block has a type of ${[...KINDS].join(', ')}, not ${isObject(value) ? JSON.stringify(value.type) : typeof value}`)
}

/** Leaves out, or turns into text, what a peer of this revision does not know. The same object where it knows all. */
export const fitResult = (result: CallToolResult, revision: Revision): CallToolResult => {
  const structured = result.structuredContent === undefined || takes(revision, result.structuredContent)
  if (structured && result.content.every(block => revision.content.includes(block.type))) return result
  const { structuredContent: _, ...plain } = result
  return { ...(structured ? result : plain), content: result.content.map(block => fitBlock(block, revision)) }
}

/** The block, or the same in words where the revision has no such kind. */
export const fitBlock = (block: ContentBlock, revision: Revision): ContentBlock => (revision.content.includes(block.type) ? block : inWords(block))

const takes = (revision: Revision, structured: unknown): boolean => revision.structured === 'any' || (revision.structured === 'object' && isObject(structured))

const inWords = (block: ContentBlock): ContentBlock => {
  switch (block.type) {
    case 'resource_link':
      return text(`${block.title ?? block.name}: ${block.uri}`)
    case 'audio':
      return text(`(audio, ${block.mimeType}, ${Math.floor((block.data.length * 3) / 4)} bytes)`)
    default:
      return text(`(${block.type})`)
  }
}
