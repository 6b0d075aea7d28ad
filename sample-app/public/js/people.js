// Whom one may write to: contacts, kept by the app and the same on all devices, and colleagues in the organisation's tree.
import { addContact, contactsOf, organisationOf, removeContact } from './api.js'
import { byId } from './dom.js'
import { tried } from './tried.js'
import { showContacts, showOrganisation } from './views/people-view.js'

export class People {
  /** @type {import('./memory.js').Account | null} */
  #account = null
  /** @type {Set<string>} */
  #contacts = new Set()
  /** @type {import('./api.js').Department[]} */
  #departments = []

  /** @param {(thread: import('./threads.js').Thread) => void} open */
  constructor(open) {
    byId('contact-form').addEventListener('submit', async (event) => {
      event.preventDefault()
      const form = event.target
      if (await this.#add(form.elements.userId.value.trim())) form.reset()
    })
    byId('panel-people').addEventListener('click', ({ target }) => {
      const { chat, group, add, remove } = target.closest('button')?.dataset ?? {}
      if (chat) open({ peerId: chat, subject: '' })
      else if (group) open({ groupId: group })
      else if (add) void this.#add(add)
      else if (remove) void tried('people-error', () => removeContact(this.#token, remove))
    })
  }

  /** @param {import('./memory.js').Account | null} account */
  use(account) {
    this.#account = account
    this.#contacts.clear()
    this.#departments = []
    this.#draw()
  }

  /** As they stand: a device that missed nothing since learns the rest from what it is told. */
  async load() {
    const account = this.#account
    await tried('people-error', async () => {
      const [contacts, departments] = await Promise.all([contactsOf(this.#token), organisationOf(this.#token)])
      if (account !== this.#account) return
      this.#contacts = new Set(contacts.map(({ userId }) => userId))
      this.#departments = departments
      this.#draw()
    })
  }

  /** A stored fact, of this device's doing or of another's, now or while this one was away. */
  told(topic, payload) {
    if (topic === 'contact.added') this.#contacts.add(payload.userId)
    else if (topic === 'contact.deleted') this.#contacts.delete(payload.userId)
    else return
    this.#draw()
  }

  get #token() {
    return this.#account?.token ?? ''
  }

  /** The list changes by the entry that tells all devices of it. @param {string} userId */
  #add(userId) {
    return tried('people-error', () => addContact(this.#token, userId))
  }

  #draw() {
    const userId = this.#account?.userId ?? ''
    showContacts([...this.#contacts].sort())
    showOrganisation(this.#departments, this.#contacts, userId)
  }
}
