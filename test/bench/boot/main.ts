// `npm run bench:boot`: how much chat adds to the start of an app and to its memory, compared with the same app with
// its own socket.io gateway. Each start is a process of its own; the two take turns; the tables exist, and the packages
// are those that npm would publish. `-- --quick` runs one round, to see that it works. A missed target is printed and
// fails nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeDatabase, postgresIsMissing } from '../postgres.js'
import { progress } from '../progress.js'
import { table } from '../report.js'
import { median } from '../stats.js'
import { installApp } from './install.js'
import { start, type Sample } from './start.js'

interface Place {
  readonly title: string
  readonly database: string
  /** The most that chat may add. */
  readonly targets: { readonly bootMs: number; readonly rssMb: number }
}

const variants = [
  { title: 'with a socket.io gateway', file: 'with-gateway' },
  { title: 'with Rookery', file: 'with-rookery' },
] as const

async function compare(place: Place, folder: string, rounds: number): Promise<string> {
  const samples = variants.map((): Sample[] => [])
  // Round 0 creates the tables and warms the disk's cache.
  for (let round = 0; round <= rounds; round++)
    for (const [index, { title, file }] of variants.entries()) {
      const sample = await start(file, folder, place.database)
      if (round > 0) samples[index]!.push(sample)
      progress(`${place.title}, round ${round} of ${rounds}, ${title}: ${sample.bootMs.toFixed(0)} ms`)
    }
  const middle = (index: number, of: (sample: Sample) => number): number => median(samples[index]!.map(of))
  const rows = variants.map(({ title }, index) => [
    title,
    middle(index, (sample) => sample.bootMs).toFixed(0),
    middle(index, (sample) => sample.cpuMs).toFixed(0),
    middle(index, (sample) => sample.rssMb).toFixed(1),
  ])
  const bootMs = middle(1, (sample) => sample.bootMs) - middle(0, (sample) => sample.bootMs)
  const rssMb = middle(1, (sample) => sample.rssMb) - middle(0, (sample) => sample.rssMb)
  return [
    `\n${place.title}`,
    table([['', 'boot ms', 'CPU ms', 'RSS MB'], ...rows]),
    verdict('boot', bootMs, place.targets.bootMs, 'ms'),
    verdict('RSS', rssMb, place.targets.rssMb, 'MB'),
  ].join('\n')
}

const verdict = (what: string, added: number, most: number, unit: string): string =>
  `${added <= most ? 'met   ' : 'MISSED'}  ${what}: ${added.toFixed(1)} ${unit} more, at most ${most} ${unit}`

async function run(rounds: number): Promise<void> {
  const files = mkdtempSync(join(tmpdir(), 'rookery-bench-'))
  const missing = await postgresIsMissing()
  if (missing !== null) progress(`PostgreSQL is not there, it is left out: ${missing}`)
  const postgres = missing === null ? await makeDatabase() : null
  progress('packing and installing')
  const folder = await installApp()
  try {
    console.log(
      `${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.version}; medians of ${rounds} starts each`,
    )
    const places: Place[] = [
      ...(postgres === null
        ? []
        : [{ title: 'PostgreSQL', database: postgres.url, targets: { bootMs: 100, rssMb: 12 } }]),
      { title: 'SQLite', database: join(files, 'app.sqlite'), targets: { bootMs: 100, rssMb: 25 } },
    ]
    for (const place of places) console.log(await compare(place, folder, rounds))
  } finally {
    await postgres?.drop()
    for (const made of [files, folder]) rmSync(made, { recursive: true, force: true })
  }
}

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
try {
  await run(options.quick ? 1 : 7)
  process.exit(0)
} catch (error) {
  console.error(error)
  process.exit(1)
}
