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
      --sse                   HTTP+SSE too, on /sse and /messages, for the oldest clients
      --stdio                 on standard input and output instead of a port
  mcpwire call URL TOOL       calls a tool: notifications on stderr as they arrive,
  mcpwire call TOOL -- COMMAND  the result on stdout; at a terminal, what the server
                              asks is asked of you
      --args JSON             its arguments, an object
      --log-level LEVEL       debug … emergency
      --timeout-ms N          longest wait without a sign of progress
      --task                  as a task, if the tool can be one
      --json                  the result as one line of JSON
  mcpwire listen SERVER       what a server says of its own accord, until Ctrl-C
      --uri URI               tells of this resource too; repeatable
      --log-level LEVEL       debug … emergency, of a server that has sessions
      --revision DATE         the one to speak, for such a server that has newer ones
      --json                  each notification as a line of JSON
  mcpwire check SERVER        plays the conformance fixtures at a server
      --client COMMAND        at a client instead: a command that takes the URL of a
                              scripted server, and orders as JSON lines on its stdin
      --stdio                 the client starts its server: it takes -- and a command
      --sse                   the URL is that of the stream of HTTP+SSE
      --revision DATE, --clause ID, --area NAME, --case PART   only these; repeatable
      --strict                a SHOULD that is missed fails too
      --list                  says which cases there are
      --tap, --json           the verdicts as TAP, or a line of JSON each
      --junit FILE            also as JUnit
      --expected-failures FILE  lines "ID @REVISION"; what passes all the same fails
      --fixtures DIR          others than this package's
      --timeout-ms N          for each case, default 10000
  mcpwire explain WORD        a clause, page#heading, error code or HTTP status:
                              the sentence, what shows it, where it is obeyed
  mcpwire help | version

  SERVER is a URL, or -- and the command of a server on standard input and output,
  after everything else: mcpwire check --strict -- node server.js

  Exit code: 0 for a result, 1 for a result with isError, 2 for everything else;
  of check, 0 if nothing failed, 1 if something did, 2 if nothing could be played;
  of listen, 0 if you ended it, 2 if the server did.
`
