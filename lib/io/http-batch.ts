/** One reply for a whole array (2025-03-26/basic/index#batching): its responses together if nothing was said before, each as an event otherwise. */
import type { Admission } from '../bindings/streamable-http/admit.js'
import { failure, Refusal } from '../protocol/errors.js'
import { Exchange, type Circumstances, type Outlet } from '../protocol/exchange.js'
import type { Load } from '../protocol/load.js'
import type { Server } from '../server/server.js'
import type { RpcResponse } from '../wire/json-rpc.js'
import type { HttpOutlet } from './http-outlet.js'

export const runBatch = (server: Server, { of, revision, session }: Admission & { as: 'batch' }, outlet: HttpOutlet, around: Circumstances & { readonly load: Load }): void => {
  const done: RpcResponse[] = []
  let waiting = of.length

  const settle = (response?: RpcResponse): void => {
    if (response && outlet.reply.undecided) done.push(response)
    else if (response) outlet.send(response)
    if (--waiting > 0) return
    if (!outlet.reply.undecided) outlet.end()
    else if (done.length > 0) outlet.finish(done)
    else outlet.accept()
  }
  /** The first thing said makes it a stream; responses that were ready go first. */
  const begin = (): void => {
    outlet.begin()
    for (const response of done.splice(0)) outlet.send(response)
  }

  for (const admitted of of) {
    const item = admitted instanceof Refusal || admitted.as !== 'exchange' ? admitted : around.load.refusalOf(admitted.request, session?.inFlight.size ?? 0) ?? admitted
    if (item instanceof Refusal) settle(failure(item.id, item))
    else if (item.as === 'exchange') {
      const share: Outlet = {
        send: message => {
          begin()
          outlet.send(message)
        },
        finish: response => {
          JSON.stringify(response) // throws, if it must, while only this one is concerned
          settle(response)
        },
        drop: settle,
        room: () => outlet.room(),
        speaks: outlet.speaks,
      }
      server.serve(new Exchange(item.request, revision, session?.client, share, { ...around, session }))
    } else {
      if (item.as === 'notice') server.notice(item.message, session)
      settle()
    }
  }
  if (waiting > 0) setImmediate(watch, outlet)
}

const watch = (outlet: HttpOutlet): void => outlet.watch()
