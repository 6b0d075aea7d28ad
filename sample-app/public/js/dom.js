// The few changes that the page makes to its document. It writes text only: what users write never becomes markup.

/** @param {string} id @returns {any} */
export const byId = (id) => {
  const element = document.getElementById(id)
  if (!element) throw new Error(`no #${id} in this page`)
  return element
}

/**
 * @param {string} tag
 * @param {Record<string, unknown>} properties
 * @param {(Node | string | null)[]} children
 */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children.filter((child) => child !== null))
  return element
}

/**
 * Makes the children of `parent` show `items` in their order, and changes only what differs: focus, scrolling and what
 * screen readers announce stay as they are.
 * @template Item
 * @param {Element} parent
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {(item: Item) => Element} draw
 */
export function showList(parent, items, keyOf, draw) {
  const held = new Map([...parent.children].map((child) => [child.getAttribute('data-key'), child]))
  let next = parent.firstElementChild
  for (const item of items) {
    const key = keyOf(item)
    const drawn = draw(item)
    drawn.setAttribute('data-key', key)
    const child = held.get(key)
    held.delete(key)
    if (child === undefined) parent.insertBefore(drawn, next)
    else {
      if (child === next) next = next.nextElementSibling
      else parent.insertBefore(child, next)
      patch(child, drawn)
    }
  }
  for (const child of held.values()) child.remove()
}

/** Makes one node like another. @param {any} held @param {any} drawn */
function patch(held, drawn) {
  if (held.isEqualNode(drawn)) return
  if (held.nodeName !== drawn.nodeName || held.nodeType === Node.TEXT_NODE) return held.replaceWith(drawn)
  for (const { name } of [...held.attributes]) if (!drawn.hasAttribute(name)) held.removeAttribute(name)
  for (const { name, value } of drawn.attributes) held.setAttribute(name, value)
  const [before, after] = [[...held.childNodes], [...drawn.childNodes]]
  after.forEach((child, i) => (before[i] ? patch(before[i], child) : held.append(child)))
  for (const child of before.slice(after.length)) child.remove()
}
