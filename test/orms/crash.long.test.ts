// A process dies between the commit of the host's transaction and the wake, on each ORM: another process delivers the
// message.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import {
  ask,
  describeOnPostgres,
  everybodyGone,
  freshDatabase,
  urlOf,
} from '../../packages/storage-typeorm/testing/postgres.js'
import { hosts, messagesIn, ordersTable, startHost } from './hosts.js'

describeOnPostgres('a message of a process that died at its commit', () => {
  it.each(Object.keys(hosts))('is delivered by another process, on %s', async (name) => {
    const { where, drop } = await freshDatabase()
    await ask(where, ordersTable)
    const { app } = await startHost(name, urlOf(where))
    try {
      const child = join(import.meta.dirname, '../dist/orms/placing-child.js')
      const died = promisify(execFile)(process.execPath, [child, name, urlOf(where), 'volvo'])
      await expect(died).rejects.toMatchObject({ signal: 'SIGKILL' })
      const diedAt = performance.now()
      await expect.poll(() => messagesIn(app), { timeout: 10_000 }).toMatchObject([{ content: { car: 'volvo' } }])
      console.log(`${name}: delivered ${Math.round(performance.now() - diedAt)} ms after the crash`)
      await expect.poll(() => ask(where, 'SELECT id FROM im_outbox')).toEqual([])
    } finally {
      await app.close()
      await everybodyGone(where)
      await drop()
    }
  })
})
