import { Body, Controller, Delete, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common'
import { BearerGuard, CurrentUser } from '../auth/bearer.guard.js'
import { AddContactDto } from './contact.dto.js'
import { ContactsService, type ContactView } from './contacts.service.js'

@Controller('contacts')
@UseGuards(BearerGuard)
export class ContactsController {
  constructor(private readonly contacts: ContactsService) {}

  @Get()
  list(@CurrentUser() owner: string): Promise<ContactView[]> {
    return this.contacts.list(owner)
  }

  @Post()
  add(@CurrentUser() owner: string, @Body() { userId }: AddContactDto): Promise<ContactView> {
    return this.contacts.add(owner, userId)
  }

  @Delete(':userId')
  @HttpCode(204)
  remove(@CurrentUser() owner: string, @Param('userId') userId: string): Promise<void> {
    return this.contacts.remove(owner, userId)
  }
}
