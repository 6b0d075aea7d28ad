// The page: log in, then chat. Events of the document go to `Chat`; the page draws changes of its store.
import { Actions } from './actions.js'
import { enter, revoke } from './api.js'
import { Chat } from './chat.js'
import { Composer } from './composer.js'
import { byId } from './dom.js'
import { Groups } from './groups.js'
import { Market } from './market.js'
import { loadAccount, saveAccount } from './memory.js'
import { People } from './people.js'
import { showTab } from './tabs.js'
import { threadOf } from './threads.js'
import { tried } from './tried.js'
import { showChat } from './views/chat-view.js'
import { showConversations } from './views/conversations-view.js'

/** @type {Chat | null} */
let chat = null
let isDrawing = false

const composer = new Composer()
const actions = new Actions((seq, text) => composer.edit(seq, text))
const groups = new Groups(open)
const people = new People(open)
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
    groups.draw()
    if (document.visibilityState === 'visible') void chat.sees()
  })
}

/** @param {import('./memory.js').Account} account */
function begin(account) {
  saveAccount(account)
  byId('login').hidden = true
  byId('app').hidden = false
  byId('me').textContent = account.userId
  showTab('chats')
  chat = new Chat(account, {
    changed,
    status,
    ended,
    told: (topic, payload) => {
      people.told(topic, payload)
      market.told(topic, payload)
    },
    // Not earlier: catching up repeats facts that the list has already, and they would change nothing.
    caughtUp: () => void people.load(),
  })
  people.use(account)
  market.begin(account, chat)
  for (const part of [composer, actions, groups]) part.use(chat)
  changed()
}

/** @param {string} line */
function status(line) {
  byId('status').textContent = line
}

/** @param {string} line shown beside the login form */
function leave(line = '') {
  chat?.close()
  chat = null
  market.end()
  people.use(null)
  for (const part of [composer, actions, groups]) part.use(null)
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
  const action = event.submitter?.value ?? 'login'
  if (await tried('login-error', async () => begin(await enter(action, credentials)))) form.reset()
})

byId('logout').addEventListener('click', async () => {
  const token = loadAccount()?.token
  await chat?.logOut()
  // Without a connection the token stays valid until it expires: this page forgets it in any case.
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
  const id = event.target.closest('button')?.dataset.conversation
  const conversation = chat?.store.conversations.get(id)
  if (conversation) open(threadOf(conversation))
})

/** @param {import('./threads.js').Thread} thread */
function open(thread) {
  composer.begin()
  void chat?.open(thread)
  byId('composer').elements.text.focus()
}

byId('back').addEventListener('click', () => chat?.store.close())
byId('earlier').addEventListener('click', () => void chat?.earlier())

for (const [id, setting] of [
  ['pin', 'pinned'],
  ['silence', 'muted'],
])
  byId(id).addEventListener('click', ({ target }) => {
    const isOn = target.getAttribute('aria-pressed') === 'true'
    void tried('chat-error', () => chat?.keep({ [setting]: !isOn }))
  })

document.addEventListener('visibilitychange', changed)

const account = loadAccount()
if (account) begin(account)
else leave()
