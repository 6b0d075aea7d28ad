// The app that the benchmark starts again and again: a typical one, on PostgreSQL or SQLite. It runs outside this
// repository.
import 'reflect-metadata'
import { Controller, Get, Module, type ModuleMetadata } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm'
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm'

/** What a started app reports. */
export interface Started {
  readonly url: string
}
/** What it reports on request. */
export interface Used {
  readonly rssBytes: number
  /** CPU time of all threads since the process began. */
  readonly cpuMs: number
}

@Entity()
class Car {
  @PrimaryGeneratedColumn()
  id!: number

  @Column('text')
  name!: string
}

@Controller('cars')
class CarsController {
  constructor(@InjectRepository(Car) private readonly cars: Repository<Car>) {}

  @Get()
  all(): Promise<Car[]> {
    return this.cars.find()
  }
}

const database = process.env['APP_DATABASE'] ?? ''

/** Starts the app with these parts added, reports to its parent, and answers it. */
export async function startApp(added: ModuleMetadata): Promise<void> {
  const driver = database.startsWith('postgres:')
    ? ({ type: 'postgres', url: database } as const)
    : ({ type: 'better-sqlite3', database, driver: (await import('libsql')).default } as const)

  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...driver, entities: [Car], synchronize: true }),
      TypeOrmModule.forFeature([Car]),
      ...(added.imports ?? []),
    ],
    controllers: [CarsController],
    providers: added.providers ?? [],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error'] })
  await app.listen(0, '127.0.0.1')
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const used: Used = { rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 }
    process.send?.(used)
  })
  const started: Started = { url: await app.getUrl() }
  process.send?.(started)
}
