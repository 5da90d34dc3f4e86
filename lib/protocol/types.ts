/** The shapes that MCP names, as TypeScript types: what applications write and read. All revisions in one; a peer of an older one is sent less. */
import type { JsonObject } from '../wire/json-rpc.js'

/** Free members beside the named ones; keys follow basic/index#meta. */
export interface WithMeta {
  readonly _meta?: JsonObject
}

export interface Icon {
  readonly src: string
  readonly mimeType?: string
  readonly sizes?: readonly string[]
  readonly theme?: 'light' | 'dark'
}

/** Who speaks: `clientInfo`, `serverInfo`. */
export interface Implementation {
  readonly name: string
  readonly version: string
  readonly title?: string
  readonly description?: string
  readonly websiteUrl?: string
  readonly icons?: readonly Icon[]
}

export interface Annotations {
  readonly audience?: readonly ('user' | 'assistant')[]
  /** 0 (least) to 1. */
  readonly priority?: number
  /** ISO 8601. */
  readonly lastModified?: string
}

interface Block extends WithMeta {
  readonly annotations?: Annotations
}
export interface TextContent extends Block {
  readonly type: 'text'
  readonly text: string
}
export interface ImageContent extends Block {
  readonly type: 'image'
  /** Base64. */
  readonly data: string
  readonly mimeType: string
}
export interface AudioContent extends Block {
  readonly type: 'audio'
  /** Base64. */
  readonly data: string
  readonly mimeType: string
}
export interface TextResourceContents extends WithMeta {
  readonly uri: string
  readonly mimeType?: string
  readonly text: string
}
export interface BlobResourceContents extends WithMeta {
  readonly uri: string
  readonly mimeType?: string
  /** Base64. */
  readonly blob: string
}
export type ResourceContents = TextResourceContents | BlobResourceContents
export interface EmbeddedResource extends Block {
  readonly type: 'resource'
  readonly resource: ResourceContents
}
export interface ResourceLink extends Block {
  readonly type: 'resource_link'
  readonly uri: string
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly mimeType?: string
  readonly size?: number
  readonly icons?: readonly Icon[]
}
/** A piece of a tool's result or of a prompt. */
export type ContentBlock = TextContent | ImageContent | AudioContent | EmbeddedResource | ResourceLink

/** Hints about a tool; never to be trusted from an unknown server (server/tools#tool). */
export interface ToolAnnotations {
  readonly title?: string
  readonly readOnlyHint?: boolean
  readonly destructiveHint?: boolean
  readonly idempotentHint?: boolean
  readonly openWorldHint?: boolean
}

/** A tool as `tools/list` shows it. */
export interface Tool extends WithMeta {
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly inputSchema: JsonObject
  readonly outputSchema?: JsonObject
  readonly annotations?: ToolAnnotations
  readonly icons?: readonly Icon[]
  readonly execution?: { readonly taskSupport?: 'forbidden' | 'optional' | 'required' }
}

export interface CallToolResult extends WithMeta {
  readonly content: readonly ContentBlock[]
  /** Fits the tool's `outputSchema` where it has one. */
  readonly structuredContent?: unknown
  /** The tool ran, and failed; the text says why, for the model to read. */
  readonly isError?: boolean
}

/** A resource as `resources/list` shows it. */
export interface Resource extends WithMeta {
  readonly uri: string
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly mimeType?: string
  readonly annotations?: Annotations
  /** Bytes, before any encoding. */
  readonly size?: number
  readonly icons?: readonly Icon[]
}

/** A family of resources; `uriTemplate` follows RFC 6570. */
export interface ResourceTemplate extends WithMeta {
  readonly uriTemplate: string
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly mimeType?: string
  readonly annotations?: Annotations
  readonly icons?: readonly Icon[]
}

export interface ReadResourceResult extends WithMeta {
  readonly contents: readonly ResourceContents[]
}

export interface PromptArgument {
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly required?: boolean
}

/** A prompt as `prompts/list` shows it. */
export interface Prompt extends WithMeta {
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly arguments?: readonly PromptArgument[]
  readonly icons?: readonly Icon[]
}

export interface PromptMessage {
  readonly role: 'user' | 'assistant'
  readonly content: ContentBlock
}

export interface GetPromptResult extends WithMeta {
  readonly description?: string
  readonly messages: readonly PromptMessage[]
}

/** What could be written: at most 100 values (server/utilities/completion). */
export interface Completion {
  readonly values: readonly string[]
  readonly total?: number
  readonly hasMore?: boolean
}
