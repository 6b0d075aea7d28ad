import { type MigrationInterface, type QueryRunner, Table } from 'typeorm'
import { text } from './columns.js'

export class CreateOrganisation1700000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'departments',
        columns: [
          { ...text(runner, 'id', 32), isPrimary: true },
          text(runner, 'name', 64),
          { ...text(runner, 'parent_id', 32), isNullable: true },
          text(runner, 'group_id', 128),
        ],
      }),
      true,
    )
    await runner.createTable(
      new Table({
        name: 'employees',
        columns: [{ ...text(runner, 'user_id', 32), isPrimary: true }, text(runner, 'department_id', 32)],
        indices: [{ name: 'employees_department', columnNames: ['department_id'] }],
        foreignKeys: [
          { columnNames: ['department_id'], referencedTableName: 'departments', referencedColumnNames: ['id'] },
        ],
      }),
      true,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('employees')
    await runner.dropTable('departments')
  }
}
