// Checks whether every counter agrees with the rows. Each step reads in one snapshot. Where it finds something to
// repair, it locks the counters in a transaction, reads the same rows again, and repairs them there.
import type { Finding, MaintenanceStep, Verified } from '@rookery/core'
import type { Database } from './dialect.js'
import { repairAll, unrepaired, type Place, type Seen, type Unit } from './findings.js'
import { conversationUnit } from './verify-conversations.js'
import { keyUnit } from './verify-keys.js'
import { memberUnit } from './verify-members.js'
import { userUnit } from './verify-users.js'

/** The cost of a page's queries, in rows. */
const lookCost = 8

interface Part {
  readonly unit: Unit
  readonly first: Place
  /** The table of its counter rows. */
  readonly counters: 'conversation' | 'user'
}

// Conversations first: what comes after relies on their ordinals.
const partsOf = ({ dialect }: Database): readonly Part[] => [
  { unit: conversationUnit(dialect), first: [0, -1, 0], counters: 'conversation' },
  { unit: memberUnit(dialect), first: [0, 0], counters: 'conversation' },
  { unit: userUnit(dialect), first: [0, -1], counters: 'user' },
  { unit: keyUnit(dialect), first: [-1, ''], counters: 'user' },
]

export async function verify(
  db: Database,
  { after, rows: most, repair }: MaintenanceStep & { readonly repair: boolean },
): Promise<Verified> {
  const parts = partsOf(db)
  const [at, from] = after === null ? [0, parts[0]!.first] : placeOf(after, parts.length)
  const part = parts[at]!
  const findings: Finding[] = []
  let checked = 0
  /** A check counts as work, whatever it finds. */
  let looks = 0
  let place: Place | null = from
  const saw = (seen: Seen): void => {
    checked += seen.checked
    looks += seen.checked + lookCost
    place = seen.next
  }
  while (place !== null && looks < most) {
    const broken = await db.snapshot(async (rows) => {
      while (place !== null && looks < most) {
        const [began, left] = [place, most - looks]
        const seen = await part.unit(rows, began, left)
        if (repair && seen.found.some(({ fixes }) => fixes !== undefined))
          return { began, left, counters: seen.counters }
        findings.push(...unrepaired(seen.found))
        saw(seen)
      }
      return null
    })
    if (broken === null) break
    const { began, left, counters } = broken
    const lock = counters.length === 0 ? null : db.dialect.lock(part.counters, counters)
    await db.transaction(async (rows) => {
      if (lock !== null) await rows.all(lock)
      const again = await part.unit(rows, began, left)
      findings.push(...(await repairAll(rows, again.found)))
      saw(again)
    })
  }
  const reached = place as Place | null
  const next = reached !== null ? [at, ...reached] : at + 1 < parts.length ? [at + 1, ...parts[at + 1]!.first] : null
  const within = reached === null ? 1 : await shareOf(db, part, reached)
  return { next: next && JSON.stringify(next), progress: (at + within) / parts.length, checked, findings }
}

/** How much of a part comes before a place. */
async function shareOf(db: Database, { counters }: Part, [id]: Place): Promise<number> {
  const [row] = await db.all<[number | null]>(`SELECT max(id) FROM ${db.dialect.tables[counters]}`)
  return Math.min(1, Math.max(0, id - 1) / (row?.[0] ?? 1))
}

function placeOf(cursor: string, parts: number): [number, Place] {
  const [at, ...place] = JSON.parse(cursor) as [number, ...Place]
  if (!Number.isInteger(at) || at < 0 || at >= parts || place.length === 0)
    throw new Error('the cursor is none that this storage gave')
  return [at, place]
}
