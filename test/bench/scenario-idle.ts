// The heap that a server keeps for each idle connection: variants in turns, each in a fresh process.
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from './child.js'
import type { Usage } from './child-answers.js'
import type { Hold } from './load/idle-load.js'
import { progress } from './progress.js'
import { withServer } from './server.js'
import type { Variant } from './variants.js'

export interface IdleSample {
  readonly variant: string
  readonly round: number
  readonly connections: number
  /** Heap and external memory of the server's main thread, after collecting garbage. */
  readonly bytesPerConnection: number
}

interface IdleTimes {
  readonly rounds: number
  readonly connections: number
  /** How long connections stay before the heap is read, so that all work after the handshakes is done. */
  readonly settleMs: number
}

/** Opened and closed first: what the first connections allocate for good does not count. */
const FIRST_CONNECTIONS = 100

export async function runIdle(variants: readonly Variant[], times: IdleTimes): Promise<IdleSample[]> {
  const samples: IdleSample[] = []
  for (let round = 1; round <= times.rounds; round++) {
    for (const variant of variants) {
      const { child: load } = await Child.start('./load/idle-load.js')
      try {
        const bytesPerConnection = await withServer(variant, { exposeGc: true }, async ({ child, port }) => {
          const hold = (connections: number, prefix: string): Promise<void> => {
            const holding: Hold = { port, wire: variant.wire, connections, prefix }
            return load.call('hold', holding)
          }
          const heap = async (): Promise<number> => {
            await sleep(times.settleMs)
            const { heapUsed, external } = await child.call<Usage>('collect')
            return heapUsed + external
          }
          await hold(FIRST_CONNECTIONS, 'first')
          await load.call('release')
          const before = await heap()
          await hold(times.connections, 'idle')
          return ((await heap()) - before) / times.connections
        })
        samples.push({ variant: variant.name, round, connections: times.connections, bytesPerConnection })
        const kib = (bytesPerConnection / 1024).toFixed(1)
        progress(`round ${round} of ${times.rounds}, ${variant.name}: ${kib} KiB for each of ${times.connections}`)
      } finally {
        await load.stop()
      }
    }
  }
  return samples
}
