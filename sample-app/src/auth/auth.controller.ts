import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common'
import { AuthService, type LoggedIn } from './auth.service.js'
import { BearerGuard, CurrentToken } from './bearer.guard.js'
import { LoginDto, RegisterDto } from './credentials.dto.js'

@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('register')
  register(@Body() dto: RegisterDto): Promise<LoggedIn> {
    return this.auth.register(dto)
  }

  @Post('login')
  @HttpCode(200)
  login(@Body() dto: LoginDto): Promise<LoggedIn> {
    return this.auth.login(dto)
  }

  /** Ends the token of the request, and closes the chat sessions under it. */
  @Post('logout')
  @HttpCode(204)
  @UseGuards(BearerGuard)
  logout(@CurrentToken() token: string): Promise<void> {
    return this.auth.logout(token)
  }
}
