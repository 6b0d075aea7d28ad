// Message types and topics that are declared once: each wrong line has @ts-expect-error, and does not compile without.
import type { Client, ContentOut } from '@rookery/client'
import { defineTypes } from '@rookery/client/types'
import type { RookeryOptions } from '@rookery/core'
import type { StandardSchemaV1 } from '@standard-schema/spec'

declare const offerSchema: StandardSchemaV1<{ price: number }>
declare const viewSchema: StandardSchemaV1<{ listingId: string }>
declare const viewsSchema: StandardSchemaV1<{ views: number }>

const types = defineTypes({
  messages: { offer: { schema: offerSchema, text: ({ price }) => `an offer of ${price}` } },
  topics: { 'listing.view': { payload: viewSchema, answer: viewsSchema } },
})

// The server takes the same declaration.
export const messageTypes: RookeryOptions<typeof types.messages>['types'] = types.messages

export async function typed(client: Client<typeof types>): Promise<void> {
  const bob = client.conversation({ peerId: 'bob' })
  bob.send({ type: 'offer', content: { price: 12 } })
  bob.send({ type: 'text', content: { text: 'hi' } })
  bob.send({ type: 'anything.else', content: { any: 'thing' } })
  // @ts-expect-error a price is a number
  bob.send({ type: 'offer', content: { price: 'twelve' } })
  // @ts-expect-error an offer has a price
  bob.send({ type: 'offer', content: {} })
  // @ts-expect-error a text has its words under `text`
  bob.send({ type: 'text', content: { words: 'hi' } })

  const { views }: { views: number } = await client.request('listing.view', { listingId: 'car-7' })
  // @ts-expect-error the listing is not named
  await client.request('listing.view', {})
  // @ts-expect-error views are a number
  const wrong: { views: string } = await client.request('listing.view', { listingId: 'car-7' })
  client.on('listing.view', ({ listingId }) => listingId.toUpperCase())
  // @ts-expect-error a listing has no price there
  client.on('listing.view', ({ price }) => price)
  const open: unknown = await client.request('echo', 1)
  const content: ContentOut<typeof types, 'offer'> = { price: views }
  console.log(open, content, wrong)
}

export async function untyped(client: Client): Promise<void> {
  client.conversation({ peerId: 'bob' }).send({ type: 'offer', content: { price: 'twelve' } })
  // @ts-expect-error where nothing is declared, nothing is known of an answer
  const { views } = await client.request('listing.view', 1)
  console.log(views)
}
