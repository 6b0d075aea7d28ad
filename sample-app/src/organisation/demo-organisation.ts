import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { sqliteQueue } from '@rookery/storage-typeorm'
import { randomUUID } from 'node:crypto'
import { DataSource } from 'typeorm'
import { UsersService } from '../users/users.service.js'
import { Department } from './department.entity.js'
import { OrganisationService } from './organisation.service.js'

/** The user that owns the departments' groups, so that every other user can be moved. Nobody knows its password. */
const house = 'house'

const departments = [
  { id: 'company', name: 'Rookery Cars', parentId: null, people: ['olga'] },
  { id: 'sales', name: 'Sales', parentId: 'company', people: ['piet', 'rosa'] },
  { id: 'workshop', name: 'Workshop', parentId: 'company', people: ['theo'] },
]

/** A company to try the app with; its employees log in with the password `demo`. A real app starts without it. */
@Injectable()
export class DemoOrganisation implements OnApplicationBootstrap {
  constructor(
    private readonly organisation: OrganisationService,
    private readonly users: UsersService,
    private readonly database: DataSource,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (await this.exists()) return
    const people = departments.flatMap((department) => department.people)
    await Promise.all(people.map((name) => this.users.create(name, 'demo')))
    await this.users.create(house, randomUUID())
    try {
      await sqliteQueue(this.database).transaction(async (tx) => {
        for (const department of departments) await this.organisation.found(tx, house, department)
      })
    } catch (error) {
      // Two processes may start at once: the database decides which one founds the company, and no group is left over.
      if (!(await this.exists())) throw error
    }
  }

  private exists(): Promise<boolean> {
    return this.database.getRepository(Department).exists()
  }
}
