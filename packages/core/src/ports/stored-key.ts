// What a storage knows under the key of a write that may be sent again.
import type { ConversationId, MessageId, Seq } from '@rookery/protocol'

/** What is known under a key. Under that of a settings change `msgId` is empty, `seq` 0 and `serverTime` its `at`. */
export interface StoredKey {
  readonly digest: string
  readonly msgId: MessageId
  readonly conversationId: ConversationId
  readonly seq: Seq
  readonly serverTime: number
}
