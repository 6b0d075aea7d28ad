// Calls of the maintenance port by name, on both sides of a thread.
import type { Maintenance } from '@rookery/core'
import type { Database } from './dialect.js'
import { verify } from './verify.js'
import { trim } from './trim.js'
import { eraseUser, exportUser } from './user.js'

type Call = {
  readonly [Name in keyof Maintenance]: readonly [name: Name, ...args: Parameters<Maintenance[Name]>]
}[keyof Maintenance]

type Answer<Name extends keyof Maintenance> = Awaited<ReturnType<Maintenance[Name]>>

const carryOutOn = (db: Database): Maintenance => ({
  trim: (limits, step) => trim(db, limits, step),
  verify: (step) => verify(db, step),
  export: (userId, step) => exportUser(db, userId, step),
  erase: (userId, step) => eraseUser(db, userId, step),
  renewEpoch: (epoch) => db.transaction((rows) => rows.run(`UPDATE ${db.dialect.tables.meta} SET epoch = ?`, [epoch])),
})

/** Maintenance of a database that this thread can reach. */
export const maintenanceOf = carryOutOn

/**
 * Maintenance of a database in another thread. Each call and each answer is text. `writes` tells whether the call may
 * change anything.
 */
export function maintenanceOver(send: (text: string, writes: boolean) => Promise<string>): Maintenance {
  const call = async <Name extends keyof Maintenance>(
    writes: boolean,
    ...given: [Name, ...Parameters<Maintenance[Name]>]
  ): Promise<Answer<Name>> => JSON.parse(await send(JSON.stringify(given), writes)) as Answer<Name>
  return {
    trim: (limits, step) => call(true, 'trim', limits, step),
    verify: (step) => call(step.repair, 'verify', step),
    export: (userId, step) => call(false, 'export', userId, step),
    erase: (userId, step) => call(true, 'erase', userId, step),
    renewEpoch: (epoch) => call(true, 'renewEpoch', epoch),
  }
}

/** Carries out what `maintenanceOver` sent. */
export async function carryOutCall(db: Database, text: string): Promise<string> {
  const [name, ...args] = JSON.parse(text) as Call
  const run = carryOutOn(db)[name] as (...given: readonly unknown[]) => Promise<unknown>
  return JSON.stringify((await run(...args)) ?? null)
}
