/** Pages that a server asks people to visit: client/elicitation, URL mode. No I/O. */

/** What is wrong with the URL of a page to be visited, in a sentence. Nothing but the web is offered to people: client/elicitation#safe-url-handling */
export const urlFault = (url: unknown): string | undefined => {
  if (typeof url !== 'string' || !URL.canParse(url)) return 'params.url is no URL'
  const { protocol } = new URL(url)
  return protocol === 'https:' || protocol === 'http:' ? undefined : `params.url begins with ${JSON.stringify(protocol.slice(0, 40))}; expected https: or http:`
}
