import { Body, Controller, Post, UseGuards } from '@nestjs/common'
import { BearerGuard, CurrentUser } from '../auth/bearer.guard.js'
import { PlaceOfferDto } from './offer.dto.js'
import { OffersService, type PlacedOffer } from './offers.service.js'

@Controller('offers')
export class OffersController {
  constructor(private readonly offers: OffersService) {}

  @Post()
  @UseGuards(BearerGuard)
  place(@CurrentUser() buyer: string, @Body() dto: PlaceOfferDto): Promise<PlacedOffer> {
    return this.offers.place(buyer, dto)
  }
}
