// The one function that decides who may change what was said. Pure: what it decides from has been read before.
//
//  R1. What was recalled is gone: an edit or a reaction finds no message, whoever asks; a recall stands already.
//  R2. The server's own messages are changed by nobody.
//  R3. The host changes everything else, at any time.
//  R4. Only the sender edits, only while the message is younger than `editMs`.
//  R5. The sender recalls while it is younger than `recallMs`; owner and admins of a group recall any member's at any time.
//  R6. Who may not speak neither edits nor reacts, both being said in front of everybody; taking back stays allowed, of a
//      reaction too.
import { RookeryError, type UserId } from '@rookery/protocol'
import type { StoredMessage } from '../../model/message.js'
import type { Timing } from '../../options/limits.js'
import type { ControlChange } from '../../ports/storage.js'
import { mayNotSpeak } from '../access/authorise.js'
import type { Standing } from '../groups/rosters.js'
import { noSuchMessage } from './message-at.js'

/** Who asks, and what that user is in the group; null for c2c. */
export interface Changer {
  /** Null for the host. */
  readonly userId: UserId | null
  readonly standing: Standing | null
}

/** Why this user may not make this change now; null where it may. */
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
