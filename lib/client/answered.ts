/** Is what an application answered an answer? What is none is not sent: the mistake is the application's own, and it is told. No I/O. */
import type { JsonObject } from '../wire/json-rpc.js'
import type { Revision } from '../revisions/index.js'
import { clientChecks } from '../validation/client-checks.js'
import { checkOfPeer } from './peer-schema.js'
import type { Root } from './typed.js'

/**
 * The answer as it is sent, once it fits what this revision has for the method.
 * @throws TypeError for one that does not
 */
export const answered = (method: string, revision: Revision, answer: unknown): JsonObject => {
  const fault = clientChecks(revision, method)?.result?.(answer)
  if (fault) throw new TypeError(`${method}: the answer does not fit: ${fault.sentence}`)
  return { ...(answer as JsonObject) }
}

/**
 * What a person filled in, or chose instead. `content` is sent of an accepted form alone: whatever an application says with a refusal, or of a
 * page that was visited, is left out, since the refusal is the person's own and must not wait for the application to be mended
 * (client/elicitation#response-actions). `form`: the requested schema; one that cannot be used is the server's own to check with.
 * @throws TypeError for an answer that does not fit the revision, or the form
 */
export const elicited = async (revision: Revision, answer: unknown, form: JsonObject | undefined): Promise<JsonObject> => {
  const accepted = form !== undefined && (answer as JsonObject | undefined)?.action === 'accept'
  const { content, ...rest } = answered('elicitation/create', revision, accepted ? answer : withoutContent(answer))
  if (!accepted) return rest
  // client/elicitation#form-mode-security
  const check = await checkOfPeer(form, 'content')
  const fault = check?.(content ?? {})
  if (fault) throw new TypeError(`elicitation/create: the answer's ${fault.sentence}`)
  return content === undefined ? rest : { ...rest, content }
}

const withoutContent = (answer: unknown): unknown => {
  if (typeof answer !== 'object' || answer === null) return answer
  const { content: _, ...rest } = answer as JsonObject
  return rest
}

/** @throws TypeError for roots that are none: each is a file URI (client/roots#root) */
export const rooted = (revision: Revision, roots: readonly Root[]): JsonObject => {
  const result = answered('roots/list', revision, { roots })
  const stray = roots.findIndex(({ uri }) => !uri.startsWith('file://') || !URL.canParse(uri))
  if (stray !== -1) throw new TypeError(`roots/list: the uri of roots[${stray}] is ${JSON.stringify(roots[stray]!.uri)}; expected one that begins with file://`)
  return result
}
