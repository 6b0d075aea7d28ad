// Short turns: all servers run from the beginning, and each carries the load for a second at a time. On a machine that also
// does other work, the ratio of two neighbouring turns is more exact than the ratio of two long windows.
import { Child } from './child.js'
import type { ConnectPairs } from './load/pairs-load.js'
import { progress } from './progress.js'
import { findWrong, measure, type PairsResult, type PairsSample, type PairsTimes } from './scenario-pairs.js'
import { withServer, type ServerUnderTest } from './server.js'
import type { Variant } from './variants.js'

interface Running {
  readonly variant: Variant
  readonly server: ServerUnderTest
  readonly load: Child
}

/** How long each server runs before the turns that count: V8 compiles then. */
const COMPILING_MS = 3000

/** @throws WeakDurabilityError, or the error that keeps a server from being measured at all. */
export function runShortTurns(
  variants: readonly Variant[],
  times: PairsTimes,
  outstanding: number,
): Promise<PairsResult> {
  return withAll(variants, times.pairs, [], (running) => takeTurns(running, times, outstanding))
}

/** Starts a server and its load for each variant, runs `use`, and ends them. */
async function withAll<Value>(
  [variant, ...rest]: readonly Variant[],
  pairs: number,
  running: readonly Running[],
  use: (running: readonly Running[]) => Promise<Value>,
): Promise<Value> {
  if (variant === undefined) return use(running)
  return withServer(variant, { env: variant.env ?? {} }, async (server) => {
    const { child: load } = await Child.start('./load/pairs-load.js')
    try {
      const connecting: ConnectPairs = { port: server.port, wire: variant.wire, pairs }
      await load.call('connect', connecting)
      return await withAll(rest, pairs, [...running, { variant, server, load }], use)
    } finally {
      await load.stop()
    }
  })
}

async function takeTurns(running: readonly Running[], times: PairsTimes, outstanding: number): Promise<PairsResult> {
  const samples: PairsSample[] = []
  const wrong: string[] = []
  for (const { server, load } of running) await measure(server, load, { ...times, warmUpMs: COMPILING_MS }, outstanding)
  for (let round = 1; round <= times.rounds; round++) {
    // Every second round goes backwards, so that no variant always comes after the same one.
    for (const { variant, server, load } of round % 2 === 0 ? running.toReversed() : running) {
      const { drained, figures } = await measure(server, load, times, outstanding)
      samples.push({ variant: variant.name, outstanding, round, ...figures })
      if (round < times.rounds) continue
      const stored = await server.child.call<number | null>('stored', drained.recipients)
      wrong.push(...findWrong(drained, stored).map((what) => `${variant.name}: ${what}`))
    }
    if (round % 5 === 0) progress(`${round} of ${times.rounds} rounds of short turns`)
  }
  const settings = running.flatMap(({ variant, server }) =>
    server.durability === null ? [] : [[variant.name, server.durability.settings] as const],
  )
  return { samples, settings: Object.fromEntries(settings), wrong }
}
