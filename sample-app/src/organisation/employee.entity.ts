import { Column, Entity, PrimaryColumn } from 'typeorm'

/** The department in which a user works. Not every user is an employee. */
@Entity('employees')
export class Employee {
  @PrimaryColumn({ name: 'user_id', type: 'varchar', length: 32 })
  userId!: string

  @Column({ name: 'department_id', type: 'varchar', length: 32 })
  departmentId!: string
}
