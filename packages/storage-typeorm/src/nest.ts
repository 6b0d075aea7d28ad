// The storage as a Nest module. Only this file of the package imports NestJS.
import { ConfigurableModuleBuilder, Module, type DynamicModule } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'
import { option, type Outbox, tokens } from '@rookery/core'
import { DataSource, type EntityManager } from 'typeorm'
import { wordsOf } from './declared.js'
import { optionsBeside } from './host.js'
import { mysqlOptionNames } from './mysql/options.js'
import { SqlOutbox, type SqlOutboxOptions, type SqlTransactions } from './outbox/sql-outbox.js'
import { TypeOrmOutbox } from './outbox/typeorm-outbox.js'
import { postgresOptionNames } from './postgres/options.js'
import { type SqliteOptions, sqliteOptionNames } from './sqlite/options.js'
import { TypeOrmStorage, type TypeOrmStorageOptions } from './typeorm-storage.js'

/**
 * The options of `TypeOrmStorage`. Without `database`, `url` or `host` chat is stored beside the host's own tables: on
 * SQLite in a file beside the one of the host's `DataSource`; on PostgreSQL, MySQL and MariaDB in the same database.
 */
export type TypeOrmStorageModuleOptions = Partial<TypeOrmStorageOptions> & OwnOptions

interface OwnOptions {
  /**
   * Whether chat makes `im_outbox` in the host's database if it is missing; with false the app does not start without
   * it. Default: true, and false with `migrations: 'check'`.
   */
  readonly createTable?: boolean
  /** The name of the host's DataSource, as in `TypeOrmModule.forRoot({ name })`. Default: the one without a name. */
  readonly dataSource?: string
  /**
   * For hosts on another ORM: how `im.within(tx)` runs a statement in a transaction of that ORM. Default: `within`
   * takes transactions of the host's DataSource.
   */
  readonly outbox?: SqlOutboxModuleOptions
}

/** The options of `SqlOutbox`. The database is the one in the module's own options, unless `url` names another. */
export type SqlOutboxModuleOptions<Tx = unknown> = SqlTransactions<Tx> & {
  /** The kind of the host's database. Default: the module's option `type`. */
  readonly dialect?: SqlOutboxOptions['dialect']
  /** The address of the database with the host's tables. Default: the module's option `url`. */
  readonly url?: string
  /** On PostgreSQL: the schema of the table. Default: the first schema of the account's search path. */
  readonly schema?: string
  /** The name of the host's connection in @nestjs-cls/transactional. Default: the one without a name. */
  readonly connectionName?: string
}

const declared = {
  createTable: option.optional(option.flag('must be true or false')),
  dataSource: option.optional(option.text(/./, "must be the name of a DataSource, such as 'shop'")),
  outbox: option.optional(
    option.passing<SqlOutboxModuleOptions>(
      (value) => typeof value === 'object' && value !== null,
      'must be { run: (tx, sql, values) => …, isRunning: (tx) => … }',
    ),
  ),
} satisfies option.Options<OwnOptions>

const words = wordsOf('TypeOrmStorageModule')

/** By the kind of database, if that is given. */
const namesOf: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': sqliteOptionNames,
  postgres: postgresOptionNames,
  mysql: mysqlOptionNames,
  mariadb: mysqlOptionNames,
}

/**
 * Splits the options into the module's own and those of the storage, which the storage checks when it starts.
 * @throws Error of one line that names the option and the remedy.
 */
function sorted(given: TypeOrmStorageModuleOptions): { own: OwnOptions; options: Partial<TypeOrmStorageOptions> } {
  const { createTable, dataSource, outbox, ...options } = given
  const storages = Object.hasOwn(namesOf, given.type ?? '') ? namesOf[given.type!]! : Object.values(namesOf).flat()
  option.refuseUnknown(given, [...new Set([...Object.keys(declared), ...storages])], words)
  return { own: option.read(declared, { createTable, dataSource, outbox }, words), options }
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<TypeOrmStorageModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build()

/**
 * Chat's storage for `RookeryModule`; import it beside that module, in any order. It opens its own connections. Chat
 * starts and stops it, not this module.
 */
@Module({
  providers: [
    {
      provide: tokens.storage,
      inject: [ModuleRef, MODULE_OPTIONS_TOKEN],
      useFactory: (app: ModuleRef, options: TypeOrmStorageModuleOptions) => createStorage(app, options),
    },
    {
      provide: tokens.outbox,
      inject: [ModuleRef, MODULE_OPTIONS_TOKEN],
      useFactory: (app: ModuleRef, options: TypeOrmStorageModuleOptions) => createOutbox(app, options),
    },
  ],
  exports: [tokens.storage, tokens.outbox],
})
export class TypeOrmStorageModule extends ConfigurableModuleClass {
  /** @param options default: everything follows from the host's `TypeOrmModule.forRoot`. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options)
  }

  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options)
  }
}

/** Gets the host's DataSource when chat starts: it exists by then, in whatever order the modules are imported. */
function createStorage(app: ModuleRef, given: TypeOrmStorageModuleOptions): TypeOrmStorage {
  const { own, options } = sorted(given)
  const { dataSource } = own
  const { type, database } = options
  if (type === 'postgres' || type === 'mysql' || type === 'mariadb') {
    const isNamed = options.url !== undefined || options.host !== undefined || database !== undefined
    if (isNamed) return new TypeOrmStorage(options as TypeOrmStorageOptions)
  } else if (database !== undefined) {
    return new TypeOrmStorage({ ...(options as Partial<SqliteOptions>), type: 'better-sqlite3', database })
  }
  return new TypeOrmStorage(() => optionsBeside(findDataSource(app, dataSource), options))
}

async function createOutbox(app: ModuleRef, given: TypeOrmStorageModuleOptions): Promise<Outbox> {
  const { own, options } = sorted(given)
  const { dataSource, outbox } = own
  const { tablePrefix, migrations } = options
  const table = {
    createTable: own.createTable ?? migrations !== 'check',
    ...(tablePrefix === undefined ? {} : { tablePrefix }),
  }
  if (outbox !== undefined) return sqlOutbox(options, outbox, table)
  const host = (): DataSource | null =>
    dataSource === undefined ? dataSourceOf(app, dataSource) : findDataSource(app, dataSource)
  const current = (await runningTransactions(dataSource)) as () => EntityManager | null
  return new TypeOrmOutbox(host, { current, ...table })
}

async function sqlOutbox(
  storage: Partial<TypeOrmStorageOptions>,
  { connectionName, ...given }: SqlOutboxModuleOptions,
  table: Pick<SqlOutboxOptions, 'createTable' | 'tablePrefix'>,
): Promise<SqlOutbox> {
  const { type } = storage
  const { dialect = type, url = 'url' in storage ? storage.url : undefined } = given
  if (dialect === undefined || dialect === 'better-sqlite3' || url === undefined)
    throw new Error(
      "TypeOrmStorageModule option outbox lacks the app's database: give forRoot({ type: 'postgres', url: 'postgres://…', outbox }), or outbox: { dialect, url, … }; 'postgres', 'mysql' and 'mariadb' are supported",
    )
  return new SqlOutbox({ ...given, ...table, dialect, url, current: await runningTransactions(connectionName) })
}

function findDataSource(app: ModuleRef, name: string | undefined): DataSource {
  const found = dataSourceOf(app, name)
  if (found !== null) return found
  throw new Error(
    name === undefined
      ? "TypeOrmStorageModule finds no DataSource: import TypeOrmModule.forRoot(…), or name yours by TypeOrmStorageModule.forRoot({ dataSource: 'name' }) where it has a name, or give forRoot({ database: … })"
      : `TypeOrmStorageModule finds no DataSource of the name '${name}': import TypeOrmModule.forRoot({ name: '${name}', … }), or name another one as its option dataSource`,
  )
}

/** As @nestjs/typeorm provides it: under its class, or under its name. */
function dataSourceOf(app: ModuleRef, name = 'default'): DataSource | null {
  try {
    return app.get<DataSource>(name === 'default' ? DataSource : `${name}DataSource`, { strict: false })
  } catch {
    return null
  }
}

/**
 * If the host uses @nestjs-cls/transactional, this finds its running transaction, so that the host need not pass it. It
 * works with every adapter: `tx` is what that ORM gives to the code inside a transaction.
 * @param name the name of the DataSource; the host's connection there may have the same name, or none
 */
async function runningTransactions(name: string | undefined): Promise<() => unknown> {
  const cls = await import('@nestjs-cls/transactional').catch(() => null)
  const running = (connection?: string): unknown => {
    try {
      const host = cls?.TransactionHost.getInstance(connection)
      return host?.isTransactionActive() === true ? host.tx : null
    } catch {
      // The package is installed, but this app does not use it.
      return null
    }
  }
  return name === undefined ? () => running() : () => running(name) ?? running()
}
