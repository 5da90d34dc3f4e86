/** The header fields of a node:http request as bindings read them: a request that says two things of one kind is not believed in either. */
import type { IncomingMessage } from 'node:http'
import type { Fields } from '../bindings/http.js'
import { CODES, Refusal } from '../protocol/errors.js'

/** What decides who is let in, and as what: by their names as they are written. Those of a session mean nothing where there are none: basic/transports#session-management. */
const SINGLE: ReadonlyMap<string, string> = new Map(
  ['Host', 'Origin', 'Sec-Fetch-Site', 'Content-Type', 'Content-Encoding'].map(name => [name.toLowerCase(), name]),
)

/** @throws Refusal 400 for a field given twice that can only be given once, be it the same both times: RFC 9112, 3.2 has that of Host. */
export const fieldsOf = (req: IncomingMessage): Fields => {
  const fields = req.headers as Fields
  let names = 0
  for (const _ in fields) names++
  return req.rawHeaders.length === 2 * names ? fields : single(req.rawHeaders, fields)
}

/**
 * Node keeps the first of two lines of the fields it knows, in silence, and joins the others. One that repeats what the body says must agree with
 * it, and is refused with the code for that: its value is made one that agrees with nothing, as is the name of a session.
 */
const single = (raw: readonly string[], fields: Fields): Fields => {
  const met = new Set<string>()
  const twice: Record<string, string> = {}
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (!met.has(name)) met.add(name)
    else if (SINGLE.has(name)) throw new Refusal(400, CODES.invalidRequest, `${SINGLE.get(name)!} is given twice; expected it once`)
    else if (name.startsWith('mcp-')) twice[name] = `${fields[name]} (given twice)\u0000`
  }
  return { ...fields, ...twice }
}
