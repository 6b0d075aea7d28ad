// Who works where, in the app's own tables. Each department has a group in chat, whose members are the employees of its
// rows.
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common'
import { InjectRepository } from '@nestjs/typeorm'
import { ImService } from '@rookery/nest-adapter'
import { sqliteQueue, type SqliteQueue } from '@rookery/storage-typeorm'
import { DataSource, type EntityManager, type Repository } from 'typeorm'
import { Department } from './department.entity.js'
import { Employee } from './employee.entity.js'

/** A department as colleagues see it. */
export interface DepartmentView {
  readonly departmentId: string
  readonly name: string
  readonly groupId: string
  /** User ids. */
  readonly people: readonly string[]
  readonly departments: readonly DepartmentView[]
}

@Injectable()
export class OrganisationService {
  private readonly queue: SqliteQueue

  constructor(
    @InjectRepository(Department) private readonly departments: Repository<Department>,
    @InjectRepository(Employee) private readonly employees: Repository<Employee>,
    private readonly im: ImService,
    dataSource: DataSource,
  ) {
    this.queue = sqliteQueue(dataSource)
  }

  async tree(): Promise<DepartmentView[]> {
    const departments = await this.departments.find({ order: { name: 'ASC' } })
    const employees = await this.employees.find({ order: { userId: 'ASC' } })
    const below = (parentId: string | null): DepartmentView[] =>
      departments
        .filter((one) => one.parentId === parentId)
        .map(({ id, name, groupId }) => ({
          departmentId: id,
          name,
          groupId,
          people: employees.filter(({ departmentId }) => departmentId === id).map(({ userId }) => userId),
          departments: below(id),
        }))
    return below(null)
  }

  /**
   * Changes the row and the memberships together, or not at all.
   * @throws NotFoundException for an unknown department
   * @throws ConflictException if another request moved the user at the same time
   */
  move(userId: string, departmentId: string): Promise<void> {
    return this.queue.transaction(async (tx) => {
      const to = await tx.findOneBy(Department, { id: departmentId })
      if (to === null) throw new NotFoundException('no such department')
      const employee = await tx.findOneBy(Employee, { userId })
      if (employee?.departmentId === departmentId) return
      const { groups } = this.im.within(tx)
      if (employee === null) await tx.insert(Employee, { userId, departmentId })
      else {
        const from = await tx.findOneByOrFail(Department, { id: employee.departmentId })
        const { affected } = await tx.update(Employee, { userId, departmentId: from.id }, { departmentId })
        if (affected !== 1) throw new ConflictException('this person has just been moved by somebody else')
        await groups.remove(from.groupId, [userId])
      }
      await groups.add(to.groupId, [userId])
    })
  }

  /**
   * Founds a department with its employees and their group.
   * @param owner the user who owns the group
   */
  async found(
    tx: EntityManager,
    owner: string,
    { people, ...department }: Omit<Department, 'groupId'> & { readonly people: readonly string[] },
  ): Promise<void> {
    const { groupId } = await this.im.within(tx).groups.create({ owner, name: department.name, members: people })
    await tx.insert(Department, { ...department, groupId })
    for (const userId of people) await tx.insert(Employee, { userId, departmentId: department.id })
  }
}
