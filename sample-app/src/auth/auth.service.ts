// Who somebody is: passwords become tokens, tokens become users. Chat asks the same function as HTTP would.
import { ConflictException, Injectable, UnauthorizedException } from '@nestjs/common'
import { JwtService } from '@nestjs/jwt'
import { UsersService } from '../users/users.service.js'
import type { LoginDto, RegisterDto } from './credentials.dto.js'

export interface LoggedIn {
  readonly userId: string
  readonly token: string
}

@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersService,
    private readonly jwt: JwtService,
  ) {}

  async register({ username, password }: RegisterDto): Promise<LoggedIn> {
    if (!(await this.users.create(username, password))) throw new ConflictException('this name is taken')
    return this.logIn(username)
  }

  async login({ username, password }: LoginDto): Promise<LoggedIn> {
    if (!(await this.users.hasPassword(username, password)))
      throw new UnauthorizedException('name and password do not match')
    return this.logIn(username)
  }

  /**
   * The user behind a token, and until when it is good (Unix ms).
   * @throws UnauthorizedException
   */
  async authenticate(token: string): Promise<{ userId: string; expiresAt: number }> {
    const { sub, exp } = await this.jwt.verifyAsync<{ sub: string; exp: number }>(token).catch(() => {
      throw new UnauthorizedException('no valid token')
    })
    // A token outlives its user.
    if (!(await this.users.exists(sub))) throw new UnauthorizedException('no valid token')
    return { userId: sub, expiresAt: exp * 1000 }
  }

  private async logIn(userId: string): Promise<LoggedIn> {
    return { userId, token: await this.jwt.signAsync({}, { subject: userId }) }
  }
}
