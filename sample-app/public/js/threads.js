// The subject of a conversation: another user, with or without a subject, or a group.

/**
 * @typedef {{ peerId: string, subject: string, groupId?: undefined }} Pair
 * @typedef {{ groupId: string, peerId?: undefined, subject?: undefined }} GroupThread
 * @typedef {Pair | GroupThread} Thread
 */

/** @param {Thread} one @param {Thread} other */
export const isSameThread = (one, other) =>
  one.groupId === other.groupId && one.peerId === other.peerId && one.subject === other.subject

/** The thread of a `Conversation`. @returns {Thread} */
export const threadOf = ({ kind, groupId, peerId, subject = '' }) =>
  kind === 'c2g' ? { groupId } : { peerId, subject }

/** The thread of a `Message`, as this user sees it. @param {any} message @param {string} userId @returns {Thread} */
export const threadOfMessage = ({ groupId, from, to, subject = '' }, userId) =>
  groupId ? { groupId } : { peerId: from === userId ? to : from, subject }

/** The request of `conversation.get`. @param {Thread} thread */
export const requestOf = ({ groupId, peerId, subject }) =>
  groupId ? { groupId } : subject ? { peerId, subject } : { peerId }

/** @param {any} conversation a known one, or null @param {Thread} thread */
export function titleOf(conversation, { groupId, peerId, subject }) {
  if (groupId) return conversation?.name ?? 'A group'
  return subject ? `${conversation?.name ?? peerId} · ${subject}` : (conversation?.name ?? peerId)
}
