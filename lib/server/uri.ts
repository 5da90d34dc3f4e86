/** Longest URI of a resource that is matched or followed, in characters. Beyond it there is no such resource. */
export const MAX_URI_LENGTH = 8192
