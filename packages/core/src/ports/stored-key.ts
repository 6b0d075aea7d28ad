// What storage keeps under the key of a write that may be sent again.
import type { ConversationId, MessageId, Seq } from '@rookery/protocol'

/** What is stored under a key. For a change of settings, `msgId` is empty, `seq` is 0 and `serverTime` is its `at`. */
export interface StoredKey {
  readonly digest: string
  readonly msgId: MessageId
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly serverTime: number
}
