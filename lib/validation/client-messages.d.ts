/** The client's validators. The build's last step, precompile.ts, writes the module that this declares. */
import type { ErrorTable, MessageTable } from './messages.js'

export declare const messages: MessageTable
export declare const errors: ErrorTable
