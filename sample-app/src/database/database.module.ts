// The host's own database. Chat keeps its tables apart, through a connection of its own.
import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import libsql from 'libsql'
import { CONFIG, type Config } from '../config.js'
import { CreateMarket1700000000001 } from './create-market.migration.js'
import { CreateRevokedTokens1700000000002 } from './create-revoked-tokens.migration.js'
import { CreateUsers1700000000000 } from './create-users.migration.js'

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: ({ database }: Config) => ({
        type: 'better-sqlite3',
        driver: libsql,
        database: database.path,
        enableWAL: true,
        autoLoadEntities: true,
        migrations: [CreateUsers1700000000000, CreateMarket1700000000001, CreateRevokedTokens1700000000002],
        migrationsRun: true,
      }),
    }),
  ],
})
export class DatabaseModule {}
