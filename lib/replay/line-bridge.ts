/** A program that is a wire and nothing else: its standard streams are those of a runner on this machine. `node line-bridge.js PORT` */

import { connect } from 'node:net'

const socket = connect(Number(process.argv[2]), '127.0.0.1')
process.stdin.pipe(socket).pipe(process.stdout)
