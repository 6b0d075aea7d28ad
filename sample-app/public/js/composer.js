// The field for new messages and edits; in groups with a list of the users that the message may mention.
import { byId, make, showList } from './dom.js'
import { partsOf } from './mention-text.js'
import { tried } from './tried.js'

/** The number of names offered at once. */
const offeredMax = 6

export class Composer {
  /** @type {import('./chat.js').Chat | null} */
  #chat = null
  /** @type {number | null} the message that the user edits */
  #editing = null
  /** @type {string[]} */
  #offered = []
  #chosen = 0
  #input = byId('composer').elements.text

  constructor() {
    this.#input.addEventListener('input', () => {
      this.#chat?.types()
      this.#offer()
    })
    this.#input.addEventListener('blur', () => this.#offer([]))
    this.#input.addEventListener('keydown', (event) => this.#key(event))
    byId('mentions').addEventListener('pointerdown', (event) => {
      // The text field keeps the focus.
      event.preventDefault()
      const { who } = event.target.dataset
      if (who) this.#take(who)
    })
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#submit()
    })
    byId('editing-cancel').addEventListener('click', () => this.begin())
  }

  /** @param {import('./chat.js').Chat | null} chat */
  use(chat) {
    this.#chat = chat
    this.begin()
  }

  /** Empties the field for a new message. */
  begin() {
    this.#write(null, '')
  }

  /** Puts a message's text into the field, for an edit. @param {number} seq @param {string} text */
  edit(seq, text) {
    this.#write(seq, text)
    this.#input.focus()
  }

  #write(seq, text) {
    this.#editing = seq
    this.#input.value = text
    byId('editing').hidden = seq === null
    byId('chat-error').textContent = ''
    this.#offer([])
  }

  async #submit() {
    const chat = this.#chat
    const text = this.#input.value
    const seq = this.#editing
    if (!chat || text.trim() === '') return
    if (seq === null) {
      chat.say(text, this.#mentioned(text))
      this.begin()
    } else if (await tried('chat-error', () => chat.edit(seq, text))) this.begin()
  }

  /** @param {string} text */
  #mentioned(text) {
    const open = this.#chat?.store.chat
    if (!open?.thread.groupId) return []
    const names = new Set(['@all', ...open.members.map(({ userId }) => userId)])
    return [...new Set(partsOf(text, (who) => names.has(who)).flatMap(({ who }) => who ?? []))]
  }

  /** Offers the users whom the word at the caret may mention. */
  #offer(offered = this.#matching()) {
    this.#offered = offered
    this.#chosen = 0
    this.#draw()
  }

  #matching() {
    const open = this.#chat?.store.chat
    const begun = /(?:^|\s)@([!-~]*)$/.exec(this.#input.value.slice(0, this.#input.selectionStart))
    if (!open?.thread.groupId || !begun) return []
    const names = open.members.flatMap(({ userId }) => (userId === this.#chat?.userId ? [] : userId))
    const prefix = (begun[1] ?? '').toLowerCase()
    return [...names, 'all'].filter((name) => name.toLowerCase().startsWith(prefix)).slice(0, offeredMax)
  }

  #draw() {
    const isOpen = this.#offered.length > 0
    byId('mentions').hidden = !isOpen
    this.#input.setAttribute('aria-expanded', String(isOpen))
    if (isOpen) this.#input.setAttribute('aria-activedescendant', `mention-${this.#chosen}`)
    else this.#input.removeAttribute('aria-activedescendant')
    showList(byId('mentions'), this.#offered, String, (name) => {
      const i = this.#offered.indexOf(name)
      const option = make('li', { id: `mention-${i}` }, `@${name}`)
      option.setAttribute('role', 'option')
      option.setAttribute('aria-selected', String(i === this.#chosen))
      option.dataset.who = name
      return option
    })
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key } = event
    if (key === 'Escape' && this.#offered.length === 0 && this.#editing !== null) return this.begin()
    const name = this.#offered[this.#chosen]
    if (name === undefined) return
    const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      this.#chosen = (this.#chosen + step + this.#offered.length) % this.#offered.length
      this.#draw()
    } else if (key === 'Enter' || key === 'Tab') this.#take(name)
    else if (key === 'Escape') this.#offer([])
    else return
    event.preventDefault()
  }

  /** @param {string} name */
  #take(name) {
    const { value, selectionStart } = this.#input
    const before = value.slice(0, selectionStart).replace(/@[!-~]*$/, `@${name} `)
    this.#input.value = before + value.slice(selectionStart)
    this.#input.setSelectionRange(before.length, before.length)
    this.#offer([])
  }
}
