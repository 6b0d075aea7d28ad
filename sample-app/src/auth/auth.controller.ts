import { Body, Controller, HttpCode, Post } from '@nestjs/common'
import { AuthService, type LoggedIn } from './auth.service.js'
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
}
