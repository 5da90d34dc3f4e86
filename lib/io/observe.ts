/** What happened, for those who watch: a hook, and the diagnostics channel `mcpwire`. Costs nothing while nobody does. */
import { createHash } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import type { Refusal } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import { quietly } from '../server/quietly.js'

/** An exchange that has ended, or whose connection was lost. Nothing of what was said is in it. */
export interface ExchangeReport {
  readonly kind: 'exchange'
  readonly method: string
  /** The tool, prompt or resource that was asked for. */
  readonly name?: string
  readonly revision: string
  /** A hash of the session's id: tells sessions apart, opens none. */
  readonly session?: string
  readonly status: number
  /** Characters written, heads aside. */
  readonly bytes: number
  readonly durationMs: number
  readonly end: 'object' | 'stream' | 'cancelled' | 'hung up'
}

/** A request that was not let in. */
export interface RefusalReport {
  readonly kind: 'refusal'
  readonly verb: string
  readonly status: number
  readonly code: number
  readonly message: string
  readonly clause?: string
}

/** Notifications that a reader was too slow for. */
export interface DropReport {
  readonly kind: 'drop'
  readonly dropped: number
  readonly session?: string
}

export type HttpReport = ExchangeReport | RefusalReport | DropReport

export interface Observer {
  /** Is anybody watching? Asked before anything is put together. */
  readonly wanted: boolean
  ended(exchange: Exchange, how: Pick<ExchangeReport, 'status' | 'bytes' | 'durationMs' | 'end'>): void
  refused(req: IncomingMessage, refusal: Refusal): void
  dropped(exchange: Exchange | undefined, dropped: number): void
}

const CHANNEL = channel('mcpwire')

const sessionOf = ({ session }: Exchange): { readonly session?: string } => (session ? { session: createHash('sha256').update(session.id).digest('hex').slice(0, 12) } : {})

const nameOf = ({ request: { params } }: Exchange): { readonly name?: string } => {
  const name = params?.name ?? params?.uri
  return typeof name === 'string' ? { name: name.slice(0, 200) } : {}
}

export const observe = (hook: ((report: HttpReport) => void) | undefined, onError: (error: unknown) => void): Observer => {
  const tell = (report: HttpReport): void => {
    CHANNEL.publish(report)
    quietly(() => hook?.(report), onError)
  }
  return {
    get wanted() {
      return hook !== undefined || CHANNEL.hasSubscribers
    },
    ended: (exchange, how) => tell({ kind: 'exchange', method: exchange.request.method.slice(0, 100), ...nameOf(exchange), revision: exchange.revision.id, ...sessionOf(exchange), ...how }),
    refused: ({ method = '' }, { status, code, message, data }) => {
      const { clause } = (data ?? {}) as { readonly clause?: string }
      tell({ kind: 'refusal', verb: method, status, code, message, ...(clause !== undefined && { clause }) })
    },
    dropped: (exchange, dropped) => tell({ kind: 'drop', dropped, ...(exchange && sessionOf(exchange)) }),
  }
}

/** A report as one line of an access log: `exchange tools/call process_files 2025-11-25 4f1c… 200 stream 1532 12ms`. */
export const accessLine = (report: HttpReport): string => {
  switch (report.kind) {
    case 'exchange':
      return ['exchange', report.method, report.name ?? '-', report.revision, report.session ?? '-', report.status, report.end, report.bytes, `${Math.round(report.durationMs)}ms`].map(word).join(' ')
    case 'refusal':
      return ['refusal', report.verb, report.status, report.code, report.clause ?? '-'].map(word).join(' ')
    case 'drop':
      return ['drop', report.dropped, report.session ?? '-'].map(word).join(' ')
  }
}

/** One word, whatever was in it. */
const word = (value: string | number): string => String(value).replace(/[^\x21-\x7e]/gu, c => encodeURIComponent(/\p{Cs}/u.test(c) ? '\ufffd' : c))
