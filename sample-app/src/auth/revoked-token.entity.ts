import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A token that its user logged out; the app deletes it once the token would have expired anyway. */
@Entity('revoked_tokens')
export class RevokedToken {
  /** The token's `jti`. */
  @PrimaryColumn({ name: 'token_id', type: 'varchar', length: 36 })
  tokenId!: string

  /** Unix ms. */
  @Column({ name: 'expires_at', type: 'bigint' })
  expiresAt!: number
}
