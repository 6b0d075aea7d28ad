import { IsInt, IsUUID, Max, Min } from 'class-validator'
import { priceMax } from '../listings/listing.dto.js'

export class PlaceOfferDto {
  @IsUUID()
  listingId!: string

  /** Whole euros. */
  @IsInt()
  @Min(1)
  @Max(priceMax)
  price!: number
}
