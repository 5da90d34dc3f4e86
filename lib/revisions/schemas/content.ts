/** Content blocks, the contents of resources, and what a tool, a prompt or a model says with them. */
import { META, SHOWN } from './common.js'
import { anything, boolean, either, integer, list, object, open, ref, since, string, tagged, when, word } from './notation.js'
import type { Definitions, Shape } from './notation.js'

const block = (type: string, members: Readonly<Record<string, Shape>>): Shape =>
  object({ type: word(type), ...members, 'annotations?': ref('Annotations'), ...META })

const CONTENT = {
  text: ref('TextContent'),
  image: ref('ImageContent'),
  audio: ref('AudioContent'),
  resource: ref('EmbeddedResource'),
  resource_link: ref('ResourceLink'),
}
/** A content block of a kind that the answer sheet names. */
const contentBlock: Shape = (at) => tagged('type', Object.fromEntries(at.content.map((kind) => [kind, CONTENT[kind]])))(at)

/** What `structuredContent` may be, as the answer sheet says. */
export const STRUCTURED_CONTENT: Shape = (at) => ({ none: undefined, object: open(at), any: anything(at) })[at.structured]

export const content: Definitions = {
  ContentBlock: contentBlock,
  TextContent: block('text', { text: string }),
  ImageContent: block('image', { data: string, mimeType: string }),
  AudioContent: since('2025-03-26', block('audio', { data: string, mimeType: string })),
  EmbeddedResource: block('resource', { resource: ref('TextOrBlobContents') }),
  ResourceLink: since('2025-06-18', block('resource_link', {
    name: string, uri: string, ...SHOWN, 'description?': string, 'mimeType?': string, 'size?': integer,
  })),

  TextOrBlobContents: either(ref('TextResourceContents'), ref('BlobResourceContents')),
  TextResourceContents: object({ uri: string, text: string, 'mimeType?': string, ...META }),
  BlobResourceContents: object({ uri: string, blob: string, 'mimeType?': string, ...META }),
  PromptMessage: object({ role: ref('Role'), content: ref('ContentBlock') }),

  SamplingMessage: object({ role: ref('Role'), content: ref('SamplingContent'), '_meta?': since('2025-11-25', open) }),
  SamplingContent: when(
    { type: 'array' }, since('2025-11-25', list(ref('SamplingMessageContentBlock'))), ref('SamplingMessageContentBlock')),
  SamplingMessageContentBlock: tagged('type', {
    text: CONTENT.text,
    image: CONTENT.image,
    audio: since('2025-03-26', CONTENT.audio),
    tool_use: since('2025-11-25', ref('ToolUseContent')),
    tool_result: since('2025-11-25', ref('ToolResultContent')),
  }),
  ToolUseContent: since('2025-11-25', object({ type: word('tool_use'), id: string, name: string, input: open, ...META })),
  ToolResultContent: since('2025-11-25', object({
    type: word('tool_result'), toolUseId: string, content: list(ref('ContentBlock')), 'isError?': boolean,
    'structuredContent?': STRUCTURED_CONTENT, ...META,
  })),
}
