// The open conversation: its messages, those on their way, who types.
import { byId, make, showList } from '../dom.js'
import { priceOf, textOf, titleOf } from './message-text.js'

/** How far from the end still counts as being there. */
const nearPx = 40

/** @param {import('../chat.js').Chat} chat */
export function showChat({ userId, store, outbox }) {
  const { chat } = store
  byId('nothing').hidden = chat !== null
  byId('chat').hidden = chat === null
  byId('app').classList.toggle('chatting', chat !== null)
  if (!chat) return
  byId('peer').textContent = chat.subject === '' ? chat.peerId : `${chat.peerId} · ${chat.subject}`
  byId('presence').textContent = store.online.has(chat.peerId) ? 'online' : 'offline'
  byId('earlier').hidden = !chat.hasMore
  byId('typing').textContent =
    (store.typing.get(chat.conversationId ?? '') ?? 0) > Date.now() ? `${chat.peerId} is typing…` : ''
  keepingTheEnd(() => {
    const isMineHere = (item) => item.to === chat.peerId && item.subject === chat.subject
    showList(byId('messages'), [...sent(chat), ...outbox.items.filter(isMineHere)], keyOf, (item) =>
      'seq' in item ? drawMessage(item, userId, store.openConversation) : drawWaiting(item),
    )
  })
}

const sent = ({ messages }) =>
  [...messages.values()].filter(({ type }) => !type?.startsWith('im.')).sort((a, b) => a.seq - b.seq)

const keyOf = ({ seq, clientMsgId }) => (seq === undefined ? `waiting:${clientMsgId}` : String(seq))

function drawMessage(message, userId, conversation) {
  const isMine = message.from === userId
  const time = new Date(message.serverTime)
  const facts = make(
    'div',
    { className: 'facts' },
    make('time', { dateTime: time.toISOString() }, time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })),
    message.editedAt ? make('span', {}, 'edited') : null,
    isMine ? make('span', { className: 'receipt' }, receiptOf(message, conversation)) : null,
  )
  const isOffer = message.type === 'offer' && message.content
  const body = isOffer ? drawOffer(message.content) : make('p', { className: 'text' }, textOf(message))
  return make('li', { className: isMine ? 'mine' : '' }, body, facts)
}

/** @param {import('./message-text.js').OfferContent} offer */
function drawOffer(offer) {
  const lines = [make('strong', {}, priceOf(offer)), make('span', {}, `offered for ${titleOf(offer)}`)]
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

/** Who reads the end goes on reading the end; who scrolled up stays where they are. */
function keepingTheEnd(change) {
  const scroll = byId('scroll')
  const isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < nearPx
  const fromEnd = scroll.scrollHeight - scroll.scrollTop
  const first = byId('messages').firstElementChild
  change()
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight
  else if (byId('messages').firstElementChild !== first) scroll.scrollTop = scroll.scrollHeight - fromEnd
}
