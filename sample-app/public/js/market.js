// Cars for sale: the list, the form to sell one, and the dialog to make an offer.
import { makeOffer, newestListings, sell } from './api.js'
import { byId } from './dom.js'
import { randomId } from './ids.js'
import { tried } from './tried.js'
import { showListings } from './views/listings-view.js'

export class Market {
  /** @type {import('./memory.js').Account | null} */
  #account = null
  /** @type {import('./chat.js').Chat | null} */
  #chat = null
  /** @type {import('./api.js').Listing[]} */
  #listings = []
  /** @type {import('./api.js').Listing | undefined} the listing of the dialog */
  #chosen
  /** The order of the dialog; a repeat after an error has the same key. */
  #orderId = ''

  /** @param {(peerId: string) => void} talkTo called after an offer */
  constructor(talkTo) {
    byId('refresh').addEventListener('click', () => void this.#load())
    byId('listings').addEventListener('click', (event) => {
      const { listing } = event.target.dataset
      if (listing) this.#choose(listing)
    })
    byId('sell-form').addEventListener('submit', (event) => {
      event.preventDefault()
      const form = event.target
      const { title, price } = form.elements
      void tried('sell-error', async () => {
        await sell(this.#token, { title: title.value, price: price.valueAsNumber })
        form.reset()
        await this.#load()
      })
    })
    byId('offer-form').addEventListener('submit', (event) => {
      event.preventDefault()
      const { price } = event.target.elements
      const chosen = this.#chosen
      if (!chosen) return
      void tried('offer-error', async () => {
        await makeOffer(this.#token, { listingId: chosen.listingId, price: price.valueAsNumber })
        byId('offer').close()
        talkTo(chosen.seller)
      })
    })
    byId('order').addEventListener('click', () => {
      const chosen = this.#chosen
      if (chosen) void tried('offer-error', () => this.#order(chosen))
    })
    byId('offer-cancel').addEventListener('click', () => byId('offer').close())
  }

  /** @param {import('./memory.js').Account} account @param {import('./chat.js').Chat} chat */
  begin(account, chat) {
    this.#account = account
    this.#chat = chat
    void this.#load()
  }

  end() {
    byId('offer').close()
    this.#account = this.#chat = null
  }

  /** Takes a stored fact: what became of the order of the dialog. */
  told(topic, payload) {
    if (topic === 'order.state' && payload.orderId === this.#orderId)
      byId('order-state').textContent = `Your order is ${payload.state}.`
  }

  get #token() {
    return this.#account?.token ?? ''
  }

  async #load() {
    await tried('sell-error', async () => {
      this.#listings = await newestListings()
      showListings(this.#listings, this.#account?.userId ?? '')
    })
  }

  /** @param {string} listingId */
  #choose(listingId) {
    const chosen = this.#listings.find((one) => one.listingId === listingId)
    if (!chosen) return
    this.#chosen = chosen
    byId('offer-title').textContent = `Your offer for ${chosen.title}`
    byId('offer-facts').textContent = `${chosen.seller} asks ${chosen.price} €.`
    byId('offer-error').textContent = ''
    byId('order-state').textContent = ''
    this.#orderId = randomId()
    byId('offer-form').elements.price.value = chosen.price
    byId('offer').showModal()
    void this.#view(chosen)
  }

  /** The order goes to another service, which tells its states. @param {import('./api.js').Listing} chosen */
  async #order({ listingId }) {
    const request = { topic: 'order.placed', payload: { listingId }, clientMsgId: this.#orderId }
    const answer = await this.#chat?.connection.request('c2s', request)
    // The service may have been faster than the answer.
    if (answer?.queued && byId('order-state').textContent === '')
      byId('order-state').textContent = 'Your order is sent.'
  }

  /** Without a connection the dialog shows no count. @param {import('./api.js').Listing} chosen */
  async #view(chosen) {
    const request = { topic: 'listing.view', payload: { listingId: chosen.listingId } }
    const seen = await this.#chat?.connection.request('c2s', request).catch(() => undefined)
    if (seen && this.#chosen === chosen) byId('offer-facts').append(` Views: ${seen.views}.`)
  }
}
