import { Column, Entity, PrimaryColumn } from 'typeorm'

/** Somebody in a user's contact list. */
@Entity('contacts')
export class Contact {
  /** Whose list it is. */
  @PrimaryColumn({ type: 'varchar', length: 32 })
  owner!: string

  @PrimaryColumn({ name: 'user_id', type: 'varchar', length: 32 })
  userId!: string

  /** Unix ms. */
  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number
}
