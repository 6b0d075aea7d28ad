// Finds what is stored under a message's key. Earlier versions of Rookery kept the host's keys among the user's keys.
// Such a key is still found for as long as keys are kept: its digest has the first version.
import { isFirstVersion } from '../../model/digest.js'
import { clientMsgIdOf, isHostKey } from '../../model/keys.js'
import type { NewMessage, StoredMessage } from '../../model/message.js'
import type { Storage, StoredKey } from '../../ports/storage.js'

type Keyed = Pick<NewMessage, 'from' | 'clientMsgId'>
type Reads = Pick<Storage, 'timelines' | 'keys'>

/** What is stored under the key of a message, also where an earlier version put it. */
export async function storedKey(reads: Reads, message: Keyed): Promise<StoredKey | null> {
  return (await reads.keys.find(message.from, message.clientMsgId)) ?? earlierHostKey(reads, message)
}

/** What an earlier version stored under this key of the host, which it kept among the user's keys. */
export async function earlierHostKey(reads: Reads, { from, clientMsgId }: Keyed): Promise<StoredKey | null> {
  if (!isHostKey(clientMsgId)) return null
  const stored = await reads.keys.find(from, clientMsgIdOf(clientMsgId))
  if (stored === null || !isFirstVersion(stored.digest)) return null
  // If retention removed the message, only the key is left, and it does not tell whether the host gave it.
  const message = await messageOf(reads, stored)
  return message === null || message.viaServer ? stored : null
}

/** Whether a key found among a user's keys was given by the host, to an earlier version. */
export async function isEarlierHostKey(reads: Reads, stored: StoredKey): Promise<boolean> {
  return isFirstVersion(stored.digest) && (await messageOf(reads, stored))?.viaServer === true
}

async function messageOf(reads: Reads, { conversationId, seq }: StoredKey): Promise<StoredMessage | null> {
  if (seq === 0) return null
  const { messages } = await reads.timelines.messages(conversationId, { after: seq - 1, before: seq + 1, limit: 1 })
  return messages[0] ?? null
}
