// The servers that the benchmark compares, and the targets between them.
import type { WireName } from './load/wires.js'

export interface Variant {
  readonly name: string
  /** Its name in the report. */
  readonly title: string
  /** Relative to this folder, as built. */
  readonly file: string
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>
  readonly wire: WireName
  readonly stores: boolean
  /** Set if it needs a database on a database server. */
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

/** `measured` must reach `factor` times `against` (or stay at or below it, if less is better). */
export interface Target {
  readonly measured: string
  readonly against: string
  readonly factor: number
}

/** Acknowledged messages a second, by the unanswered messages of each sender. */
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

/** The heap of an idle connection: at most. */
export const idleTarget: Target = { measured: 'rookery', against: 'relay', factor: 1.2 }
