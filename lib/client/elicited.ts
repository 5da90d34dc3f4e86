/** Is what an application answered an answer to what was elicited? Its shape, and for a form each field. No I/O. */
import type { JsonObject } from '../wire/json-rpc.js'
import { checkOfPeer } from './peer-schema.js'
import type { ElicitAnswer } from './typed.js'

const ACTIONS: ReadonlySet<unknown> = new Set(['accept', 'decline', 'cancel'])

/**
 * The answer as it is sent. `requestedSchema`: of a form; a schema that cannot be used is the server's own to check with.
 * @throws TypeError for one that does not fit: the application's mistake, which the server never sees
 */
export const elicited = async (answer: ElicitAnswer, requestedSchema: JsonObject | undefined): Promise<JsonObject> => {
  if (!ACTIONS.has(answer?.action)) throw new TypeError(`elicitation/create: the answer's action is ${JSON.stringify(answer?.action)}; expected one of ${[...ACTIONS].join(', ')}`)
  // client/elicitation#form-mode-security
  if (answer.action === 'accept' && requestedSchema !== undefined) {
    const check = await checkOfPeer(requestedSchema, 'content')
    const fault = check?.(answer.content ?? {})
    if (fault) throw new TypeError(`elicitation/create: the answer's ${fault.sentence}`)
  }
  return { ...answer }
}

/** What is wrong with the URL of a page to be visited, in a sentence. Nothing but the web is offered to people: client/elicitation#safe-url-handling */
export const urlFault = (url: unknown): string | undefined => {
  if (typeof url !== 'string' || !URL.canParse(url)) return 'params.url is no URL'
  const { protocol } = new URL(url)
  return protocol === 'https:' || protocol === 'http:' ? undefined : `params.url begins with ${JSON.stringify(protocol.slice(0, 40))}; expected https: or http:`
}
