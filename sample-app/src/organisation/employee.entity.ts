import { Column, Entity, PrimaryColumn } from 'typeorm'

/** In which department a user works. Not every user is one of the company's. */
@Entity('employees')
export class Employee {
  @PrimaryColumn({ name: 'user_id', type: 'varchar', length: 32 })
  userId!: string

  @Column({ name: 'department_id', type: 'varchar', length: 32 })
  departmentId!: string
}
