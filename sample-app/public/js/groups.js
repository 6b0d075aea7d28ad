// Creates groups, and shows the dialog of the open one: its name and announcement, its members, what each may do.
import { byId } from './dom.js'
import { tried } from './tried.js'
import { showGroup } from './views/group-view.js'

const muteMs = 3_600_000
/** For a mute without an end: the server wants a time. */
const longMs = 100 * 365 * 86_400_000

/** @param {string} names separated by commas or spaces */
const namesOf = (names) => names.split(/[\s,]+/).filter((name) => name !== '')

export class Groups {
  /** @type {import('./chat.js').Chat | null} */
  #chat = null

  /** @param {(thread: import('./threads.js').Thread) => void} open called with a new group */
  constructor(open) {
    const dialog = byId('new-group')
    byId('new-group-open').addEventListener('click', () => {
      byId('new-group-error').textContent = ''
      dialog.showModal()
    })
    byId('new-group-cancel').addEventListener('click', () => dialog.close())
    byId('new-group-form').addEventListener('submit', (event) => {
      event.preventDefault()
      const form = event.target
      const { name, members } = form.elements
      void tried('new-group-error', async () => {
        const thread = await this.#chat?.makeGroup(name.value.trim(), namesOf(members.value))
        dialog.close()
        form.reset()
        if (thread) open(thread)
      })
    })
    this.#listen()
  }

  /** @param {import('./chat.js').Chat | null} chat */
  use(chat) {
    this.#chat = chat
    if (chat) return
    byId('new-group').close()
    byId('group').close()
  }

  /** Call it after every change of the store. */
  draw() {
    const dialog = byId('group')
    if (!dialog.open) return
    const open = this.#chat?.store.chat
    if (!open?.group) dialog.close()
    else showGroup(open, this.#chat?.userId ?? '', this.#chat?.hasMoreMembers === true)
  }

  #listen() {
    byId('group-open').addEventListener('click', () => this.#open())
    byId('group-close').addEventListener('click', () => byId('group').close())
    byId('group-form').addEventListener('submit', (event) => {
      event.preventDefault()
      const { name, announcement } = event.target.elements
      void this.#change('update', { name: name.value.trim(), announcement: announcement.value.trim() })
    })
    byId('member-form').addEventListener('submit', async (event) => {
      event.preventDefault()
      const form = event.target
      if (await this.#change('add', { userIds: namesOf(form.elements.userIds.value) })) form.reset()
    })
    byId('group-mute').addEventListener('click', ({ target }) => {
      const isMuted = target.getAttribute('aria-pressed') === 'true'
      void this.#change('mute', { until: isMuted ? 0 : Date.now() + longMs })
    })
    byId('members').addEventListener('click', ({ target }) => {
      const { act, who } = target.closest('button')?.dataset ?? {}
      if (act) void this.#member(act, who)
    })
    byId('more-members').addEventListener('click', () => void tried('group-error', () => this.#chat?.moreMembers()))
    byId('group-leave').addEventListener('click', () => void this.#end('leave'))
    byId('group-dissolve').addEventListener('click', () => {
      if (confirm('Dissolve the group for everybody?')) void this.#end('dissolve')
    })
  }

  #open() {
    const group = this.#chat?.store.chat?.group
    if (!group) return
    const { name, announcement } = byId('group-form').elements
    name.value = group.name
    announcement.value = group.announcement ?? ''
    byId('group-error').textContent = ''
    byId('group').showModal()
    this.draw()
  }

  /** @param {string} act @param {string} userId */
  #member(act, userId) {
    switch (act) {
      case 'remove':
        return this.#change('remove', { userIds: [userId] })
      case 'mute':
        return this.#change('mute', { userId, until: Date.now() + muteMs })
      case 'unmute':
        return this.#change('mute', { userId, until: 0 })
      case 'owner':
        if (!confirm(`Make ${userId} the owner?`)) return undefined
    }
    return this.#change('role', { userId, role: act })
  }

  /** @param {string} what @param {object} [request] */
  #change(what, request) {
    return tried('group-error', () => this.#chat?.changeGroup(what, request))
  }

  /** The entry that reports it closes the conversation. @param {'leave' | 'dissolve'} what */
  async #end(what) {
    if (await this.#change(what)) byId('group').close()
  }
}
