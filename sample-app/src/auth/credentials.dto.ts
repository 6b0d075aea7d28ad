import { IsString, Length, Matches, MaxLength } from 'class-validator'

/** Lower case only, so that no two names look the same. */
const usernameForm = /^[a-z0-9][a-z0-9._-]{1,31}$/

export class LoginDto {
  @IsString()
  @MaxLength(32)
  username!: string

  @IsString()
  @MaxLength(128)
  password!: string
}

export class RegisterDto {
  @Matches(usernameForm, {
    message: 'username must be 2 to 32 of a-z, 0-9, ".", "_" and "-", and begin with a letter or digit',
  })
  username!: string

  @IsString()
  @Length(8, 128)
  password!: string
}
