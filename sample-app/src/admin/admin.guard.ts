import { type CanActivate, type ExecutionContext, Inject, Injectable, UnauthorizedException } from '@nestjs/common'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { CONFIG, type Config } from '../config.js'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Admits a caller that sends the app's admin key in `x-admin-key`. */
@Injectable()
export class AdminGuard implements CanActivate {
  private readonly key: Buffer

  constructor(@Inject(CONFIG) { adminKey }: Config) {
    this.key = digest(adminKey)
  }

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>()
    // Digests have one length, and the comparison takes the same time however much of the key is right.
    if (timingSafeEqual(digest(String(headers['x-admin-key'])), this.key)) return true
    throw new UnauthorizedException('the header x-admin-key is needed')
  }
}
