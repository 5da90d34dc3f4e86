/** What a server checks: params of what clients send, results of what it asked of them. */
import type { Revision } from '../revisions/index.js'
import { checksOf } from './messages.js'
import type { Checks } from './messages.js'
import { messages } from './server-messages.js'

/** The checks a server makes of a method at a revision, or `undefined` if the two have no such method between them. */
export const serverChecks: (revision: Revision, method: string) => Checks | undefined = checksOf(messages)
