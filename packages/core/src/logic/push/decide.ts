// What a device is told of, decided from what is stored: pure.
//
//  1. Nothing that some device has acknowledged.
//  2. Nothing that the user has read, wrote, or is no member for any more; nothing recalled, silent, or of control.
//  3. In a muted conversation nothing, or something without a sound; a mention may break through.
//  4. One notification for everything: of the newest message that makes a sound, or else of the newest.
import type { Seq, UserId } from '@rookery/protocol'
import type { ConversationView } from '../../model/conversation.js'
import type { Device } from '../../model/device.js'
import type { StoredMessage } from '../../model/message.js'
import type { PushRules } from '../../options/push.js'

type Range = Pick<Device, 'deliveredFrom' | 'deliveredTo'>

export const isDelivered = (seq: Seq, devices: readonly Range[]): boolean =>
  devices.some(({ deliveredFrom, deliveredTo }) => deliveredFrom < seq && seq <= deliveredTo)

/** Up to where nothing is left to tell, from a place on: every entry between is acknowledged. */
export function deliveredOn(from: Seq, devices: readonly Range[]): Seq {
  let at = from
  for (let next = at; ; at = next) {
    for (const { deliveredFrom, deliveredTo } of devices)
      if (deliveredFrom <= at && deliveredTo > next) next = deliveredTo
    if (next === at) return at
  }
}

/** A message of which a user may be told. */
export interface Pushable {
  readonly message: StoredMessage
  /** Its place in the inbox; null where it is not in there. */
  readonly inboxSeq: Seq | null
  readonly isMentioned: boolean
  readonly isSilent: boolean
}

/** Null where the user is not told of it. */
export function pushableOf(
  message: StoredMessage | null,
  inboxSeq: Seq | null,
  userId: UserId,
  view: Pick<ConversationView, 'readSeq' | 'muted'> | null,
  { muted, mentionsBreakThrough }: Pick<PushRules, 'muted' | 'mentionsBreakThrough'>,
): Pushable | null {
  if (message === null || view === null || message.from === userId || !message.countable || message.recalled)
    return null
  if (message.seq <= view.readSeq) return null
  const isMentioned = message.mentions?.some((one) => one === userId || one === '@all') === true
  const isSilent = view.muted && !(isMentioned && mentionsBreakThrough)
  return isSilent && muted === 'off' ? null : { message, inboxSeq, isMentioned, isSilent }
}

/** What the notification is made of, by the order in which the messages came. */
export function newestOf(pushables: readonly Pushable[]): Pushable {
  return (pushables.findLast(({ isSilent }) => !isSilent) ?? pushables.at(-1))!
}
