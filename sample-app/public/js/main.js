// The page: log in, then chat. Events of the document go to `Chat`, changes of its store are drawn.
import { enter, revoke } from './api.js'
import { Chat } from './chat.js'
import { byId } from './dom.js'
import { Market } from './market.js'
import { loadAccount, saveAccount } from './memory.js'
import { showChat } from './views/chat-view.js'
import { showConversations } from './views/conversations-view.js'

/** @type {Chat | null} */
let chat = null
let isDrawing = false

const market = new Market((peerId) => open({ peerId, subject: '' }))

/** Draws once for all changes of one turn. */
function changed() {
  if (isDrawing) return
  isDrawing = true
  queueMicrotask(() => {
    isDrawing = false
    if (!chat) return
    showConversations(chat.store)
    showChat(chat)
    if (document.visibilityState === 'visible') void chat.sees()
  })
}

/** @param {import('./memory.js').Account} account */
function begin(account) {
  saveAccount(account)
  byId('login').hidden = true
  byId('app').hidden = false
  byId('me').textContent = account.userId
  chat = new Chat(account, { changed, status, ended })
  market.begin(account, chat)
  changed()
}

/** @param {string} line */
function status(line) {
  byId('status').textContent = line
}

/** @param {string} line shown beside the login */
function leave(line = '') {
  chat?.close()
  chat = null
  market.end()
  saveAccount(null)
  byId('app').hidden = true
  byId('login').hidden = false
  byId('login-error').textContent = line
  byId('login-form').elements.username.focus()
}

/** @param {string} reason @param {string} line */
function ended(reason, line) {
  if (reason === 'token') leave(line)
  else status(`${line} Reload to come back.`)
}

byId('login-form').addEventListener('submit', async (event) => {
  event.preventDefault()
  const form = event.target
  const credentials = { username: form.elements.username.value, password: form.elements.password.value }
  byId('login-error').textContent = ''
  try {
    begin(await enter(event.submitter?.value ?? 'login', credentials))
    form.reset()
  } catch (error) {
    byId('login-error').textContent = error instanceof Error ? error.message : String(error)
  }
})

byId('logout').addEventListener('click', async () => {
  const token = loadAccount()?.token
  await chat?.logOut()
  // Without a connection the token lives on until it expires: this page forgets it in any case.
  if (token) await revoke(token).catch(() => {})
  leave()
})

byId('start-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const { peer } = event.target.elements
  open({ peerId: peer.value.trim(), subject: '' })
  peer.value = ''
})

byId('conversations').addEventListener('click', (event) => {
  const row = event.target.closest('button')
  if (row) open({ peerId: row.dataset.peer, subject: row.dataset.subject })
})

/** @param {import('./store.js').Thread} thread */
function open(thread) {
  void chat?.open(thread)
  byId('composer').elements.text.focus()
}

byId('back').addEventListener('click', () => chat?.store.close())
byId('earlier').addEventListener('click', () => void chat?.earlier())

byId('messages').addEventListener('click', (event) => {
  const { discard } = event.target.dataset
  if (discard) chat?.outbox.remove(discard)
})

byId('composer').addEventListener('input', () => chat?.types())
byId('composer').addEventListener('submit', (event) => {
  event.preventDefault()
  const { text } = event.target.elements
  if (text.value.trim() === '') return
  chat?.say(text.value)
  text.value = ''
})

document.addEventListener('visibilitychange', changed)

const account = loadAccount()
if (account) begin(account)
else leave()
