// Offers: a row for the app and a message for the seller, both or neither.
import { Injectable, NotFoundException, UnprocessableEntityException } from '@nestjs/common'
import { ImService } from '@rookery/nest-adapter'
import { sqliteQueue, type SqliteQueue } from '@rookery/storage-typeorm'
import { randomUUID } from 'node:crypto'
import { DataSource } from 'typeorm'
import { Listing } from '../listings/listing.entity.js'
import type { PlaceOfferDto } from './offer.dto.js'
import { Offer } from './offer.entity.js'

export interface PlacedOffer {
  readonly offerId: string
  readonly listingId: string
  /** Whole euros. */
  readonly price: number
  /** The message that tells the seller. */
  readonly msgId: string
}

/** An offer of this price fails after everything is written, to show that nothing of it remains. */
const unluckyPrice = 13

@Injectable()
export class OffersService {
  private readonly queue: SqliteQueue

  constructor(
    private readonly im: ImService,
    dataSource: DataSource,
  ) {
    this.queue = sqliteQueue(dataSource)
  }

  /** @throws NotFoundException for an unknown listing */
  place(buyer: string, { listingId, price }: PlaceOfferDto): Promise<PlacedOffer> {
    return this.queue.transaction(async (tx) => {
      const listing = await tx.findOneBy(Listing, { id: listingId })
      if (listing === null) throw new NotFoundException('no such listing')
      const offerId = randomUUID()
      await tx.insert(Offer, { id: offerId, listingId, buyer, price, createdAt: Date.now() })
      const content = { offerId, listingId, title: listing.title, price }
      const { msgId } = await this.im.within(tx).sendC2C({ from: buyer, to: listing.seller, type: 'offer', content })
      if (price === unluckyPrice) throw new UnprocessableEntityException('13 brings bad luck: offer something else')
      return { offerId, listingId, price, msgId }
    })
  }
}
