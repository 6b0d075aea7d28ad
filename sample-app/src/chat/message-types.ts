// The app's own types of messages: checked where they come in, typed wherever they are read.
import { type ContentOf, defineTypes } from '@rookery/core'
import { z } from 'zod'

export const messageTypes = defineTypes({
  offer: {
    /** `price` in whole euros. */
    schema: z.strictObject({
      offerId: z.uuid(),
      listingId: z.uuid(),
      title: z.string(),
      price: z.int().positive(),
    }),
    text: ({ title, price }) => `${title}: ${price} € offered`,
  },
})

/** The content of a message of the type. */
export type Content<Type extends keyof typeof messageTypes> = ContentOf<typeof messageTypes, Type>

// With this, what `ImService` is given under a declared type is checked by the compiler, too.
declare module '@rookery/core' {
  interface Register {
    types: typeof messageTypes
  }
}
