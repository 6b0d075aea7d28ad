// The app that gets chat: a small, typical one, with its own database and one controller.
import 'reflect-metadata'
import { join } from 'node:path'
import { Controller, Get, Module, type ModuleMetadata } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm'
import libsql from 'libsql'
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm'
import { answerParent } from '../child-answers.js'
import { databaseFolder } from '../servers/serve.js'

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

/** Starts the app with these parts added, and reports to the benchmark once it listens. */
export async function startHost(added: ModuleMetadata): Promise<void> {
  @Module({
    imports: [
      TypeOrmModule.forRoot({
        type: 'better-sqlite3',
        driver: libsql,
        database: join(databaseFolder(), 'app.sqlite'),
        entities: [Car],
        synchronize: true,
      }),
      TypeOrmModule.forFeature([Car]),
      ...(added.imports ?? []),
    ],
    controllers: [CarsController],
    providers: added.providers ?? [],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error'] })
  await app.listen(0, '127.0.0.1')
  answerParent(await app.getUrl(), {})
}
