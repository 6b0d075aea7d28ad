// What chat clients may ask about listings, over their chat connection.
import { Injectable } from '@nestjs/common'
import { MessageBody } from '@nestjs/websockets'
import { OnC2S } from '@rookery/nest-adapter'
import { ViewListingDto } from './listing.dto.js'
import { ListingsService } from './listings.service.js'

@Injectable()
export class ListingHandlers {
  constructor(private readonly listings: ListingsService) {}

  @OnC2S('listing.view')
  view(@MessageBody() { listingId }: ViewListingDto): Promise<{ listingId: string; views: number }> {
    return this.listings.countView(listingId)
  }
}
