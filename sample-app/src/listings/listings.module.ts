import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import { AuthModule } from '../auth/auth.module.js'
import { ListingHandlers } from './listing-handlers.js'
import { Listing } from './listing.entity.js'
import { ListingsController } from './listings.controller.js'
import { ListingsService } from './listings.service.js'

@Module({
  imports: [TypeOrmModule.forFeature([Listing]), AuthModule],
  controllers: [ListingsController],
  providers: [ListingsService, ListingHandlers],
})
export class ListingsModule {}
