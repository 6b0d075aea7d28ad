// The list of conversations: who, whether they are there, the last words, how many are unread.
import { byId, make, showList } from '../dom.js'
import { textOf } from './message-text.js'

/** @param {import('../store.js').Store} store */
export function showConversations(store) {
  showList(
    byId('conversations'),
    store.list,
    ({ conversationId }) => conversationId,
    (conversation) => row(store, conversation),
  )
}

function row(store, conversation) {
  const { conversationId, peerId, subject = '', lastMessage, unread } = conversation
  const name = subject === '' ? peerId : `${peerId} · ${subject}`
  const isOnline = store.online.has(peerId)
  const button = make(
    'button',
    {},
    make('span', { className: isOnline ? 'dot online' : 'dot', title: isOnline ? 'online' : 'offline' }),
    make('span', { className: 'name' }, name),
    unread > 0 ? make('span', { className: 'unread' }, String(unread)) : null,
    make('span', { className: 'last' }, lastMessage ? textOf(lastMessage) : ''),
  )
  const isOpen = store.chat?.conversationId === conversationId
  button.setAttribute('aria-current', String(isOpen))
  button.setAttribute(
    'aria-label',
    `${name}, ${isOnline ? 'online' : 'offline'}${unread > 0 ? `, ${unread} unread` : ''}`,
  )
  // Found again by whoever listens on the list: a listener of its own would be lost when the row is drawn anew.
  Object.assign(button.dataset, { peer: peerId, subject })
  return make('li', {}, button)
}
