// A host of its own process that ends, without a goodbye, in the moment in which its transaction was committed.
// Its one argument is JSON: of which kind its database is, where, and the id of the order.
import { createRookery } from '@rookery/core'
import { TypeOrmOutbox, TypeOrmStorage } from '@rookery/storage-typeorm'
import { DataSource } from 'typeorm'

const { type, where, id } = JSON.parse(process.argv[2])
const host = await new DataSource({ type, ...where }).initialize()
const rookery = createRookery({
  storage: new TypeOrmStorage({ type, ...where }),
  outbox: new TypeOrmOutbox(() => host),
  authenticate: ({ token }) => ({ userId: token }),
})
await rookery.start()
await host.transaction(async (tx) => {
  await tx.query(`INSERT INTO orders (id) VALUES (${type === 'postgres' ? '$1' : '?'})`, [id])
  await rookery.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { id } })
})
process.kill(process.pid, 'SIGKILL')
