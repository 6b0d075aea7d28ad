// Our functions. When their text changes, a migration makes them anew. The migration's name and theirs contain a digest
// of the text, so that nobody has to remember to raise a number. The migration runs after every migration of tables.
// Functions with an earlier text stay, for nodes of an earlier version that still run or start again.
import { createHash } from 'node:crypto'
import type { MigrationInterface, QueryRunner } from 'typeorm'
import { tablesOf, type Tables } from '../../rows/tables.js'
import { quoted } from '../quoted.js'
import { appendFunction } from './append-function.js'
import { appendKnownFunction } from './append-known-function.js'
import { controlFunction } from './control-function.js'
import { groupFunction } from './group-function.js'
import { lockFunction } from './lock-function.js'
import { makeFunction } from './make-function.js'
import { functionsNamed, type Functions } from './names.js'
import { operationFunctions } from './operation-functions.js'
import { postFunction } from './post-function.js'
import { pushFunctions } from './push-function.js'

const textsOf = (t: Tables, f: Functions): readonly string[] => [
  makeFunction(t, f),
  lockFunction(t, f),
  appendFunction(t, f),
  appendKnownFunction(t, f),
  postFunction(t, f),
  controlFunction(t, f),
  groupFunction(t, f),
  ...pushFunctions(t, f),
  ...operationFunctions(t, f),
]

const revision = createHash('sha256')
  .update(textsOf(tablesOf(''), functionsNamed('', '')).join('\n'))
  .digest('hex')
  .slice(0, 8)

export const functionsOf = (prefix: string): Functions => functionsNamed(prefix, `_${revision}`)

/** The number at its end has the form of a time, and is greater than those of the tables' migrations. */
export const functionsMigrationName = `ImFunctions_${revision}_9000000000000`

/** The migration, under the names of one installation. */
export function functionsMigration(t: Tables, f: Functions, schema: string | null): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = functionsMigrationName

    async up(runner: QueryRunner): Promise<void> {
      if (schema !== null) await runner.query(`SET LOCAL search_path TO ${quoted(schema)}`)
      // Somebody who drops every table leaves the functions. A function with the same name has the same text.
      for (const text of textsOf(t, f))
        await runner.query(text.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'))
    }

    async down(runner: QueryRunner): Promise<void> {
      if (schema !== null) await runner.query(`SET LOCAL search_path TO ${quoted(schema)}`)
      for (const name of Object.values(f)) await runner.query(`DROP FUNCTION ${name}`)
    }
  }
}
