import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A registered user. The name is the user id, in chat too. */
@Entity('users')
export class User {
  @PrimaryColumn({ type: 'varchar', length: 32 })
  username!: string

  /** The result of `hashPassword`. */
  @Column({ name: 'password_hash', type: 'varchar', length: 255 })
  passwordHash!: string

  /** Unix ms. */
  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number
}
