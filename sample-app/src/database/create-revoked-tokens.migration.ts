import { type MigrationInterface, type QueryRunner, Table } from 'typeorm'
import { text } from './columns.js'

export class CreateRevokedTokens1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'revoked_tokens',
        columns: [
          { ...text(runner, 'token_id', 36), isPrimary: true },
          { name: 'expires_at', type: 'bigint' },
        ],
      }),
      true,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('revoked_tokens')
  }
}
