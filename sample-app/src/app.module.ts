import { type DynamicModule, Module } from '@nestjs/common'
import { AuthModule } from './auth/auth.module.js'
import { ChatModule } from './chat/chat.module.js'
import type { Config } from './config.js'
import { ConfigModule } from './config.module.js'
import { DatabaseModule } from './database/database.module.js'
import { HealthModule } from './health/health.module.js'
import { UsersModule } from './users/users.module.js'

@Module({ imports: [DatabaseModule, UsersModule, AuthModule, ChatModule, HealthModule] })
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return { module: AppModule, imports: [ConfigModule.forRoot(config)] }
  }
}
