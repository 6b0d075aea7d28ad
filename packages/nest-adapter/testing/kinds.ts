// The two kinds of conversation, for tests that run on both.
import type { Message, Sent } from '@rookery/core'
import { AfterC2C, AfterC2G, OnC2C, OnC2G } from '../src/index.js'
import type { TestChat, TestDevice } from '../src/testing/index.js'

/** A conversation in which two users talk. */
export interface Room {
  readonly conversationId: string
  /** The sequence of the first message that a user sends in it. */
  readonly firstSeq: number
  /** The `to` of a message from this user. */
  to(from: string): string
  send(device: TestDevice, content: string | object, options?: SendOptions): Promise<Sent>
  /** Sends by `ImService`. */
  sendAsHost(message: { from: string; type: string; content: object; checked?: boolean }): Promise<Sent>
  /** The messages of users in it, as a device holds them. */
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
        // The message that the group was created has sequence 1.
        firstSeq: 2,
        to: () => groupId,
        send: (device, content, options) => device.sendToGroup(groupId, content, options),
        sendAsHost: (message) => im.sendC2G({ ...message, to: groupId }),
        said: saidIn(groupId),
      }
    },
  },
]
