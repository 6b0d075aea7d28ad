// Makes the outbox's table outside the app that uses it.
import { DataSource, type DataSourceOptions } from 'typeorm'
import { prepareTable, type OutboxHost } from './outbox-table.js'

/**
 * @param place the database of the app's own DataSource
 * @throws Error of one line
 */
export async function makeOutbox(place: DataSourceOptions, tablePrefix = 'im_'): Promise<void> {
  const host = new DataSource({ ...place, entities: [], synchronize: false, logging: false } as DataSourceOptions)
  await host.initialize()
  try {
    await prepareTable(host as OutboxHost, `${tablePrefix}outbox`, true)
  } finally {
    await host.destroy()
  }
}
