/** Who the command line says it is, to servers and to people. */
import { createRequire } from 'node:module'

/** Name and version, as package.json has them. */
export const self = (): { readonly name: string; readonly version: string } => {
  const { name, version } = createRequire(import.meta.url)('../../../package.json') as { name: string; version: string }
  return { name, version }
}
