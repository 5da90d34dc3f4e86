/** What a client checks: results of what it asked, params of what servers send, what its application answers them, the data of errors. */
import type { Revision } from '../revisions/index.js'
import { errors, messages } from './client-messages.js'
import { checksOf, errorChecksOf } from './messages.js'
import type { Check, Checks } from './messages.js'

/** The checks a client makes of a method at a revision, or `undefined` if the two have no such method between them. */
export const clientChecks: (revision: Revision, method: string) => Checks | undefined = checksOf(messages)

/** The check of the `data` of an error with this code, or `undefined` where the revision says nothing of it. */
export const errorDataCheck: (revision: Revision, code: number) => Check | undefined = errorChecksOf(errors)
