// The host's users: its own table, which chat reads through `exists`.
import { Injectable } from '@nestjs/common'
import { InjectRepository } from '@nestjs/typeorm'
import { sqliteQueue, type SqliteQueue } from '@rookery/storage-typeorm'
import { DataSource, type EntityManager, type Repository } from 'typeorm'
import { hashPassword, isPassword } from './password.js'
import { User } from './user.entity.js'

@Injectable()
export class UsersService {
  /** Compared if there is no such user, so that the time of an answer does not reveal which names exist. */
  private readonly nobody = hashPassword('')

  private readonly queue: SqliteQueue

  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    dataSource: DataSource,
  ) {
    this.queue = sqliteQueue(dataSource)
  }

  /** Returns false if the name is taken. */
  async create(username: string, password: string): Promise<boolean> {
    const passwordHash = await hashPassword(password)
    try {
      await this.queue.run((manager) => manager.insert(User, { username, passwordHash, createdAt: Date.now() }))
      return true
    } catch (error) {
      // Two users may register one name at the same time: the database decides.
      if (await this.exists(username)) return false
      throw error
    }
  }

  /**
   * Does not wait for its turn in the queue: chat calls it from inside the transactions whose turn it is.
   * @param manager of the transaction, if chat asks inside one: then it needs no second connection
   */
  async exists(username: string, manager?: EntityManager): Promise<boolean> {
    return (await this.find(username, manager)) !== null
  }

  async hasPassword(username: string, password: string): Promise<boolean> {
    const user = await this.find(username)
    const matches = await isPassword(password, user?.passwordHash ?? (await this.nobody))
    return user !== null && matches
  }

  /** By exactly this name: a database may take `Bob` and `bob` for one, and chat does not. */
  private async find(username: string, manager = this.users.manager): Promise<User | null> {
    const user = await manager.findOneBy(User, { username })
    return user?.username === username ? user : null
  }
}
