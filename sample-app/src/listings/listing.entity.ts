import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A car for sale. */
@Entity('listings')
export class Listing {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string

  /** The user who sells it. */
  @Column({ type: 'varchar', length: 32 })
  seller!: string

  @Column({ type: 'varchar', length: 120 })
  title!: string

  /** Whole euros. */
  @Column({ type: 'int' })
  price!: number

  /** The number of views. */
  @Column({ type: 'int', default: 0 })
  views!: number

  /** Unix ms. */
  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number
}
