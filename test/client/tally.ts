// Runs seeds one after the other, and says what happened in them.
import { simulateClients, type Size } from './simulate-clients.js'

export interface Counts {
  readonly sent: number
  readonly told: number
  readonly kills: number
}

/** @returns what was broken, with the seed that shows it again */
export async function runSeeds(first: number, last: number, size: Size): Promise<{ broken: string[]; counts: Counts }> {
  const broken: string[] = []
  const counts = { sent: 0, told: 0, kills: 0 }
  const startedMs = performance.now()
  for (let seed = first; seed <= last; seed++) {
    const run = await simulateClients(seed, size)
    counts.sent += run.sent
    counts.told += run.told
    counts.kills += run.kills
    if (run.broken.length > 0)
      broken.push(
        [
          `SEED=${seed} SIZE=${size} npx vitest run test/client/seeds.test.ts (${run.faults.join(', ')})`,
          ...run.broken.slice(0, 10),
        ].join('\n  '),
      )
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const { sent, told, kills } = counts
  console.log(
    `${last - first + 1} ${size} seeds of the client in ${seconds} s: ${sent} messages sent, ${told} told, ${kills} apps killed`,
  )
  return { broken, counts }
}
