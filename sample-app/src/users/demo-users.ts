import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { UsersService } from './users.service.js'

export const demoUsers = { names: ['alice', 'bob', 'carol', 'dave'], password: 'demo' } as const

/** Users to try the app with. A real app starts without them. */
@Injectable()
export class DemoUsers implements OnApplicationBootstrap {
  constructor(private readonly users: UsersService) {}

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all(demoUsers.names.map((name) => this.createOnce(name)))
  }

  private async createOnce(name: string): Promise<void> {
    if (!(await this.users.exists(name))) await this.users.create(name, demoUsers.password)
  }
}
