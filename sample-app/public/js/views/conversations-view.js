// The list of conversations: title, presence, last message, unread count, mentions of me.
import { byId, make, showList } from '../dom.js'
import { threadOf, titleOf } from '../threads.js'
import { textOf } from './message-text.js'

/** @param {import('../store.js').Store} store */
export function showConversations(store) {
  byId('no-conversations').hidden = store.list.length > 0
  showList(
    byId('conversations'),
    store.list,
    ({ conversationId }) => conversationId,
    (conversation) => row(store, conversation),
  )
}

function row(store, conversation) {
  const { conversationId, peerId, lastMessage, unread, mentioned, pinned, muted } = conversation
  const name = titleOf(conversation, threadOf(conversation))
  const isOnline = store.online.has(peerId)
  const state = peerId ? (isOnline ? 'online' : 'offline') : 'group'
  const signs = [pinned && 'pinned', muted && 'muted'].filter(Boolean)
  const from = !peerId && lastMessage?.from && !lastMessage.recalled ? `${lastMessage.from}: ` : ''
  const button = make(
    'button',
    {},
    make('span', { className: `dot ${state}`, title: state }),
    make('span', { className: 'name' }, name),
    make(
      'span',
      { className: 'badges' },
      mentioned > 0 ? make('span', { className: 'mentioned', title: 'mentions you' }, `@${mentioned}`) : null,
      unread > 0 ? make('span', { className: muted ? 'unread muted' : 'unread' }, String(unread)) : null,
    ),
    make('span', { className: 'last' }, lastMessage ? from + textOf(lastMessage) : ''),
    make('span', { className: 'signs' }, signs.join(', ')),
  )
  const isOpen = store.chat?.conversationId === conversationId
  button.setAttribute('aria-current', String(isOpen))
  const facts = [name, state, ...signs, unread > 0 && `${unread} unread`, mentioned > 0 && `${mentioned} mention you`]
  button.setAttribute('aria-label', facts.filter(Boolean).join(', '))
  // The list's own listener reads it: a listener on the button would be lost when the row is drawn again.
  button.dataset.conversation = conversationId
  return make('li', {}, button)
}
