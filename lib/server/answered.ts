/** Is what a client answered an answer to what it was asked? Its shape, and for a form each field. No I/O. */
import type { Revision } from '../revisions/index.js'
import type { JsonObject } from '../wire/json-rpc.js'
import { checkOf, type Check } from '../validation/check.js'
import { lint } from '../validation/lint.js'
import { serverChecks } from '../validation/server-checks.js'
import type { Question } from './input.js'

/** Forms seen lately: handlers ask the same ones again and again. */
const forms = new Map<string, Promise<Check>>()
const MAX_FORMS = 100

const formCheck = (schema: JsonObject): Promise<Check> => {
  const key = JSON.stringify(schema)
  let check = forms.get(key)
  if (!check) {
    if (forms.size >= MAX_FORMS) forms.clear()
    forms.set(key, (check = checkOf(schema, 'content')))
  }
  return check
}

/** What is wrong with an answer, in a sentence; nothing if it fits. A task that is to bring the answer is none yet. */
export const faultOf = async ({ method, params }: Question, answer: unknown, revision: Revision): Promise<string | undefined> => {
  const { task, ...own } = (answer ?? {}) as JsonObject
  const fault = serverChecks(revision, method)?.result?.(task === undefined ? answer : own)
  if (fault) return task === undefined ? fault.sentence : `it is a task, which was not asked for; ${fault.sentence}`
  const { action, content } = answer as { readonly action?: string; readonly content?: unknown }
  const schema = params?.requestedSchema as JsonObject | undefined
  // client/elicitation#security-considerations: a form that was filled in is held against what was asked
  if (method !== 'elicitation/create' || action !== 'accept' || schema === undefined || lint(schema)) return undefined
  return (await formCheck(schema))(content ?? {})?.sentence
}
