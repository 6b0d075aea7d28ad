import { Allow, IsBoolean, IsIn, IsOptional, Matches } from 'class-validator'

export class NotifyDto {
  @Matches(/^[!-~]{1,64}$/, { message: 'topic must be 1 to 64 printable ASCII characters without spaces' })
  topic!: string

  /** Any JSON value; chat itself checks that it is one. */
  @Allow()
  payload!: unknown

  /** True if devices that are offline now must learn it later. */
  @IsOptional()
  @IsBoolean()
  persist?: boolean
}

export class KickDto {
  /** Left out: all devices. */
  @IsOptional()
  @IsIn(['phone', 'pad', 'pc', 'web'])
  deviceType?: string
}
