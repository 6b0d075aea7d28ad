// An index over a table that is in use: built beside those who write, in no transaction.
import type { QueryRunner } from 'typeorm'

/** `on` is what stands behind ON in CREATE INDEX. Of a migration whose `transaction` is false. */
export async function buildIndex(runner: QueryRunner, name: string, table: string, on: string): Promise<void> {
  const [found] = (await runner.query('SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)', [
    name,
  ])) as { valid: boolean }[]
  if (found?.valid) return
  const [row] = (await runner.query(`SELECT EXISTS (SELECT FROM ${table}) AS filled`)) as { filled: boolean }[]
  // To build beside others is to wait for every transaction of the database: not for the sake of nothing.
  const beside = row?.filled ? 'CONCURRENTLY' : ''
  const [before] = (await runner.query('SHOW lock_timeout')) as { lock_timeout: string }[]
  // It stands in nobody's way while it waits: the locks of those who write do not meet with its own.
  if (row?.filled) await runner.query('SET lock_timeout = 0')
  // What a build that was interrupted left behind serves nobody, and every write pays for it.
  if (found) await runner.query(`DROP INDEX ${beside} ${name}`)
  await runner.query(`CREATE INDEX ${beside} ${name} ON ${table} ${on}`)
  await runner.query(`SET lock_timeout = '${before!.lock_timeout}'`)
}
