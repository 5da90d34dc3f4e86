/** The server's validators. The build's last step, precompile.ts, writes the module that this declares. */
import type { MessageTable } from './messages.js'

export declare const messages: MessageTable
