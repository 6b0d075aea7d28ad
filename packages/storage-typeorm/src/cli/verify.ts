// `rookery verify`: finds wrong counters, and writes one line for each to stdout.
import type { Finding } from '@rookery/core'
import type { Given } from './arguments.js'
import { storageOptions } from './database.js'
import { withMaintenance } from './node.js'
import { inWords, ProgressLine } from './progress.js'
import { exit, type Terminal } from './terminal.js'

export async function verify(given: Given, terminal: Terminal): Promise<number> {
  const { repair = false, json = false } = given
  const progress = new ProgressLine('verify', terminal.stderr)
  const sum = await withMaintenance(storageOptions(given, terminal, false), given, terminal, (maintenance) =>
    maintenance.verify({
      repair,
      onFinding(finding) {
        progress.clear()
        terminal.stdout.write(`${json ? JSON.stringify(finding) : inOneLine(finding, repair)}\n`)
      },
      onProgress: ({ done, checked, findings }) => progress.show(done, { rows: checked, findings }),
    }),
  )
  const { checked, findings, repaired } = sum
  progress.end(
    findings === 0
      ? `${inWords({ rows: checked })}, nothing is wrong`
      : inWords({ rows: checked, findings, ...(repair ? { repaired } : {}) }),
  )
  return findings === 0 ? exit.ok : exit.found
}

function inOneLine({ kind, id, field, stored, computed, repaired }: Finding, repair: boolean): string {
  const what =
    field === 'missing'
      ? `${computed} missing from there on`
      : `${field} is ${stored ?? 'nothing'}, the rows say ${computed ?? 'nothing'}`
  return `${kind} ${id}: ${what}${repaired ? ' (repaired)' : repair ? ' (cannot be repaired)' : ''}`
}
