// The menu beside a message: react to it, edit it, recall it, see who has read it.
import { byId, make } from './dom.js'
import { tried } from './tried.js'

const reactions = ['👍', '❤️', '😂']

export class Actions {
  /** @type {import('./chat.js').Chat | null} */
  #chat = null
  /** The message that the menu is for. @type {any} */
  #message = null
  #menu = byId('actions')

  /** @param {(seq: number, text: string) => void} edit */
  constructor(edit) {
    byId('messages').addEventListener('click', ({ target }) => {
      const button = target.closest('button')
      const { seq, react, of, discard } = button?.dataset ?? {}
      if (discard) this.#chat?.outbox.remove(discard)
      else if (react) this.#react(Number(of), react, button.getAttribute('aria-pressed') === 'true')
      else if (seq) this.#open(Number(seq), button)
    })
    this.#menu.addEventListener('click', ({ target }) => {
      const { react, act } = target.closest('button')?.dataset ?? {}
      const { seq, content } = this.#message ?? {}
      this.#menu.hidePopover()
      if (react) this.#react(seq, react, this.#mine(react))
      else if (act === 'edit') edit(seq, content.text)
      else if (act === 'recall') void tried('chat-error', () => this.#chat?.recall(seq))
      else if (act === 'readers') void this.#readers(seq)
    })
    this.#menu.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowDown' || event.key === 'ArrowRight' ? 1 : -1
      if (!event.key.startsWith('Arrow')) return
      event.preventDefault()
      const items = [...this.#menu.querySelectorAll('button')]
      items[(items.indexOf(event.target) + step + items.length) % items.length]?.focus()
    })
  }

  /** @param {import('./chat.js').Chat | null} chat */
  use(chat) {
    this.#chat = chat
    if (!chat) byId('readers').close()
  }

  /** @param {number} seq @param {HTMLElement} button */
  #open(seq, button) {
    const { chat } = this.#chat?.store ?? {}
    this.#message = chat?.messages.get(seq)
    if (!chat || !this.#message) return
    const { type, from, content } = this.#message
    const isMine = from === this.#chat?.userId
    const leads = chat.group !== null && chat.group.role !== 'member'
    const items = [
      make('div', { className: 'reactions' }, ...reactions.map((one) => this.#item(one, 'react', one))),
      isMine && type === 'text' && typeof content?.text === 'string' ? this.#item('Edit', 'act', 'edit') : null,
      isMine || leads ? this.#item('Recall', 'act', 'recall') : null,
      this.#item('Who has read it', 'act', 'readers'),
    ]
    this.#menu.replaceChildren(...items.filter((item) => item !== null))
    this.#menu.showPopover()
    const { bottom, left } = button.getBoundingClientRect()
    const { offsetHeight, offsetWidth } = this.#menu
    this.#menu.style.top = `${Math.max(0, Math.min(bottom, innerHeight - offsetHeight))}px`
    this.#menu.style.left = `${Math.max(0, Math.min(left, innerWidth - offsetWidth))}px`
    this.#menu.querySelector('button')?.focus()
  }

  /** @param {string} label @param {'react' | 'act'} what @param {string} value */
  #item(label, what, value) {
    const button = make('button', { className: 'quiet' }, label)
    button.setAttribute('role', 'menuitem')
    button.dataset[what] = value
    return button
  }

  #mine(reaction) {
    return this.#chat?.store.chat?.mine.get(this.#message?.msgId)?.has(reaction) === true
  }

  #react(seq, reaction, remove) {
    void tried('chat-error', () => this.#chat?.react(seq, reaction, remove))
  }

  #readers(seq) {
    return tried('chat-error', async () => {
      const found = await this.#chat?.readers(seq)
      if (!found) return
      byId('readers-title').textContent = `Read by ${found.read} of ${found.total}`
      const more = found.read - found.userIds.length
      const names = [...found.userIds, ...(more > 0 ? [`and ${more} more`] : [])]
      byId('readers-list').replaceChildren(...names.map((name) => make('li', {}, name)))
      byId('readers').showModal()
    })
  }
}
