/** Whether an answer is one: JSON-RPC, with words where it refuses. */
export const inWords = (status: number, body: string): boolean => {
  if (body.startsWith('id: ') || body.startsWith('data: ') || body.startsWith('retry: ')) return true // an event stream
  try {
    const said = JSON.parse(body) as unknown
    return (Array.isArray(said) ? said : [said]).every(one => {
      const { jsonrpc, error, result } = one as { jsonrpc?: unknown; error?: { code: unknown; message: unknown }; result?: unknown }
      if (jsonrpc !== '2.0' || (error === undefined) === (result === undefined)) return false
      return error === undefined ? status === 200 : Number.isInteger(error.code) && typeof error.message === 'string' && error.message.length > 5 && !/node:|\.js:\d|at \S+ \(/.test(error.message)
    })
  } catch {
    return false
  }
}
