// Compares docs/options.md with the source: no option is missing, none is invented, every default is right.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './blocks.js'

const source = (path: string): string => readFileSync(join(root, 'packages', path), 'utf8')

/** The options that an interface names. */
function named(path: string, name: string): string[] {
  const body = new RegExp(`export interface ${name}(?:<[^{]*>)? \\{\\n(.*?)\\n\\}`, 's').exec(source(path))?.[1]
  if (body === undefined) throw new Error(`${path} has no interface ${name}`)
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, option]) => option!)
}

/** The doc comment of each option of an interface, as editors show it. */
function told(path: string, name: string): Readonly<Record<string, string>> {
  const body = new RegExp(`export interface ${name}(?:<[^{]*>)? \\{\\n(.*?)\\n\\}`, 's').exec(source(path))![1]!
  const docs = body.matchAll(/^ {2}\/\*\*((?:(?!\*\/).)*)\*\/\n {2}readonly (\w+)\??:/gms)
  return Object.fromEntries([...docs].map(([, doc, option]) => [option!, doc!.replaceAll(/\s*\n\s*\* ?/g, ' ')]))
}

/** A number in every form in which the docs may write it. */
function forms(option: string, value: unknown): string[] {
  if (typeof value !== 'number') return [String(value)]
  const units = option.endsWith('Ms')
    ? { ms: 1, s: 1000, min: 60_000, h: 3_600_000, days: 86_400_000 }
    : { KiB: 1024, MiB: 1_048_576 }
  const scaled = Object.entries(units).map(([unit, size]) => `${value / size} ${unit}`)
  return [String(value), value.toLocaleString('en'), ...scaled]
}

/** The interfaces on the page, those that are composed of them, and those that hosts never give. */
const onThePage = ['RookeryOptions', 'SocketIoTransportOptions', 'SqliteOptions', 'PostgresOptions', 'MysqlOptions']
onThePage.push('WebPushOptions', 'RedisOptions', 'TypeOrmOutboxOptions', 'SqlOutboxOptions', 'RookeryEndpointsOptions')
onThePage.push('RookeryMetricsOptions', 'RookeryTracingOptions', 'ImPatternsOptions', 'ImClientOptions')
const notOnThePage = [
  'ProvidedOptions',
  'ResolvedOptions',
  'RookeryModuleOptions',
  'LinkOptions',
  'MemoryStorageOptions',
]

/** The exports of a source module. The code composes the path, so that no linter takes it for an import. */
const load = (path: string): Promise<any> => import(join(root, 'packages', path))

interface Row {
  readonly option: string
  readonly default: string
  readonly why: string
}

const page = readFileSync(join(root, 'docs/options.md'), 'utf8')

const rowsOf = (text: string): Row[] =>
  [...text.matchAll(/^\| `([\w.]+)` \| (.*?) \| (.*?) ?\|$/gm)].map(([, option, given, why]) => ({
    option: option!,
    default: given!,
    why: why!,
  }))

/** The rows of the table under a heading. */
function table(heading: string): Row[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`docs/options.md has no heading ${heading}`)
  return rowsOf(section)
}

/** The options of `RookeryModule`, by theme: core's, those of its objects under `object.`, and the transport's. */
const themes = rowsOf(page.slice(0, page.indexOf('\n## Several nodes\n')))
const transportMark = '*Transport.* '
const isTransports = ({ why }: Row): boolean => why.startsWith(transportMark)

/** The rows of an object of options, without its name. */
const objectRows = (name: string): Row[] =>
  themes
    .filter(({ option }) => option.startsWith(`${name}.`))
    .map((row) => ({ ...row, option: row.option.slice(name.length + 1) }))

/** A default in the notation of the page: `10,000`, `` `im_` ``, `` `true` ``. */
const shown = (value: unknown): string =>
  typeof value === 'number' ? value.toLocaleString('en') : `\`${String(value)}\``

const portNames = Object.keys(((await load('core/src/ports/tokens.ts')) as { tokens: object }).tokens)
const ports = [...portNames, 'logger']
const coreOptions = named('core/src/options/options.ts', 'RookeryOptions')
const { settingsOf } = await load('core/src/options/options.ts')
const push = { providers: [{ name: 'one', send: () => {} }] }
const settings = settingsOf({ storage: { commit: () => {} }, authenticate: () => null, push })
const { settle } = await load('transport-socketio/src/options.ts')
const { checkSqliteOptions } = await load('storage-typeorm/src/sqlite/options.ts')
const { checkPostgresOptions } = await load('storage-typeorm/src/postgres/options.ts')
const { checkRedisOptions } = await load('presence-redis/src/options.ts')
const { checkMysqlOptions } = await load('storage-typeorm/src/mysql/options.ts')

const redisDefaults = { ...checkRedisOptions({ url: 'redis://a' }), url: undefined, logger: undefined }

/** The options that are objects, each with an interface. */
const objects: Readonly<Record<string, { options: string[]; defaults: Readonly<Record<string, unknown>> }>> = {
  groups: { options: named('core/src/options/limits.ts', 'GroupRules'), defaults: settings.groups },
  fanout: { options: named('core/src/options/limits.ts', 'FanOutRules'), defaults: settings.fanout },
  drain: { options: named('core/src/options/limits.ts', 'DrainRules'), defaults: settings.drain },
  limits: { options: named('core/src/options/limits.ts', 'Limits'), defaults: settings.limits },
  timing: { options: named('core/src/options/limits.ts', 'Timing'), defaults: settings.timing },
  retention: { options: named('core/src/options/retention.ts', 'Retention'), defaults: settings.retention },
}

interface Section {
  readonly heading: string
  readonly options: string[]
  readonly defaults: Readonly<Record<string, unknown>>
  /** Default: those under the heading. */
  readonly rows?: readonly Row[]
}

const sections: readonly Section[] = [
  {
    heading: 'RookeryModule',
    options: [...coreOptions.filter((name) => !ports.includes(name) && !Object.hasOwn(objects, name)), 'topics'],
    defaults: {},
    rows: themes.filter((row) => !row.option.includes('.') && !isTransports(row)),
  },
  ...Object.entries(objects).map(([heading, object]) => ({ heading, ...object, rows: objectRows(heading) })),
  { heading: 'Ports', options: coreOptions.filter((name) => ports.includes(name)), defaults: {} },
  {
    heading: 'Push',
    options: named('core/src/options/push.ts', 'PushRules'),
    defaults: { ...settings.push, providers: undefined },
  },
  {
    heading: 'Web Push',
    options: named('push/src/web-push/web-push.ts', 'WebPushOptions'),
    defaults: { deadlineMs: 8000 },
  },
  {
    heading: 'Transport',
    options: named('transport-socketio/src/options.ts', 'SocketIoTransportOptions').filter((name) => name !== 'logger'),
    defaults: settle({}),
    rows: themes.filter(isTransports),
  },
  {
    heading: 'Storage on SQLite',
    options: named('storage-typeorm/src/sqlite/options.ts', 'SqliteOptions'),
    defaults: { ...checkSqliteOptions({ type: 'better-sqlite3', database: 'a.sqlite' }), database: undefined },
  },
  {
    heading: 'Storage on PostgreSQL',
    options: named('storage-typeorm/src/postgres/options.ts', 'PostgresOptions'),
    defaults: checkPostgresOptions({ type: 'postgres' }),
  },
  {
    heading: 'Storage on MySQL and MariaDB',
    options: named('storage-typeorm/src/mysql/options.ts', 'MysqlOptions'),
    defaults: { ...checkMysqlOptions({ type: 'mysql', database: 'a' }), type: undefined },
  },
  {
    heading: 'Several nodes',
    options: named('presence-redis/src/options.ts', 'RedisOptions'),
    defaults: redisDefaults,
  },
  {
    heading: 'TypeOrmOutbox',
    options: named('storage-typeorm/src/outbox/typeorm-outbox.ts', 'TypeOrmOutboxOptions'),
    defaults: {},
  },
  {
    heading: 'SqlOutbox',
    options: named('storage-typeorm/src/outbox/sql-outbox.ts', 'SqlOutboxOptions'),
    defaults: {},
  },
  {
    heading: 'List of nodes',
    options: named('nest-adapter/src/endpoints/endpoints.module.ts', 'RookeryEndpointsOptions'),
    defaults: {},
  },
  {
    heading: 'Message patterns',
    options: named('nest-adapter/src/patterns/patterns.module.ts', 'ImPatternsOptions'),
    defaults: {},
  },
  {
    heading: 'ImClient',
    options: named('nest-adapter/src/im-client/im-client.ts', 'ImClientOptions'),
    defaults: {},
  },
  {
    heading: 'Metrics',
    options: named('nest-adapter/src/metrics/metrics.module.ts', 'RookeryMetricsOptions'),
    defaults: {},
  },
  {
    heading: 'Tracing',
    options: named('nest-adapter/src/tracing/tracing.module.ts', 'RookeryTracingOptions'),
    defaults: {},
  },
]

const typeOrm = 'storage-typeorm/src'
/** Those of whose options some have a default. */
const interfaces: readonly { path: string; name: string; defaults: Readonly<Record<string, unknown>> }[] = [
  { path: 'core/src/options/limits.ts', name: 'GroupRules', defaults: settings.groups },
  { path: 'presence-redis/src/options.ts', name: 'RedisOptions', defaults: redisDefaults },
  { path: 'core/src/options/limits.ts', name: 'FanOutRules', defaults: settings.fanout },
  { path: 'core/src/options/limits.ts', name: 'DrainRules', defaults: settings.drain },
  { path: 'core/src/options/limits.ts', name: 'Limits', defaults: settings.limits },
  { path: 'core/src/options/limits.ts', name: 'Timing', defaults: settings.timing },
  { path: 'core/src/options/limits.ts', name: 'Rate', defaults: settings.rate },
  { path: 'core/src/options/retention.ts', name: 'Retention', defaults: settings.retention },
  {
    path: 'core/src/options/push.ts',
    name: 'PushRules',
    defaults: { ...settings.push, providers: undefined },
  },
  { path: 'transport-socketio/src/options.ts', name: 'SocketIoTransportOptions', defaults: settle({}) },
  {
    path: `${typeOrm}/sqlite/options.ts`,
    name: 'SqliteOptions',
    defaults: { ...checkSqliteOptions({ type: 'better-sqlite3', database: 'a.sqlite' }), database: undefined },
  },
  {
    path: `${typeOrm}/postgres/options.ts`,
    name: 'PostgresOptions',
    defaults: checkPostgresOptions({ type: 'postgres' }),
  },
  {
    path: `${typeOrm}/mysql/options.ts`,
    name: 'MysqlOptions',
    defaults: { ...checkMysqlOptions({ type: 'mysql', database: 'a' }), type: undefined },
  },
]

describe('docs/options.md', () => {
  it.each(sections)('names every option of $heading, and no other', ({ heading, options, rows = table(heading) }) => {
    expect(options.length).toBeGreaterThan(0)
    expect(rows.map(({ option }) => option).sort()).toEqual(options.sort())
  })

  it.each(sections)(
    'gives the defaults of $heading as they are in the source',
    ({ heading, defaults, rows = table(heading) }) => {
      const known = rows.filter(({ option }) => defaults[option] != null)
      expect(Object.fromEntries(known.map((row) => [row.option, row.default]))).toEqual(
        Object.fromEntries(known.map(({ option }) => [option, shown(defaults[option])])),
      )
    },
  )

  it.each(interfaces)('is told in editors with the same defaults: $name', ({ path, name, defaults }) => {
    const docs = told(path, name)
    const wrong = named(path, name).filter((option) => {
      const value = defaults[option]
      if (value === undefined || value === null || typeof value === 'object') return docs[option] === undefined
      return !forms(option, value).some((form) =>
        new RegExp(`(?<![\\w.,])${form}(?![\\w,]\\w)`).test(docs[option] ?? ''),
      )
    })
    expect(wrong).toEqual([])
  })

  // The client's options are in docs/client.md.
  it('knows every interface of options that a package of the server has', () => {
    const files = readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' })
    const found = files
      .filter(
        (file) => /^(?!testing\/|client\/)[a-z-]+\/src\/(?!testing\/).*\.ts$/.test(file) && !file.endsWith('.test.ts'),
      )
      .flatMap((file) => [...source(file).matchAll(/^export interface (\w+Options)\b/gm)].map(([, name]) => name!))
    expect(found.sort()).toEqual([...onThePage, ...notOnThePage].sort())
  })

  it('has no option of an object that there is not', () => {
    const prefixes = themes.filter(({ option }) => option.includes('.')).map(({ option }) => option.split('.')[0])
    expect([...new Set(prefixes)].sort()).toEqual(Object.keys(objects).sort())
    for (const name of Object.keys(objects)) expect(coreOptions).toContain(name)
  })

  it('gives the rate as it is in the source', () => {
    const rate = themes.find(({ option }) => option === 'rate')
    expect(rate?.default).toBe(`${settings.rate.perSecond} a second, ${settings.rate.burst} at once`)
  })

  it('says of every option what it is, unless its name does', () => {
    const plain = ['port', 'username', 'database']
    for (const { heading, rows = table(heading) } of sections)
      for (const row of rows) if (row.why === '') expect(plain).toContain(row.option)
  })
})
