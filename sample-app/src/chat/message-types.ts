// The app's own message types: chat checks their content when it arrives, and TypeScript wherever the app reads it.
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

// With this the compiler also checks the content that the app gives to `ImService` under a declared type.
declare module '@rookery/core' {
  interface Register {
    types: typeof messageTypes
  }
}
