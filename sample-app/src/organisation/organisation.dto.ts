import { IsString, MaxLength } from 'class-validator'

export class MoveDto {
  @IsString()
  @MaxLength(32)
  departmentId!: string
}
