/** The canonical job, the server's half: `node build/lib/examples/process-files/server.js`, then call `process_files`. */
import { createServer, type Server } from '../../server.js'
import { addProcessFiles } from './tool.js'

/** A server with the one tool. */
export const processFiles = (): Server =>
  addProcessFiles(createServer({ name: 'process-files', version: '1.0.0' }, { instructions: 'process_files reads files and logs each as it is done.' }))
