// Authentication: passwords become tokens, tokens become users. Chat calls the same function as HTTP does.
import { ConflictException, Injectable, UnauthorizedException } from '@nestjs/common'
import { JwtService } from '@nestjs/jwt'
import { InjectRepository } from '@nestjs/typeorm'
import { ImService } from '@rookery/nest-adapter'
import { sqliteQueue, type SqliteQueue } from '@rookery/storage-typeorm'
import { randomUUID } from 'node:crypto'
import { DataSource, LessThan, type Repository } from 'typeorm'
import { UsersService } from '../users/users.service.js'
import type { LoginDto, RegisterDto } from './credentials.dto.js'
import { RevokedToken } from './revoked-token.entity.js'

export interface LoggedIn {
  readonly userId: string
  readonly token: string
}

/** The signed content; times in seconds. */
interface Claims {
  readonly sub: string
  readonly jti: string
  readonly exp: number
}

@Injectable()
export class AuthService {
  private readonly queue: SqliteQueue

  constructor(
    private readonly users: UsersService,
    private readonly jwt: JwtService,
    private readonly im: ImService,
    @InjectRepository(RevokedToken) private readonly revoked: Repository<RevokedToken>,
    dataSource: DataSource,
  ) {
    this.queue = sqliteQueue(dataSource)
  }

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
   * The user of a token, and when the token expires (Unix ms).
   * @throws UnauthorizedException
   */
  async authenticate(token: string): Promise<{ userId: string; expiresAt: number }> {
    const { sub, exp, jti } = await this.verify(token)
    // A token may outlive its user, and its logout.
    const [isUser, isRevoked] = await Promise.all([this.users.exists(sub), this.revoked.existsBy({ tokenId: jti })])
    if (!isUser || isRevoked) throw new UnauthorizedException('no valid token')
    return { userId: sub, expiresAt: exp * 1000 }
  }

  /**
   * Ends a token, and the chat sessions under it.
   * @throws UnauthorizedException
   */
  async logout(token: string): Promise<void> {
    const { sub, exp, jti } = await this.verify(token)
    await this.queue.run(async (manager) => {
      await manager.delete(RevokedToken, { expiresAt: LessThan(Date.now()) })
      await manager.upsert(RevokedToken, { tokenId: jti, expiresAt: exp * 1000 }, ['tokenId'])
    })
    // Only now: a session that closes before the token is revoked would come back at once.
    await this.im.revokeToken(sub, token)
  }

  private async verify(token: string): Promise<Claims> {
    const claims = await this.jwt.verifyAsync<Partial<Claims>>(token).catch(() => ({}) as Partial<Claims>)
    const { sub, exp, jti } = claims
    if (sub === undefined || exp === undefined || jti === undefined) throw new UnauthorizedException('no valid token')
    return { sub, exp, jti }
  }

  private async logIn(userId: string): Promise<LoggedIn> {
    return { userId, token: await this.jwt.signAsync({}, { subject: userId, jwtid: randomUUID() }) }
  }
}
