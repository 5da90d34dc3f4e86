/**
 * URL mode of elicitation: the person is asked to visit a page, and the client is told when that is done
 * (client/elicitation#url-mode-elicitation-requests). No I/O.
 */
import { CODES, ProtocolError } from '../protocol/errors.js'
import type { Exchange } from '../protocol/exchange.js'
import type { Session } from '../protocol/session.js'
import type { Revision } from '../revisions/index.js'
import { speaks } from '../revisions/vocabulary.js'
import type { JsonObject } from '../wire/json-rpc.js'
import type { Question } from './input.js'

/** Ids of one session that may still be told to be complete. Beyond it the oldest is forgotten. */
export const MAX_VISITS = 100

/** The notification that tells a client that a visit is over; revisions that have it name visits by an id. */
export const COMPLETE = 'notifications/elicitation/complete'

export interface Visit {
  /** Where to: absolute, http or https; https but on your own machine. Nothing secret belongs in it, and nothing that lets whoever has it in. */
  readonly url: string
  /** Why, for the person. */
  readonly message: string
  /** Names the visit: yours alone, unguessable, and different for each. `server.elicitationComplete` takes it. */
  readonly elicitationId: string
}

/**
 * A question that sends the person to a page, for `needs`. That it is accepted means that the page may be opened, not that all is done there.
 * @throws TypeError for a URL that is none, or neither http nor https
 */
export const visit = ({ url, message, elicitationId }: Visit): Question => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new TypeError(`visit: ${JSON.stringify(url)} is not the URL of a page; expected http: or https:`)
  if (typeof elicitationId !== 'string' || elicitationId === '') throw new TypeError('visit: expected an elicitationId that is not empty')
  return { method: 'elicitation/create', params: { mode: 'url', url, message, elicitationId } }
}

/**
 * Throw it where nothing can be done before the person has visited these pages; the client may ask again when they are done. A handler that can wait
 * for an answer returns `needs` instead, which every revision with visits has. Only 2025-11-25 has this error: elsewhere it is one of yours, -32603.
 */
export class UrlElicitationRequired extends ProtocolError {
  /** @throws TypeError without any visit, or for one that cannot be */
  constructor(visits: readonly Visit[], message = 'This needs the person to visit a page first') {
    if (visits.length === 0) throw new TypeError('UrlElicitationRequired: expected at least one visit')
    super(CODES.urlElicitationRequired, message, { elicitations: visits.map(one => visit(one).params) })
  }

  /** Ids of its visits. */
  get elicitationIds(): readonly string[] {
    return (this.data as { readonly elicitations: readonly Visit[] }).elicitations.map(({ elicitationId }) => elicitationId)
  }
}

/** Do visits have ids, and ends that are told? */
export const tellsOfEnds = (revision: Revision): boolean => speaks(revision, COMPLETE, 'server') !== undefined

/** A question as it goes on the wire: where visits have no ids, without one. How it is to be asked is not part of it. */
export const asAsked = ({ method, params }: Question, revision: Revision): Question => {
  if (params?.mode !== 'url' || tellsOfEnds(revision)) return params === undefined ? { method } : { method, params }
  const { elicitationId, ...rest } = params
  return { method, params: rest }
}

/** This session has been sent there: it, and no other, is told of the end. #completion-notifications-for-url-mode-elicitation */
export const remember = (session: Session, elicitationId: string): void => {
  const visits = (session.visits ??= new Set())
  visits.add(elicitationId)
  for (const oldest of visits) if (visits.size > MAX_VISITS) visits.delete(oldest)
}

/** Of a question that is about to be asked in a session. */
export const rememberAsked = (session: Session, { params }: { readonly params?: JsonObject }): void => {
  if (params?.mode === 'url' && typeof params.elicitationId === 'string') remember(session, params.elicitationId)
}

/** The error as this client may be given it; where it cannot be, one of ours that says so. */
export const asTold = (error: UrlElicitationRequired, { session, revision, client }: Exchange): ProtocolError => {
  const { elicitation } = client.capabilities as { readonly elicitation?: { readonly url?: unknown } }
  if (session && tellsOfEnds(revision) && elicitation?.url) {
    for (const id of error.elicitationIds) remember(session, id)
    return error
  }
  return new ProtocolError(CODES.internalError, `${error.message}, and a client ${tellsOfEnds(revision) ? 'that does not declare elicitation.url' : `of ${revision.id}`} cannot be told which`)
}
