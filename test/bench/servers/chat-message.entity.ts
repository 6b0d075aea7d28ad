// The table of the hand-written gateway.
import { Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm'

@Entity()
@Index(['conversation', 'id'])
@Unique(['sender', 'clientId'])
export class ChatMessage {
  @PrimaryGeneratedColumn()
  id!: number

  @Column({ type: 'varchar', length: 64 })
  conversation!: string

  @Column({ type: 'varchar', length: 64 })
  sender!: string

  @Column({ type: 'varchar', length: 64 })
  clientId!: string

  @Column({ type: 'text' })
  body!: string

  // The gateway sets it: a default in SQLite has whole seconds only, and costs a SELECT after each INSERT.
  @Column()
  createdAt!: Date
}
