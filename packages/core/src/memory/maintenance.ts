// Maintenance of the data in memory. Each step runs in one turn, so nobody sees half of it.
import type { Maintenance } from '../ports/storage.js'
import type { Tables } from './rows.js'
import { eraseUser, exportUser } from './erase.js'
import { trim } from './trim.js'
import { verify } from './verify.js'

export const maintenance = (tables: () => Tables): Maintenance => ({
  trim: async (limits, step) => trim(tables(), limits, step),
  export: async (userId, step) => exportUser(tables(), userId, step),
  erase: async (userId, step) => eraseUser(tables(), userId, step),
  renewEpoch: async (epoch) => void (tables().epoch = epoch),
  verify: async (step) => verify(tables(), step),
})
