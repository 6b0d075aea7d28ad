import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import { DemoUsers } from './demo-users.js'
import { User } from './user.entity.js'
import { UsersService } from './users.service.js'

@Module({ imports: [TypeOrmModule.forFeature([User])], providers: [UsersService, DemoUsers], exports: [UsersService] })
export class UsersModule {}
