// Keys as they are stored. A user's own and those of the host on behalf of the user are different spaces: a client can never
// take the host's key. The host's begin with a space, which no id has.

const mark = ' '

/** The host's key, on behalf of a user, under the `clientMsgId` that it gave. */
export const hostKey = (clientMsgId: string): string => mark + clientMsgId

export const isHostKey = (key: string): boolean => key.startsWith(mark)

/** The `clientMsgId` as it was given. */
export const clientMsgIdOf = (key: string): string => (isHostKey(key) ? key.slice(mark.length) : key)
