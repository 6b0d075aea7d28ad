// The host's own database. Chat keeps its tables apart, through a connection of its own.
import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import libsql from 'libsql'
import { CONFIG, type Config } from '../config.js'
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
        migrations: [CreateUsers1700000000000],
        migrationsRun: true,
      }),
    }),
  ],
})
export class DatabaseModule {}
