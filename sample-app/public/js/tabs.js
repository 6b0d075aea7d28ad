// The side of the page shows one panel at a time; the user chooses it by pointer or by the arrow keys.
import { byId } from './dom.js'

/** @type {HTMLButtonElement[]} */
const tabs = [...byId('tabs').children]

/** @param {HTMLElement} chosen */
function choose(chosen) {
  for (const tab of tabs) {
    const isChosen = tab === chosen
    tab.setAttribute('aria-selected', String(isChosen))
    tab.tabIndex = isChosen ? 0 : -1
    byId(tab.getAttribute('aria-controls') ?? '').hidden = !isChosen
  }
}

byId('tabs').addEventListener('click', (event) => {
  const tab = event.target.closest('button')
  if (tab) choose(tab)
})

byId('tabs').addEventListener('keydown', ({ key, target }) => {
  const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0
  const next = tabs[(tabs.indexOf(target) + step + tabs.length) % tabs.length]
  if (step === 0 || !next) return
  choose(next)
  next.focus()
})

/** @param {'chats' | 'people' | 'cars'} name */
export const showTab = (name) => choose(byId(`tab-${name}`))
