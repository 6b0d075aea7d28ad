import { type MigrationInterface, type QueryRunner, Table } from 'typeorm'
import { text } from './columns.js'

export class CreateContacts1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'contacts',
        columns: [
          { ...text(runner, 'owner', 32), isPrimary: true },
          { ...text(runner, 'user_id', 32), isPrimary: true },
          { name: 'created_at', type: 'bigint' },
        ],
      }),
      true,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('contacts')
  }
}
