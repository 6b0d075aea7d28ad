import { type MigrationInterface, type QueryRunner, Table } from 'typeorm'
import { text } from './columns.js'

export class CreateUsers1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'users',
        columns: [
          { ...text(runner, 'username', 32), isPrimary: true },
          text(runner, 'password_hash', 255),
          { name: 'created_at', type: 'bigint' },
        ],
      }),
      true,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('users')
  }
}
