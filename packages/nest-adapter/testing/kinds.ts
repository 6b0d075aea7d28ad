// The two kinds of conversation, for tables of tests that hold for both.
import type { Message, Sent } from '@rookery/core'
import { AfterC2C, AfterC2G, OnC2C, OnC2G } from '../src/index.js'
import type { TestChat, TestDevice } from '../src/testing/index.js'

/** Where two users talk. */
export interface Room {
  readonly conversationId: string
  /** The place of the first message that is said in it. */
  readonly firstSeq: number
  /** What a message of this user names as `to`. */
  to(from: string): string
  send(device: TestDevice, content: string | object, options?: SendOptions): Promise<Sent>
  /** As `ImService` sends. */
  sendAsHost(message: { from: string; type: string; content: object; checked?: boolean }): Promise<Sent>
  /** What users said in it, as a device holds it. */
  said(device: TestDevice): Message[]
}

interface SendOptions {
  readonly type?: string
  readonly clientMsgId?: string
}

interface Kind {
  readonly kind: 'c2c' | 'c2g'
  readonly On: typeof OnC2C
  readonly After: typeof AfterC2C
  open(chat: TestChat, a: string, b: string): Promise<Room>
}

const saidIn =
  (conversationId: string) =>
  (device: TestDevice): Message[] =>
    device.messagesIn(conversationId).filter(({ type }) => !type.startsWith('im.'))

export const kinds: readonly Kind[] = [
  {
    kind: 'c2c',
    On: OnC2C,
    After: AfterC2C,
    async open({ im }, a, b) {
      const to = (from: string): string => (from === a ? b : a)
      const conversationId = im.conversationId(a, b)
      return {
        conversationId,
        firstSeq: 1,
        to,
        send: (device, content, options) => device.send(to(device.userId), content, options),
        sendAsHost: (message) => im.sendC2C({ ...message, to: to(message.from) }),
        said: saidIn(conversationId),
      }
    },
  },
  {
    kind: 'c2g',
    On: OnC2G,
    After: AfterC2G,
    async open({ im }, a, b) {
      const { groupId } = await im.groups.create({ owner: a, name: `${a} and ${b}`, members: [b] })
      return {
        conversationId: groupId,
        // That the group was made stands before it.
        firstSeq: 2,
        to: () => groupId,
        send: (device, content, options) => device.sendToGroup(groupId, content, options),
        sendAsHost: (message) => im.sendC2G({ ...message, to: groupId }),
        said: saidIn(groupId),
      }
    },
  },
]
