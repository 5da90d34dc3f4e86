/** Streamable HTTP on node:http: let requests in, run them, perform what is said, notice hang-ups. Decides nothing itself. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { corsFields, preflight } from '../bindings/cors.js'
import { Guard } from '../bindings/guard.js'
import { SSE_TYPE, type Fields, type HttpRequest } from '../bindings/http.js'
import { admit, knock, tooLarge, type Admission, type House } from '../bindings/streamable-http/admit.js'
import { replay } from '../bindings/streamable-http/reply.js'
import { CODES, Refusal } from '../protocol/errors.js'
import { Exchange } from '../protocol/exchange.js'
import { limitsOf } from '../protocol/limits.js'
import { LIGHT_BYTES, Load, LOAD_LIMITS } from '../protocol/load.js'
import { REPLAY_LIMITS, ReplayBudget } from '../protocol/replay-budget.js'
import { ReplayLog } from '../protocol/replay-log.js'
import { SESSION_LIMITS, Sessions, type Session } from '../protocol/session.js'
import type { Revision } from '../revisions/index.js'
import { callerOf } from '../server/lifecycle.js'
import type { Server } from '../server/server.js'
import { JSON_LIMITS } from '../wire/json-rpc.js'
import { equip } from './equip.js'
import { runBatch } from './http-batch.js'
import { fieldsOf } from './http-fields.js'
import { HTTP_LIMITS, type HttpOptions, type HttpStats } from './http-options.js'
import { HttpOutlet, type Outlets } from './http-outlet.js'
import { writeRefusal } from './http-refusal.js'
import { observe } from './observe.js'
import { readBody } from './read-body.js'
import { SseRoutes } from './sse-server.js'

/** A `node:http` request listener that also knows its state and how to end. `next` is called for paths that are not its own. */
export interface HttpHandler {
  (req: IncomingMessage, res: ServerResponse, next?: () => void): void
  stats(): HttpStats
  /** Refuses what is new with 503, ends GET streams, lets what runs finish for `graceMs` (default 5000), then cuts the rest. */
  close(options?: { readonly graceMs?: number }): Promise<void>
}

const NOWHERE = ['Content-Length', '0']
/** How often what has expired is looked for, while anything is open. */
const SWEEP_MS = 5000

/** Mounts a server on any `http.Server`: `http.createServer(httpHandler(server))`. */
export const httpHandler = (server: Server, options: HttpOptions = {}): HttpHandler => {
  const { path = '/mcp', sessions: keepSessions = true, strict = false, principal } = options
  const nowMs = (): number => performance.now()
  const { maxBodyBytes, maxBatch, answerTimeoutMs, ...pace } = limitsOf(HTTP_LIMITS, options)
  const sessions = new Sessions({ nowMs, newId: randomUUID }, limitsOf(SESSION_LIMITS, options), session => server.left(session))
  server.changes.audiences.add(sessions)
  equip(server)
  const budget = new ReplayBudget(limitsOf(REPLAY_LIMITS, options))
  const load = new Load(limitsOf(LOAD_LIMITS, options))
  const guards = new Map<number, Guard>()
  let closing = false
  let sweptMs = nowMs()
  const sweepMs = Math.min(SWEEP_MS, sessions.limits.sessionIdleMs, budget.limits.replayAgeMs)
  let ticker: NodeJS.Timeout | undefined

  const all: Outlets = {
    ...pace,
    nowMs,
    newLog: session => new ReplayLog(randomUUID().slice(0, 13), session.streams, budget, nowMs()),
    open: new Set(),
    dropped: 0,
    observer: observe(options.onReport, error => server.report(error, { method: 'onReport' })),
    wake: () => (ticker ??= setInterval(tick, Math.min(500, sweepMs, options.streamAfterMs ?? 500, options.keepAliveMs ?? 500)).unref()),
  }
  const tick = (): void => {
    const now = nowMs()
    for (const outlet of all.open) outlet.tick(now)
    for (const session of sessions.values()) if (session.asked.size > 0) session.asked.sweep(now, answerTimeoutMs)
    if (now - sweptMs < sweepMs && all.open.size + sessions.size > 0) return
    sweptMs = now
    budget.sweep(now)
    sessions.sweep()
    if (all.open.size + sessions.size + budget.streams > 0) return
    clearInterval(ticker)
    ticker = undefined
  }

  const houseFor = (who: string | undefined): House => ({
    revisions: server.revisions.filter(revision => revision.http === 'streamable'),
    sessions: keepSessions,
    limits: { ...JSON_LIMITS, maxBatch },
    maxBodyBytes,
    strict,
    session: id => sessions.find(id, who),
    offers: (request, revision) => server.offers(request, revision),
    check: (request, revision, client) => server.check(request, revision, client),
    mirrored: request => server.mirrored(request),
  })
  const anyone = houseFor(undefined)
  const { limits } = anyone
  const { maxQueuedBytes, keepAliveMs } = all
  const sse = options.sse && new SseRoutes(server, options.sse, {
    limits, maxBodyBytes, maxQueuedBytes, keepAliveMs, answerTimeoutMs, maxSessions: sessions.limits.maxSessions, load, ...(principal && { principal }),
  })

  const guardOf = (port: number): Guard => {
    let guard = guards.get(port)
    if (!guard) guards.set(port, (guard = new Guard(options, port)))
    return guard
  }

  const enter = (admission: Admission, { fields, body }: HttpRequest, res: ServerResponse, who: string | undefined): void => {
    const bodyBytes = body.length > LIGHT_BYTES ? body.length : 0
    switch (admission.as) {
      case 'exchange':
        return run(admission, fields, bodyBytes, res, who)
      case 'notice':
        server.notice(admission.message, admission.session)
        res.writeHead(202, NOWHERE).end()
        return
      case 'batch':
        return runBatch(server, admission, new HttpOutlet(all, res, { ...admission, accept: fields.accept }), { principal: who, load, bodyBytes: Math.ceil(bodyBytes / admission.of.length) })
      case 'stream':
        return listenOn(admission, res)
      case 'goodbye':
        sessions.end(admission.session, 'the client ended it')
        res.writeHead(204).end()
        return
    }
  }

  const run = ({ request, revision, session, opens, askedLevel, client: caller }: Admission & { as: 'exchange' }, fields: Fields, bodyBytes: number, res: ServerResponse, who: string | undefined): void => {
    const full = load.refusalOf(request, session?.inFlight.size ?? 0)
    if (full) throw full
    const client = session?.client ?? caller ?? callerOf(request.params)
    const opened = opens ? open(revision, client, who) : undefined
    const outlet = new HttpOutlet(all, res, { revision, session, accept: fields.accept, ...(opened && { fields: ['Mcp-Session-Id', opened.id] }) })
    const exchange = new Exchange(request, revision, client, outlet, { session, principal: who, hears: keepSessions, askedLevel, served: anyone.revisions, load: request.method === 'subscriptions/listen' ? undefined : load, bodyBytes })
    outlet.exchange = exchange
    server.serve(exchange)
    if (exchange.open) setImmediate(watch, outlet)
  }

  const open = (revision: Revision, client: Session['client'], who: string | undefined): Session => {
    const session = sessions.open(revision, client, who)
    all.wake()
    if (session) return session
    throw new Refusal(503, CODES.internalError, `${sessions.limits.maxSessions} sessions are open and none is idle (maxSessions); try again later`, { fields: ['Retry-After', '30'] })
  }

  const listenOn = ({ session, after }: Admission & { as: 'stream' }, res: ServerResponse): void => {
    const log = after === undefined ? undefined : session.logOf(after)
    if (log?.carrier instanceof HttpOutlet) {
      log.carrier.attach(res, after!)
      if (log.carrier.listens) takeOver(session, log.carrier)
      return
    }
    if (log) return new HttpOutlet(all, res, { revision: session.revision, accept: SSE_TYPE }).perform(replay(log, after!) ?? [])
    const outlet = new HttpOutlet(all, res, { revision: session.revision, session, accept: SSE_TYPE, listens: true })
    takeOver(session, outlet)
    outlet.begin()
    outlet.flush()
  }

  /** The newest GET stream is the one that is listened on: an older one may be a connection nobody noticed was lost. */
  const takeOver = (session: Session, outlet: HttpOutlet): void => {
    if (session.channel !== outlet) session.channel?.end()
    session.channel = outlet
  }

  const handler = (req: IncomingMessage, res: ServerResponse, next?: () => void): void => {
    try {
      const target = req.url ?? '/'
      const query = target.indexOf('?')
      const at = query < 0 ? target : target.slice(0, query)
      const route = at === path ? undefined : sse?.at(at)
      if (at !== path && !route) {
        if (next) return next()
        throw new Refusal(404, CODES.invalidRequest, `${JSON.stringify(target.slice(0, 200))} is not served here; the MCP endpoint is ${path}`)
      }
      if (closing) throw new Refusal(503, CODES.internalError, 'the server is shutting down')
      const fields = fieldsOf(req)
      const method = req.method ?? ''
      const guard = guardOf(req.socket.localPort ?? 0)
      if (route) return route({ req, res, head: { method, target, fields }, guard, refuse: error => refuse(req, res, error) })
      if (options.cors && fields.origin !== undefined && guard.lists(fields.origin)) {
        const cors = options.cors === true ? {} : options.cors
        if (method === 'OPTIONS') {
          guard.check(fields)
          return void res.writeHead(204, preflight(fields, cors) as string[]).end()
        }
        for (const [name, value] of corsFields(fields.origin, cors)) res.setHeader(name, value)
      }
      knock({ method, target, fields }, anyone, guard)
      const who = principal && named(principal(req))
      const house = principal ? houseFor(who) : anyone
      const take = (body: string): void => {
        const http = { method, target, fields, body }
        enter(admit(http, house), http, res, who)
      }
      if (method !== 'POST') return take('')
      readBody(req, maxBodyBytes, load, () => tooLarge(house), (fault, body) => {
        try {
          if (fault) throw fault
          take(body)
        } catch (error) {
          refuse(req, res, error)
        }
      })
    } catch (error) {
      refuse(req, res, error)
    }
  }

  const refuse = (req: IncomingMessage, res: ServerResponse, error: unknown): void => {
    if (!(error instanceof Refusal)) server.report(error, { method: `HTTP ${req.method}` })
    const refusal = error instanceof Refusal ? error : new Refusal(500, CODES.internalError, 'Internal error')
    if (all.observer.wanted) all.observer.refused(req, refusal)
    writeRefusal(req, res, refusal)
  }

  const close = async ({ graceMs = 5000 }: { readonly graceMs?: number } = {}): Promise<void> => {
    closing = true
    server.changes.audiences.delete(sessions)
    for (const session of sessions.values()) session.channel?.end()
    server.changes.subscriptions.endAll(exchange => exchange.outlet instanceof HttpOutlet && exchange.outlet.all === all)
    const deadline = nowMs() + graceMs
    const streams = sse?.close(graceMs)
    while (all.open.size > 0 && nowMs() < deadline) await new Promise(resolve => setTimeout(resolve, 10))
    sessions.endAll('the server is shutting down')
    for (const outlet of [...all.open]) outlet.destroy()
    await streams
    clearInterval(ticker)
    ticker = undefined
  }

  const stats = (): HttpStats => ({
    sessions: sessions.size + (sse?.size ?? 0),
    sessionsOpened: sessions.opened + (sse?.opened ?? 0),
    sseSessionsOpened: sse?.opened ?? 0,
    sessionsExpired: sessions.expired,
    inFlight: load.inFlight,
    open: all.open.size + (sse?.inFlight ?? 0),
    replayBytes: budget.kept,
    dropped: all.dropped + (sse?.dropped ?? 0),
  })

  return Object.assign(handler, { stats, close })
}

const watch = (outlet: HttpOutlet): void => outlet.watch()

/** Who the application says is calling. A promise is no name, and must not pass for one. */
const named = (who: unknown): string | undefined => {
  if (who instanceof Promise) who.catch(() => {})
  if (who === undefined || typeof who === 'string') return who
  throw new TypeError(`principal returned ${who instanceof Promise ? 'a promise' : typeof who}; expected a string or undefined, at once`)
}
