// A host in a separate process, which is killed in the moment after its transaction was committed. Its only argument is
// JSON: the options of its database, and the id of the order.
import { createRookery } from '@rookery/core'
import { TypeOrmOutbox, TypeOrmStorage } from '@rookery/storage-typeorm'
import { DataSource } from 'typeorm'

const { options, id } = JSON.parse(process.argv[2])
const host = await new DataSource(options).initialize()
const rookery = createRookery({
  storage: new TypeOrmStorage(options),
  outbox: new TypeOrmOutbox(() => host),
  authenticate: ({ token }) => ({ userId: token }),
})
await rookery.start()
await host.transaction(async (tx) => {
  await tx.query(`INSERT INTO orders (id) VALUES (${id})`)
  await rookery.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { id } })
})
process.kill(process.pid, 'SIGKILL')
