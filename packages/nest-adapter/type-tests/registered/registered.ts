// A program that registers its message types once: TypeScript checks contents wherever ImService is injected.
import { Injectable } from '@nestjs/common'
import { type ContentOf, defineTypes } from '@rookery/core'
import { ImService, RookeryModule } from '@rookery/nest-adapter'
import { z } from 'zod'

const chatTypes = defineTypes({
  offer: {
    schema: z.object({ listingId: z.string(), price: z.number() }),
    text: ({ price }) => `an offer of ${price.toFixed(2)}`,
  },
  dated: { schema: z.object({ at: z.coerce.number() }) },
})

declare module '@rookery/core' {
  interface Register {
    types: typeof chatTypes
  }
}

RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }), types: chatTypes })

class Order {
  id = 7
  placedAt = new Date()
}

@Injectable()
export class OrderService {
  constructor(private readonly im: ImService) {}

  async right(tx: object): Promise<number> {
    await this.im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { listingId: 'l1', price: 100 } })
    // The sender gives the schema's input, not its output.
    await this.im.sendC2C({ from: 'ann', to: 'bob', type: 'dated', content: { at: '7' } })
    // A type that is not declared stays open, also for instances of classes.
    await this.im.sendC2C({ from: 'ann', to: 'bob', type: 'order', content: new Order(), clientMsgId: 'order-7' })
    await this.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { id: 7 } })
    await this.im.sendC2G({
      from: 'ann',
      to: 'g',
      type: 'offer',
      content: { listingId: 'l1', price: 1 },
      mentions: ['@all'],
    })
    await this.im.sendC2G({ from: 'ann', to: 'g', type: 'order', content: new Order() })
    await this.im.within(tx).sendC2G({ from: 'ann', to: 'g', type: 'dated', content: { at: '7' } })
    const sent = await this.im.sendSystem({
      conversationId: 'c',
      type: 'offer',
      content: { listingId: 'l1', price: 1 },
    })
    return sent.seq
  }

  async wrong(tx: object): Promise<void> {
    // @ts-expect-error price is not a text
    await this.im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { listingId: 'l1', price: '100' } })
    // @ts-expect-error listingId is missing
    await this.im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { price: 100 } })
    // @ts-expect-error a declared type has no other fields
    await this.im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { listingId: 'l1', price: 1, note: '' } })
    // @ts-expect-error content is an object
    await this.im.sendC2C({ from: 'ann', to: 'bob', type: 'order', content: 'seven' })
    // @ts-expect-error to is missing
    await this.im.sendC2C({ from: 'ann', type: 'order', content: {} })
    // @ts-expect-error in a transaction as outside
    await this.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: {} })
    // @ts-expect-error in a group as between two
    await this.im.sendC2G({ from: 'ann', to: 'g', type: 'offer', content: { listingId: 'l1', price: '100' } })
    // @ts-expect-error a group has no subjects
    await this.im.sendC2G({ from: 'ann', to: 'g', subject: 'golf', type: 'order', content: {} })
    // @ts-expect-error in a transaction, too
    await this.im.within(tx).sendC2G({ from: 'ann', to: 'g', type: 'offer', content: {} })
    // @ts-expect-error a role is one of three
    await this.im.groups.role('g', 'ann', 'boss')
    // @ts-expect-error for the system as for users
    await this.im.sendSystem({ conversationId: 'c', type: 'offer', content: {} })
    // @ts-expect-error the system has no sender
    await this.im.sendSystem({ conversationId: 'c', from: 'ann', type: 'notice', content: {} })
  }
}

/** A handler gets the schema's output. */
export const priceOf = (offer: ContentOf<typeof chatTypes, 'offer'>): number => offer.price
export const timeOf = (dated: ContentOf<typeof chatTypes, 'dated'>): number => dated.at
// @ts-expect-error no such field
export const colourOf = (offer: ContentOf<typeof chatTypes, 'offer'>): string => offer.colour
