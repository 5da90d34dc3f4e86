/** What the command line takes, and the error for anything else. */

/** The person typed something that cannot be meant. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const USAGE = `mcpwire: the Model Context Protocol's wire

  mcpwire demo [PATH…]        a server that processes files and a client that prints
                              each notification as it arrives, over HTTP on loopback
  mcpwire serve               an example server, until Ctrl-C
      --example NAME          process-files (default) or everything
      --host HOST             address to bind, default 127.0.0.1
      --port PORT             default 3000; 0 takes a free one
      --allow-host NAME       a Host to answer; needed for any but a loopback address
  mcpwire call URL TOOL       calls a tool: notifications on stderr as they arrive,
                              the result on stdout
      --args JSON             its arguments, an object
      --log-level LEVEL       debug … emergency
      --timeout-ms N          longest wait without a sign of progress
      --json                  the result as one line of JSON
  mcpwire help | version

  Exit code: 0 for a result, 1 for a result with isError, 2 for everything else.
`
