// Keys as they are stored. A user's own keys and the host's keys on behalf of that user are two separate spaces, so
// that a client can never take a key of the host. The host's keys begin with a space, which no id contains.

const mark = ' '

/** The stored key for a `clientMsgId` that the host gave on behalf of a user. */
export const hostKey = (clientMsgId: string): string => mark + clientMsgId

export const isHostKey = (key: string): boolean => key.startsWith(mark)

/** The `clientMsgId` as the client or the host gave it. */
export const clientMsgIdOf = (key: string): string => (isHostKey(key) ? key.slice(mark.length) : key)
