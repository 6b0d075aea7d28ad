// The host's own database. Chat keeps its tables apart, through connections of its own.
import { Module } from '@nestjs/common'
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm'
import libsql from 'libsql'
import { CONFIG, type Config, type DatabaseConfig } from '../config.js'
import { CreateContacts1700000000003 } from './create-contacts.migration.js'
import { CreateMarket1700000000001 } from './create-market.migration.js'
import { CreateOrganisation1700000000004 } from './create-organisation.migration.js'
import { CreateRevokedTokens1700000000002 } from './create-revoked-tokens.migration.js'
import { CreateUsers1700000000000 } from './create-users.migration.js'

function whereIs(database: DatabaseConfig): TypeOrmModuleOptions {
  switch (database.type) {
    case 'sqlite':
      return { type: 'better-sqlite3', driver: libsql, database: database.path, enableWAL: true }
    case 'postgres':
      return { type: 'postgres', url: database.url }
    case 'mysql':
      return { type: 'mysql', url: database.url, charset: 'utf8mb4' }
  }
}

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: ({ database }: Config) => ({
        ...whereIs(database),
        autoLoadEntities: true,
        migrations: [
          CreateUsers1700000000000,
          CreateMarket1700000000001,
          CreateRevokedTokens1700000000002,
          CreateContacts1700000000003,
          CreateOrganisation1700000000004,
        ],
        migrationsRun: true,
      }),
    }),
  ],
})
export class DatabaseModule {}
