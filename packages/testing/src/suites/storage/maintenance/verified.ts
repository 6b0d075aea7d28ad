// A run of `verify` for the cases: to its end, in steps of a given size.
import type { Finding, Storage } from '@rookery/core'

/** Far more steps than any case needs. */
const stepsMax = 20_000

export async function verify(storage: Storage, repair = false, rows = 100): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let after: string | null = null
  for (let step = 0; step < stepsMax; step += 1) {
    const done = await storage.maintenance.verify({ after, rows, repair })
    findings.push(...done.findings)
    if (done.next === null) return findings
    after = done.next
  }
  throw new Error('verifying comes to no end')
}
