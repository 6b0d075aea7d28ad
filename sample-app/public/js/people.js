// The users whom one may write to: contacts, which the app keeps for all devices, and colleagues in the organisation's
// tree.
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

  /** Reads the list as it stands: from then on a device that misses nothing learns every change from stored facts. */
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

  /** Takes a stored fact, from this device or another, live or after an absence. */
  told(topic, payload) {
    if (topic === 'contact.added') this.#contacts.add(payload.userId)
    else if (topic === 'contact.deleted') this.#contacts.delete(payload.userId)
    else return
    this.#draw()
  }

  get #token() {
    return this.#account?.token ?? ''
  }

  /** The list changes with the entry that tells all devices. @param {string} userId */
  #add(userId) {
    return tried('people-error', () => addContact(this.#token, userId))
  }

  #draw() {
    const userId = this.#account?.userId ?? ''
    showContacts([...this.#contacts].sort())
    showOrganisation(this.#departments, this.#contacts, userId)
  }
}
