/** Codes, and one class for each party whose fault an error can be. Each has a stable `name`. No I/O. */
import type { RpcErrorObject, RpcFailure, RpcId } from '../wire/json-rpc.js'

/** JSON-RPC's own codes, then MCP's. */
export const CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** A header is missing, malformed, or says something else than the body (2026-07-28). */
  headerMismatch: -32020,
  /** The request needs a capability that the client did not declare (2026-07-28). */
  missingCapability: -32021,
  /** The revision asked for is not served (2026-07-28). */
  unsupportedVersion: -32022,
  /** Only URL elicitation can continue this request (2025-11-25). */
  urlElicitationRequired: -32042,
} as const

/** Ours to answer with: a handler or a rule throws it, the peer reads code, message and data. */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError'
  constructor(readonly code: number, message: string, readonly data?: unknown) {
    super(message)
  }
  /** The `error` member of a response. */
  toObject(): RpcErrorObject {
    return this.data === undefined ? { code: this.code, message: this.message } : { code: this.code, message: this.message, data: this.data }
  }
}

export interface RefusalDetail {
  /** `page#anchor` of the sentence that was not obeyed; travels as `error.data.clause`. */
  readonly clause?: string
  /** Id of the refused request, when it could be read. Omitted otherwise: basic/index#responses. */
  readonly id?: RpcId | undefined
  readonly data?: { readonly [key: string]: unknown }
  /** Further header lines, names and values alternating: `['Allow', 'GET, POST']`. */
  readonly fields?: readonly string[]
}

/** An HTTP request that was not let in: a status for HTTP and an error for JSON-RPC. */
export class Refusal extends ProtocolError {
  override readonly name = 'Refusal'
  readonly id: RpcId | undefined
  readonly fields: readonly string[]
  constructor(readonly status: number, code: number, message: string, detail: RefusalDetail = {}) {
    super(code, message, detail.clause === undefined ? detail.data : { ...detail.data, clause: detail.clause })
    this.id = detail.id
    this.fields = detail.fields ?? []
  }
}

/** The response that carries `error`; without an id when the request's could not be read. */
export const failure = (id: RpcId | undefined, error: ProtocolError): RpcFailure =>
  id === undefined ? { jsonrpc: '2.0', error: error.toObject() } : { jsonrpc: '2.0', id, error: error.toObject() }

/** Thrown at the caller: the peer answered with an error. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  readonly data: unknown
  constructor(error: RpcErrorObject, readonly method: string) {
    super(`${method}: ${error.message} (${error.code})`)
    this.code = error.code
    this.data = error.data
  }
}

/** Thrown at the caller: what the peer sent breaks a rule. */
export class InvalidMessage extends Error {
  override readonly name = 'InvalidMessage'
  constructor(message: string, readonly clause?: string) {
    super(message)
  }
}

/** Thrown at the caller: the HTTP status was neither an answer nor a stream. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal'
  constructor(message: string, readonly status: number, /** At most 2 KiB of what came. */ readonly body: string, /** The JSON-RPC error in the body, if it held one. */ readonly error?: RpcErrorObject) {
    super(message)
  }
}

/** Thrown at the caller: the connection ended before the response came. */
export class BrokenStream extends Error {
  override readonly name: string = 'BrokenStream'
}

/** Thrown at the caller: no response in time. Says which limit ran out, and after how many milliseconds. */
export class Timeout extends Error {
  override readonly name = 'Timeout'
  constructor(message: string, readonly limit: 'timeoutMs' | 'maxTotalMs', readonly afterMs: number) {
    super(message)
  }
}

/** Thrown at the caller: it cancelled the call itself. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

/** Thrown at whoever asks the other side something while no stream leads there. */
export class NoChannel extends Error {
  override readonly name = 'NoChannel'
}
