// The one function that decides who may change a message. It is pure: the caller has read everything that it needs.
//
//  R1. A recalled message is gone: for everybody, an edit or a reaction answers `NOT_FOUND`. A second recall succeeds
//      and changes nothing.
//  R2. Nobody changes the server's own messages.
//  R3. The host may change every other message, at any time.
//  R4. Only the sender may edit, and only while the message is younger than `editMs`.
//  R5. The sender may recall while the message is younger than `recallMs`. The owner and the admins of a group may
//      recall any member's message at any time.
//  R6. A user who may not speak may neither edit nor add a reaction, because everybody sees both. Such a user may still
//      recall, and may still remove a reaction.
import { RookeryError, type UserId } from '@rookery/protocol'
import type { StoredMessage } from '../../model/message.js'
import type { Timing } from '../../options/limits.js'
import type { ControlChange } from '../../ports/storage.js'
import { mayNotSpeak } from '../access/authorise.js'
import type { Standing } from '../groups/rosters.js'
import { noSuchMessage } from './message-at.js'

/** Who asks, and the user's place in the group; null for c2c. */
export interface Changer {
  /** Null for the host. */
  readonly userId: UserId | null
  readonly standing: Standing | null
}

/** Why this user may not make this change now; null where the user may. */
export function changeRefusal(
  { kind, remove = false }: { readonly kind: ControlChange['kind']; readonly remove?: boolean },
  by: Changer,
  target: StoredMessage,
  nowMs: number,
  { recallMs, editMs }: Pick<Timing, 'recallMs' | 'editMs'>,
): RookeryError | null {
  if (target.type.startsWith('im.')) return noSuchMessage()
  if (target.recalled && kind !== 'recall') return noSuchMessage()
  if (by.userId === null) return null
  const isOwn = target.from === by.userId
  const isOver = (limitMs: number | 'off'): boolean => limitMs !== 'off' && nowMs - target.serverTime > limitMs
  switch (kind) {
    case 'recall':
      if (target.recalled || (target.from !== null && isAdmin(by))) return null
      if (!isOwn) return forbidden('only its sender may recall this message')
      return isOver(recallMs) ? forbidden('this message is too old to be recalled') : null
    case 'edit':
      if (!isOwn) return forbidden('only its sender may edit a message')
      if (isOver(editMs)) return forbidden('this message is too old to be edited')
      return muted(by, nowMs)
    case 'reaction':
      return remove ? null : muted(by, nowMs)
  }
}

const isAdmin = ({ standing }: Changer): boolean =>
  standing !== null && standing.membership !== null && standing.membership.role !== 'member'

const muted = ({ userId, standing }: Changer, nowMs: number): RookeryError | null =>
  standing && mayNotSpeak({ groupId: standing.group.groupId, userId, mutes: true }, standing, nowMs)

const forbidden = (message: string): RookeryError => new RookeryError('FORBIDDEN', message)
