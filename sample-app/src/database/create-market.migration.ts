import { type MigrationInterface, type QueryRunner, Table } from 'typeorm'
import { text } from './columns.js'

export class CreateMarket1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'listings',
        columns: [
          { ...text(runner, 'id', 36), isPrimary: true },
          text(runner, 'seller', 32),
          text(runner, 'title', 120),
          { name: 'price', type: 'int' },
          { name: 'views', type: 'int', default: 0 },
          { name: 'created_at', type: 'bigint' },
        ],
        indices: [{ name: 'listings_newest', columnNames: ['created_at'] }],
      }),
      true,
    )
    await runner.createTable(
      new Table({
        name: 'offers',
        columns: [
          { ...text(runner, 'id', 36), isPrimary: true },
          text(runner, 'listing_id', 36),
          text(runner, 'buyer', 32),
          { name: 'price', type: 'int' },
          { name: 'created_at', type: 'bigint' },
        ],
        indices: [{ name: 'offers_listing', columnNames: ['listing_id'] }],
        foreignKeys: [{ columnNames: ['listing_id'], referencedTableName: 'listings', referencedColumnNames: ['id'] }],
      }),
      true,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('offers')
    await runner.dropTable('listings')
  }
}
