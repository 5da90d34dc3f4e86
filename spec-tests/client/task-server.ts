/** A scripted server's part in tasks: what it says each time it is asked, and what it was asked. */
import { type Arrived, type Script, type Scripted } from './scripted.js'

export const AT = { createdAt: '2026-01-01T00:00:00Z', lastUpdatedAt: '2026-01-01T00:00:01Z' }

/** One script for each time it is asked; the last goes on. */
export const inTurn = (...scripts: readonly Script[]): Script => {
  let turn = 0
  return arrived => scripts[Math.min(turn++, scripts.length - 1)]!(arrived)
}
export const says = (...results: readonly object[]): Script => inTurn(...results.map((result): Script => arrived => arrived.result(result)))
export const refuses = (code: number, message: string): Script => arrived => arrived.json({ jsonrpc: '2.0', id: arrived.message.id, error: { code, message } })
/** What a request says but for what every one says. */
export const own = ({ message: { params } }: Arrived): object => {
  const { _meta, ...rest } = params!
  return rest
}
/** The requests of a method that came; and the nth of them, once it has. */
export const of = (server: Scripted, method: string): Arrived[] => server.arrived.filter(({ message }) => message.method === method)
export const nth = (server: Scripted, method: string, n: number): Promise<Arrived> => server.until(() => of(server, method).length >= n).then(() => of(server, method)[n - 1]!)
