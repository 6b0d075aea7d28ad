// A Redis Cluster of three masters for one test.
import { execFileSync } from 'node:child_process'
import { PrivateRedis, until } from './private-redis.js'

export class PrivateCluster {
  private constructor(readonly masters: readonly PrivateRedis[]) {}

  static async start(): Promise<PrivateCluster> {
    const settings = ['cluster-enabled yes', 'cluster-node-timeout 2000', 'cluster-require-full-coverage no']
    const masters = await Promise.all([1, 2, 3].map(() => PrivateRedis.start(settings)))
    const addresses = masters.map(({ port }) => `127.0.0.1:${port}`)
    execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'ignore' })
    const cluster = new PrivateCluster(masters)
    for (const master of masters)
      await until(() => master.ask(async (client) => /cluster_state:ok/.test(await client.cluster('INFO'))))
    return cluster
  }

  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.masters.map(({ address }) => address)
  }

  /** The master of a key or channel. */
  async ownerOf(key: string): Promise<PrivateRedis> {
    const slot = await this.slotOf(key)
    const slots = await this.masters[0]!.ask((client) => client.cluster('SLOTS'))
    const [, , [, port]] = slots.find(([from, to]) => from <= slot && slot <= to) as [number, number, [string, number]]
    return this.masters.find((master) => master.port === port)!
  }

  private slotOf(key: string): Promise<number> {
    return this.masters[0]!.ask((client) => client.cluster('KEYSLOT', key))
  }

  /** Moves the slot of a key, with what is in it, to another master; answers which that is. */
  async move(key: string): Promise<PrivateRedis> {
    const from = await this.ownerOf(key)
    const to = this.masters.find((master) => master !== from)!
    const slot = await this.slotOf(key)
    const idOf = (master: PrivateRedis): Promise<string> => master.ask((client) => client.cluster('MYID'))
    const [source, target] = [await idOf(from), await idOf(to)]
    await to.ask((client) => client.cluster('SETSLOT', slot, 'IMPORTING', source))
    await from.ask(async (client) => {
      await client.cluster('SETSLOT', slot, 'MIGRATING', target)
      for (const moved of await client.cluster('GETKEYSINSLOT', slot, 10_000))
        await client.migrate('127.0.0.1', to.port, moved, 0, 5000)
    })
    for (const master of [to, from, ...this.masters.filter((one) => one !== to && one !== from)])
      await master.ask((client) => client.cluster('SETSLOT', slot, 'NODE', target))
    return to
  }

  async remove(): Promise<void> {
    for (const master of this.masters) await master.remove()
  }
}
