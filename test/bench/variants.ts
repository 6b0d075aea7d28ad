// The servers that are compared, and what is expected of one against another.
import type { WireName } from './load/wires.js'

export interface Variant {
  readonly name: string
  /** What a reader of the report should know it as. */
  readonly title: string
  /** Relative to this folder, as it is built. */
  readonly file: string
  /** Further variables of its environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly wire: WireName
  readonly stores: boolean
  /** Where it needs a database server to make a database on. */
  readonly database?: 'postgres'
}

/** In the order of their turns. */
export const variants: readonly Variant[] = [
  {
    name: 'rookery',
    title: 'Rookery, SQLite FULL',
    file: './servers/rookery-sqlite.js',
    wire: 'rookery',
    stores: true,
  },
  {
    name: 'rookery-nest',
    title: 'Rookery in a Nest app, SQLite FULL',
    file: './servers/rookery-nest-sqlite.js',
    wire: 'rookery',
    stores: true,
  },
  {
    name: 'hand-written',
    title: 'hand-written Nest gateway, SQLite FULL',
    file: './servers/hand-written-sqlite.js',
    wire: 'room',
    stores: true,
  },
  {
    name: 'rookery-pg',
    title: 'Rookery, PostgreSQL',
    file: './servers/rookery-postgres.js',
    wire: 'rookery',
    stores: true,
    database: 'postgres',
  },
  {
    name: 'hand-written-pg',
    title: 'hand-written Nest gateway, PostgreSQL',
    file: './servers/hand-written-postgres.js',
    wire: 'room',
    stores: true,
    database: 'postgres',
  },
  {
    name: 'relay',
    title: 'raw socket.io relay, stores nothing',
    file: './servers/relay.js',
    wire: 'room',
    stores: false,
  },
]

/** `measured` is to reach `factor` times `against` (or stay at or below it, where less is better). */
export interface Target {
  readonly measured: string
  readonly against: string
  readonly factor: number
}

/** Acknowledged messages a second, by how many each sender keeps unanswered. */
export const pairTargets: Readonly<Record<number, readonly Target[]>> = {
  1: [
    { measured: 'rookery', against: 'hand-written', factor: 4 },
    { measured: 'rookery-nest', against: 'hand-written', factor: 4 },
    { measured: 'rookery-pg', against: 'hand-written-pg', factor: 5 },
    { measured: 'rookery-pg', against: 'relay', factor: 0.4 },
  ],
  8: [
    { measured: 'rookery', against: 'hand-written', factor: 5 },
    { measured: 'rookery-nest', against: 'hand-written', factor: 5 },
    { measured: 'rookery', against: 'relay', factor: 0.4 },
    { measured: 'rookery-nest', against: 'relay', factor: 0.4 },
    { measured: 'rookery-pg', against: 'hand-written-pg', factor: 9 },
    { measured: 'rookery-pg', against: 'relay', factor: 0.6 },
  ],
}

/** Heap of an idle connection: at most. */
export const idleTarget: Target = { measured: 'rookery', against: 'relay', factor: 1.2 }
