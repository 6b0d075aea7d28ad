import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A part of the company. Its employees have a group in chat. */
@Entity('departments')
export class Department {
  @PrimaryColumn({ type: 'varchar', length: 32 })
  id!: string

  @Column({ type: 'varchar', length: 64 })
  name!: string

  /** Null at the top. */
  @Column({ name: 'parent_id', type: 'varchar', length: 32, nullable: true })
  parentId!: string | null

  @Column({ name: 'group_id', type: 'varchar', length: 128 })
  groupId!: string
}
