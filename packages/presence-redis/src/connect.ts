// Our connections, with the settings that they need, and what is said about clients of the host that lack them.
//
// A command is sent once, and rejects within its deadline: nothing waits in a queue while Redis is out, and nothing is sent
// again behind our back. A socket that owes an answer for that long is destroyed, since one that was merely ended may stay
// half open for minutes.
import { once } from 'node:events'
import { Cluster, Redis, type RedisOptions as IoredisOptions } from 'ioredis'
import type { Client, HostClients, Settings } from './options.js'

type Role = keyof HostClients

/** The next attempt to connect, ms. */
const retryMs = (times: number): number => Math.min(50 * times, 200)

function ours(settings: Settings, role: Role): IoredisOptions {
  const { timeoutMs, connection } = settings
  return {
    ...connection,
    connectionName: `rookery-${role}`,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // The bus subscribes again itself, and then tells what was missed.
    autoResubscribe: false,
    commandTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    reconnectOnError: (error) => error.message.includes('READONLY'),
  }
}

/** A client that is not connected yet. The caller closes it, unless it `isOurs` not. */
export function open(settings: Settings, role: Role): { readonly client: Client; readonly isOurs: boolean } {
  const { url, sentinels, name, cluster, clients, timeoutMs } = settings
  if (clients !== undefined) return { client: clients[role], isOurs: false }
  const client = make()
  // What went wrong is told by the call that fails.
  client.on('error', () => {})
  return { client, isOurs: true }

  function make(): Client {
    const options = ours(settings, role)
    if (url !== undefined) return new Redis(url, { ...options, retryStrategy: retryMs })
    if (sentinels !== undefined)
      return new Redis({
        ...options,
        sentinels: sentinels.map((address) => ({ ...address })),
        name,
        retryStrategy: retryMs,
        sentinelRetryStrategy: retryMs,
        sentinelCommandTimeout: timeoutMs,
      })
    const nodes = new Cluster(
      cluster!.map((address) => ({ ...address })),
      {
        lazyConnect: true,
        enableOfflineQueue: false,
        shardedSubscribers: role === 'subscribe',
        clusterRetryStrategy: retryMs,
        clusterNodeRetryStrategy: retryMs,
        // A command is not sent again where its connection was lost.
        retryDelayOnFailover: 0,
        slotsRefreshTimeout: timeoutMs,
        redisOptions: options,
      },
    )
    // A node refuses commands while it connects, and would connect at the first one only. Not before the Cluster is ready:
    // it asks one of them whether it is.
    const prepare = (node: Redis): void => {
      if (nodes.status === 'ready' && node.status === 'wait' && !node.options.readOnly) node.connect().catch(() => {})
    }
    nodes.on('+node', prepare)
    nodes.on('ready', () => nodes.nodes('master').forEach(prepare))
    return nodes
  }
}

/** Connects a client of ours, on a Cluster to every master. */
export async function connect(client: Client): Promise<void> {
  if (!(client instanceof Cluster)) return client.connect()
  // Where it has to begin anew, its own promise stays open for ever.
  const isReady = once(client, 'ready')
  client.connect().catch(() => {})
  await isReady
  const opening = client.nodes('master').filter(({ status }) => status !== 'ready')
  await Promise.all(opening.map((node) => once(node, 'ready')))
}

/** What a client of the host should have, in one line for each setting that it has not. */
export function faultsOf(client: Client, role: Role): readonly string[] {
  const { options, isCluster } = client as Client & { options: Record<string, unknown> }
  const perNode = isCluster ? ((options['redisOptions'] ?? {}) as Record<string, unknown>) : options
  const said: string[] = []
  const wants = (isSo: boolean, setting: string, why: string): void => {
    if (!isSo) said.push(`the client ${role} should have ${setting}: ${why}`)
  }
  if (!isCluster)
    wants(
      options['enableOfflineQueue'] === false,
      'enableOfflineQueue: false',
      'calls wait in its queue while Redis is out',
    )
  wants(
    perNode['maxRetriesPerRequest'] === 0,
    'maxRetriesPerRequest: 0',
    'a call whose answer was lost is sent again, and may be done twice',
  )
  wants(
    perNode['autoResendUnfulfilledCommands'] === false,
    'autoResendUnfulfilledCommands: false',
    'a call whose answer was lost is sent again, and may be done twice',
  )
  wants(
    typeof perNode['socketTimeout'] === 'number',
    'socketTimeout: 1000',
    'a connection that went dead is noticed only after minutes',
  )
  if (role === 'subscribe')
    wants(
      !isCluster || options['shardedSubscribers'] === true,
      'shardedSubscribers: true',
      'on a Cluster the bus publishes by shards, and without this it receives nothing',
    )
  return said
}
