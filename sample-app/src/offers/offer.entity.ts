import { Column, Entity, PrimaryColumn } from 'typeorm'

/** What a buyer would pay for a listing. */
@Entity('offers')
export class Offer {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string

  @Column({ name: 'listing_id', type: 'varchar', length: 36 })
  listingId!: string

  /** The buyer. */
  @Column({ type: 'varchar', length: 32 })
  buyer!: string

  /** Whole euros. */
  @Column({ type: 'int' })
  price!: number

  /** Unix ms. */
  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number
}
