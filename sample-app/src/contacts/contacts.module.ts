import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import { AuthModule } from '../auth/auth.module.js'
import { UsersModule } from '../users/users.module.js'
import { Contact } from './contact.entity.js'
import { ContactsController } from './contacts.controller.js'
import { ContactsService } from './contacts.service.js'

@Module({
  imports: [TypeOrmModule.forFeature([Contact]), AuthModule, UsersModule],
  controllers: [ContactsController],
  providers: [ContactsService],
})
export class ContactsModule {}
