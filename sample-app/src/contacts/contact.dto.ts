import { IsString, MaxLength } from 'class-validator'

export class AddContactDto {
  @IsString()
  @MaxLength(32)
  userId!: string
}
