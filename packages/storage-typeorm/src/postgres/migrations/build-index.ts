// Builds an index over a table that is in use, while others write to it, outside a transaction.
import type { QueryRunner } from 'typeorm'

/** `on` is the text after ON in CREATE INDEX. Use this only in a migration whose `transaction` is false. */
export async function buildIndex(runner: QueryRunner, name: string, table: string, on: string): Promise<void> {
  const [found] = (await runner.query('SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)', [
    name,
  ])) as { valid: boolean }[]
  if (found?.valid) return
  const [row] = (await runner.query(`SELECT EXISTS (SELECT FROM ${table}) AS filled`)) as { filled: boolean }[]
  // A concurrent build waits for every transaction of the database, so this skips an index that exists already.
  const beside = row?.filled ? 'CONCURRENTLY' : ''
  const [before] = (await runner.query('SHOW lock_timeout')) as { lock_timeout: string }[]
  // It blocks nobody while it waits: its lock does not conflict with those of writers.
  if (row?.filled) await runner.query('SET lock_timeout = 0')
  // No query uses an index that an interrupted build left behind, but every write pays for it.
  if (found) await runner.query(`DROP INDEX ${beside} ${name}`)
  await runner.query(`CREATE INDEX ${beside} ${name} ON ${table} ${on}`)
  await runner.query(`SET lock_timeout = '${before!.lock_timeout}'`)
}
