/** The reserved `_meta` keys of modern requests and results: read, write (2026-07-28/basic/index#meta). No I/O. */
import type { JsonObject, RpcId } from '../wire/json-rpc.js'
import type { Level } from '../wire/levels.js'
import type { Revision } from '../revisions/index.js'
import type { Caller } from './exchange.js'

const PREFIX = 'io.modelcontextprotocol/'

export const META = {
  protocolVersion: `${PREFIX}protocolVersion`,
  clientCapabilities: `${PREFIX}clientCapabilities`,
  clientInfo: `${PREFIX}clientInfo`,
  logLevel: `${PREFIX}logLevel`,
  serverInfo: `${PREFIX}serverInfo`,
  subscriptionId: `${PREFIX}subscriptionId`,
} as const

/** W3C trace context, as it travels in `_meta` (2026-07-28/basic/index#trace-context). Absent members were not sent. */
export interface TraceContext {
  readonly traceparent?: string
  readonly tracestate?: string
  readonly baggage?: string
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `_meta` of some params; empty where there is none. */
export const metaOf = (params: JsonObject | undefined): JsonObject => (isObject(params?._meta) ? params._meta : {})

/** Does each request of this revision say by itself what a session would have settled? 2026-07-28/basic/index#statelessness */
export const saysItself = ({ versionField }: Revision): boolean => versionField === 'required'

/** Does it say anything that only modern requests say? */
export const isModern = (meta: JsonObject): boolean => META.protocolVersion in meta || META.clientCapabilities in meta || META.clientInfo in meta

/** Who asks, and what for, as a modern request says it. */
export const readMeta = (meta: JsonObject): { readonly client: Caller; readonly askedLevel: Level | undefined } => {
  const capabilities = meta[META.clientCapabilities] as Caller['capabilities']
  const info = meta[META.clientInfo] as Caller['info']
  return { client: info === undefined ? { capabilities } : { capabilities, info }, askedLevel: meta[META.logLevel] as Level | undefined }
}

/** The members of a modern request's `_meta` that are the same for every request of a client. */
export const writeMeta = (protocolVersion: string, { capabilities, info }: Caller): JsonObject => ({
  [META.protocolVersion]: protocolVersion,
  [META.clientCapabilities]: capabilities,
  ...(info !== undefined && { [META.clientInfo]: info }),
})

/** The trace context in some `_meta`; members that are no strings are left out. */
export const traceOf = (meta: JsonObject): TraceContext =>
  Object.fromEntries(['traceparent', 'tracestate', 'baggage'].filter(key => typeof meta[key] === 'string').map(key => [key, meta[key]]))

/** Params with the id of the subscription they are sent on: its type is kept (2026-07-28/basic/patterns/subscriptions#receiving-notifications). */
export const withSubscription = (params: JsonObject | undefined, id: RpcId): JsonObject => ({ ...params, _meta: { ...metaOf(params), [META.subscriptionId]: id } })
