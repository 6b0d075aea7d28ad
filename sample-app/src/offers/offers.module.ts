import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import { AuthModule } from '../auth/auth.module.js'
import { OfferHandlers } from './offer-handlers.js'
import { Offer } from './offer.entity.js'
import { OffersController } from './offers.controller.js'
import { OffersService } from './offers.service.js'

@Module({
  imports: [TypeOrmModule.forFeature([Offer]), AuthModule],
  controllers: [OffersController],
  providers: [OffersService, OfferHandlers],
})
export class OffersModule {}
