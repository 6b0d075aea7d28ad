import { IsInt, IsString, IsUUID, Length, Max, Min } from 'class-validator'

/** Whole euros; a higher price is a typing mistake. */
export const priceMax = 10_000_000

export class CreateListingDto {
  @IsString()
  @Length(1, 120)
  title!: string

  @IsInt()
  @Min(1)
  @Max(priceMax)
  price!: number
}

export class ViewListingDto {
  @IsUUID()
  listingId!: string
}
