// The open conversation: its messages, those on their way, who is typing.
import { byId, make, showList } from '../dom.js'
import { partsOf } from '../mention-text.js'
import { isSameThread, titleOf } from '../threads.js'
import { eventOf, priceOf, textOf, titleOf as offerTitleOf } from './message-text.js'

/** Within this distance of the end the user counts as reading the end. */
const nearPx = 40

/** @param {import('../chat.js').Chat} chat */
export function showChat({ userId, store, outbox }) {
  const { chat } = store
  byId('nothing').hidden = chat !== null
  byId('chat').hidden = chat === null
  byId('app').classList.toggle('chatting', chat !== null)
  if (!chat) return
  const { thread, group } = chat
  const conversation = store.openConversation
  byId('peer').textContent = titleOf(conversation, thread)
  byId('presence').textContent = thread.groupId
    ? group && `${group.memberCount} ${group.memberCount === 1 ? 'member' : 'members'}`
    : store.online.has(thread.peerId ?? '')
      ? 'online'
      : 'offline'
  press('pin', conversation?.pinned)
  press('silence', conversation?.muted)
  byId('group-open').hidden = !thread.groupId
  byId('announcement').textContent = group?.announcement ?? ''
  byId('announcement').hidden = !group?.announcement
  byId('earlier').hidden = !chat.hasMore
  const typing = store.typing.get(chat.conversationId ?? '')
  byId('typing').textContent = typing && typing.untilMs > Date.now() ? `${typing.userId} is typing…` : ''
  const waiting = outbox.items.filter((item) => isSameThread(item.thread, thread))
  const shown = shownOf(chat)
  byId('no-messages').hidden = shown.length + waiting.length > 0 || (conversation !== undefined && !chat.isLoaded)
  keepingTheEnd(() =>
    showList(byId('messages'), [...shown, ...waiting], keyOf, (item) =>
      'seq' in item ? draw(item, userId, chat, conversation) : drawWaiting(item),
    ),
  )
}

/** Shows whether a setting is on, for a conversation that may not exist yet. */
function press(id, isOn) {
  byId(id).hidden = isOn === undefined
  byId(id).setAttribute('aria-pressed', String(isOn === true))
}

/** Recalls, edits and reactions are folded into the message that they change; changes of a group appear as lines. */
const shownOf = ({ messages }) =>
  [...messages.values()]
    .filter(({ type, content }) => !type?.startsWith('im.') || (type === 'im.group' && eventOf(content) !== null))
    .sort((a, b) => a.seq - b.seq)

const keyOf = ({ seq, clientMsgId }) => (seq === undefined ? `waiting:${clientMsgId}` : String(seq))

function draw(message, userId, chat, conversation) {
  if (message.type === 'im.group') return make('li', { className: 'event' }, eventOf(message.content))
  const { from, seq, recalled, editedAt } = message
  const isMine = from === userId
  const isGroup = chat.thread.groupId !== undefined
  const time = new Date(message.serverTime)
  const facts = make(
    'div',
    { className: 'facts' },
    make('time', { dateTime: time.toISOString() }, time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })),
    editedAt ? make('span', {}, 'edited') : null,
    isMine && !isGroup ? make('span', { className: 'receipt' }, receiptOf(message, conversation)) : null,
    ...reactionsOf(message, chat.mine.get(message.msgId)),
  )
  if (!recalled && message.content) {
    const more = make('button', { className: 'quiet more', ariaLabel: 'What to do with this message' }, '⋯')
    more.setAttribute('aria-haspopup', 'menu')
    more.dataset.seq = seq
    facts.append(more)
  }
  const sender = isGroup && !isMine ? make('strong', { className: 'from' }, from ?? 'The house') : null
  const mentionsMe = !isMine && message.mentions?.some((who) => who === userId || who === '@all')
  const classes = [isMine && 'mine', mentionsMe && 'mentions-me', recalled && 'recalled'].filter(Boolean)
  return make('li', { className: classes.join(' ') }, sender, bodyOf(message), facts)
}

function bodyOf(message) {
  if (message.type === 'offer' && message.content) return drawOffer(message.content)
  return make('p', { className: 'text' }, ...wordsOf(textOf(message), message.mentions))
}

/** The text, with mentions set off. @param {string} text @param {string[]} mentions */
const wordsOf = (text, mentions = []) =>
  partsOf(text, (who) => mentions.includes(who)).map(({ text: part, who }) => (who ? make('mark', {}, part) : part))

/** @param {any} message @param {Set<string>} mine */
function reactionsOf({ seq, reactions }, mine = new Set()) {
  return Object.entries(reactions ?? {}).map(([reaction, count]) => {
    const button = make('button', { className: 'reaction', ariaLabel: `${reaction}, ${count}` }, `${reaction} ${count}`)
    button.setAttribute('aria-pressed', String(mine.has(reaction)))
    Object.assign(button.dataset, { react: reaction, of: seq })
    return button
  })
}

/** @param {import('./message-text.js').OfferContent} offer */
function drawOffer(offer) {
  const lines = [make('strong', {}, priceOf(offer)), make('span', {}, `offered for ${offerTitleOf(offer)}`)]
  return make('div', { className: 'offer' }, ...lines)
}

function receiptOf({ seq }, { peerReadSeq = 0, peerDeliveredSeq = 0 } = {}) {
  if (peerReadSeq >= seq) return 'read'
  return peerDeliveredSeq >= seq ? 'delivered' : 'sent'
}

function drawWaiting({ clientMsgId, text, error }) {
  const facts = make('div', { className: 'facts' }, error === undefined ? 'sending…' : `Not sent: ${error}`)
  if (error !== undefined) {
    const discard = make('button', { className: 'quiet' }, 'Discard')
    discard.dataset.discard = clientMsgId
    facts.append(discard)
  }
  return make(
    'li',
    { className: error === undefined ? 'mine' : 'mine failed' },
    make('p', { className: 'text' }, text),
    facts,
  )
}

/** A user who reads the end stays at the end; one who scrolled up stays in place. */
function keepingTheEnd(change) {
  const scroll = byId('scroll')
  const isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < nearPx
  const fromEnd = scroll.scrollHeight - scroll.scrollTop
  const first = byId('messages').firstElementChild
  change()
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight
  else if (byId('messages').firstElementChild !== first) scroll.scrollTop = scroll.scrollHeight - fromEnd
}
