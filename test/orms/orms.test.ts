// Hosts on other ORMs than TypeORM: order and message are stored together or neither, in each of them on PostgreSQL.
import { ImService } from '@rookery/nest-adapter'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  describeOnPostgres,
  everybodyGone,
  freshDatabase,
  urlOf,
} from '../../packages/storage-typeorm/testing/postgres.js'
import { hosts, messagesIn, ordersTable, startHost } from './hosts.js'

describeOnPostgres('an app without TypeORM', () => {
  describe.each(Object.keys(hosts))('on %s', (name) => {
    let place: Awaited<ReturnType<typeof freshDatabase>>
    let host: Awaited<ReturnType<typeof startHost>>
    beforeEach(async () => {
      place = await freshDatabase()
      await ask(place.where, ordersTable)
      host = await startHost(name, urlOf(place.where))
    })
    afterEach(async () => {
      await host.app.close()
      await everybodyGone(place.where)
      await place.drop()
    })

    const rows = (): Promise<unknown[]> => ask(place.where, 'SELECT id FROM im_outbox')
    const sold = async (): Promise<unknown[]> =>
      (await ask<{ car: string }>(place.where, 'SELECT car FROM orders ORDER BY id')).map(({ car }) => car)
    const said = async (): Promise<unknown[]> => (await messagesIn(host.app)).map(({ content }) => content['car'])

    it('a commit delivers one message, a rollback at the commit itself none', async () => {
      const { orders } = host
      await orders.place('ann', 'bob', 'volvo')
      await expect(orders.place('ann', 'bob', 'volvo')).rejects.toThrow()
      await orders.place('ann', 'bob', 'saab’s 🚗')
      await expect.poll(said).toEqual(['volvo', 'saab’s 🚗'])
      await expect.poll(rows).toEqual([])
      expect(await sold()).toEqual(['volvo', 'saab’s 🚗'])
    })

    it('within() refuses whatever is no running transaction, and stores nothing', async () => {
      const im = host.app.get(ImService)
      const send = (tx: unknown): Promise<unknown> =>
        im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: {} })
      let ended: unknown
      await host.database.transaction(async (tx) => void (ended = tx))
      for (const tx of [host.database.db, ended, {}, 'tx']) await expect(send(tx)).rejects.toThrow(TypeError)
      expect(await rows()).toEqual([])
      expect(await messagesIn(host.app)).toEqual([])
    })
  })
})
