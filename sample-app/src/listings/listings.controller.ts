import { Body, Controller, Get, Post, UseGuards } from '@nestjs/common'
import { BearerGuard, CurrentUser } from '../auth/bearer.guard.js'
import { CreateListingDto } from './listing.dto.js'
import { ListingsService, type ListingView } from './listings.service.js'

@Controller('listings')
export class ListingsController {
  constructor(private readonly listings: ListingsService) {}

  @Post()
  @UseGuards(BearerGuard)
  create(@CurrentUser() seller: string, @Body() dto: CreateListingDto): Promise<ListingView> {
    return this.listings.create(seller, dto)
  }

  @Get()
  newest(): Promise<ListingView[]> {
    return this.listings.newest()
  }
}
