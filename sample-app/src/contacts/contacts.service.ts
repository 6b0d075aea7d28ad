// A user's contact list: rows of the app. Every device of the user learns its changes, now or at its next sync.
import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common'
import { InjectRepository } from '@nestjs/typeorm'
import { ImService } from '@rookery/nest-adapter'
import { sqliteQueue, type SqliteQueue } from '@rookery/storage-typeorm'
import { DataSource, type Repository } from 'typeorm'
import { UsersService } from '../users/users.service.js'
import { Contact } from './contact.entity.js'

/** A contact in the list, and the content of `contact.added` and `contact.deleted` in the inbox. */
export interface ContactView {
  readonly userId: string
}

@Injectable()
export class ContactsService {
  private readonly queue: SqliteQueue

  constructor(
    @InjectRepository(Contact) private readonly contacts: Repository<Contact>,
    private readonly users: UsersService,
    private readonly im: ImService,
    dataSource: DataSource,
  ) {
    this.queue = sqliteQueue(dataSource)
  }

  async list(owner: string): Promise<ContactView[]> {
    const contacts = await this.contacts.find({ where: { owner }, order: { userId: 'ASC' } })
    return contacts.map(({ userId }) => ({ userId }))
  }

  /**
   * Adds a contact. A user who is in the list already stays there, and no device hears of it.
   * @throws NotFoundException for an unknown user
   */
  async add(owner: string, userId: string): Promise<ContactView> {
    if (userId === owner) throw new BadRequestException('that is you')
    if (!(await this.users.exists(userId))) throw new NotFoundException('no such user')
    const contact = { owner, userId }
    try {
      await this.queue.transaction(async (tx) => {
        if (await tx.existsBy(Contact, contact)) return
        await tx.insert(Contact, { ...contact, createdAt: Date.now() })
        await this.im.within(tx).s2c(owner, { topic: 'contact.added', payload: { userId } })
      })
    } catch (error) {
      // Two devices may add one contact at the same time: the database decides which one does.
      if (!(await this.contacts.existsBy(contact))) throw error
    }
    return { userId }
  }

  /** Removes a contact; does nothing for a user who is not in the list. */
  remove(owner: string, userId: string): Promise<void> {
    return this.queue.transaction(async (tx) => {
      const { affected } = await tx.delete(Contact, { owner, userId })
      if (affected === 1) await this.im.within(tx).s2c(owner, { topic: 'contact.deleted', payload: { userId } })
    })
  }
}
