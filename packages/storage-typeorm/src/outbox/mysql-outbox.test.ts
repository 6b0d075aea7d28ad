import { createRookery } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import { DataSource } from 'typeorm'
import { expect, it, onTestFinished } from 'vitest'
import { ask, describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { connect, order, outboxScene, outboxTrials } from '../../testing/outbox-trials.js'
import { describeWithMysql, PrivateMysql } from '../../testing/private-mysql.js'
import { TypeOrmStorage } from '../typeorm-storage.js'
import { TypeOrmOutbox } from './typeorm-outbox.js'

describeOnMysql('within a transaction of the host on MySQL', () => {
  const scene = outboxScene(freshDatabase)
  outboxTrials(scene)

  it("text is kept over a host's connection whose character set lacks it", async () => {
    const old = await scene.hostWith({ charset: 'LATIN1_SWEDISH_CI' })
    onTestFinished(() => old.destroy())
    const rookery = await scene.startNode(old)
    const bob = await connect(rookery, 'bob')
    const text = 'Größe 🚗 你好 " \\'
    await old.transaction((tx) => rookery.im.within(tx).sendC2C({ ...order(1), content: { text } }))
    await bob.until(() => bob.entries.length === 1)
    expect(bob.entries[0].message.content).toEqual({ text })
  })
})

describeWithMysql('within a transaction of the host on a MariaDB whose sessions do not commit by themselves', () => {
  it('rows are found as they come, and are taken away for good', async () => {
    const server = await PrivateMysql.start(['--autocommit=0'])
    const { username = 'root', ...address } = server.where
    const host = new DataSource({ type: 'mariadb', ...address, username } as ConstructorParameters<
      typeof DataSource
    >[0])
    const rookery = createRookery({
      storage: new TypeOrmStorage({ type: 'mariadb', ...server.where }),
      outbox: new TypeOrmOutbox(() => host),
      authenticate: ({ token }) => ({ userId: token }),
    })
    try {
      await host.initialize()
      await rookery.start()
      const bob = await FakeDevice.connect(rookery.gate, { token: 'bob', deviceId: 'd', deviceType: 'phone' })
      for (const id of [1, 2, 3]) {
        await host.transaction((tx) =>
          rookery.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { id } }),
        )
        await bob.until(() => bob.entries.length === id)
        await expect.poll(() => ask(server.where, 'SELECT id FROM im_outbox'), { timeout: 5000 }).toEqual([])
      }
    } finally {
      await rookery.stop()
      if (host.isInitialized) await host.destroy()
      await server.remove()
    }
  }, 60_000)
})
