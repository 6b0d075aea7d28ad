import { Column, Entity, PrimaryColumn } from 'typeorm'

/** One entry of a user's contact list. */
@Entity('contacts')
export class Contact {
  /** The owner of the list. */
  @PrimaryColumn({ type: 'varchar', length: 32 })
  owner!: string

  @PrimaryColumn({ name: 'user_id', type: 'varchar', length: 32 })
  userId!: string

  /** Unix ms. */
  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number
}
