import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common'
import { UsersService } from './users.service.js'

/** Passes the id of a user that exists; refuses others. */
@Injectable()
export class ExistingUserPipe implements PipeTransform<string, Promise<string>> {
  constructor(private readonly users: UsersService) {}

  async transform(userId: string): Promise<string> {
    if (await this.users.exists(userId)) return userId
    throw new NotFoundException('no such user')
  }
}
