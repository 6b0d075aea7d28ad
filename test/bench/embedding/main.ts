// `npm run bench:embedding`: what chat costs an app while nobody uses it. It starts the same app without and with chat
// in turns, each in a fresh process. `-- --quick` runs one round, to see that it works.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Usage } from '../child-answers.js'
import { Child } from '../child.js'
import { progress } from '../progress.js'
import { table } from '../report.js'
import { median, medianRatio } from '../stats.js'

interface Sample {
  /** From the start of the process until it listens, if its database does not exist yet. */
  readonly firstBootMs: number
  /** The same if the database exists. */
  readonly bootMs: number
  /** Heap and external memory of the main thread, after collecting garbage. */
  readonly heapMiB: number
  /** Of the whole process, threads included. */
  readonly rssMiB: number
  /** CPU time of all threads, for each idle second. */
  readonly idleCpuMs: number
}

const variants = [
  { title: 'the app alone', file: './embedding/without.js' },
  { title: 'with a socket.io gateway', file: './embedding/with-gateway.js' },
  { title: 'with Rookery', file: './embedding/with-rookery.js' },
] as const

const MIB = 1024 * 1024

async function boot(file: string, folder: string): Promise<{ child: Child; bootMs: number }> {
  const startedAt = performance.now()
  const { child, ready: url } = await Child.start<string>(file, { env: { BENCH_FOLDER: folder }, exposeGc: true })
  const bootMs = performance.now() - startedAt
  const { status } = await fetch(`${url}/cars`)
  if (status !== 200) throw new Error(`${file} answers ${status}`)
  return { child, bootMs }
}

async function measure(file: string, idleMs: number): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-bench-'))
  try {
    const first = await boot(file, folder)
    await first.child.stop()
    const { child, bootMs } = await boot(file, folder)
    await sleep(1000)
    const { rss, heapUsed, external } = await child.call<Usage>('collect')
    const before = await child.usage()
    await sleep(idleMs)
    const after = await child.usage()
    await child.stop()
    return {
      firstBootMs: first.bootMs,
      bootMs,
      heapMiB: (heapUsed + external) / MIB,
      rssMiB: rss / MIB,
      idleCpuMs: (after.cpuUs - before.cpuUs) / idleMs,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const columns: readonly { readonly title: string; readonly of: (sample: Sample) => number }[] = [
  { title: 'first boot ms', of: (sample) => sample.firstBootMs },
  { title: 'boot ms', of: (sample) => sample.bootMs },
  { title: 'heap MiB', of: (sample) => sample.heapMiB },
  { title: 'RSS MiB', of: (sample) => sample.rssMiB },
  { title: 'idle CPU ms/s', of: (sample) => sample.idleCpuMs },
]

async function run(quick: boolean): Promise<void> {
  const rounds = quick ? 1 : 7
  const samples = variants.map((): Sample[] => [])
  for (let round = 1; round <= rounds; round++) {
    for (const [index, { title, file }] of variants.entries()) {
      const sample = await measure(file, quick ? 1000 : 3000)
      samples[index]!.push(sample)
      progress(`round ${round} of ${rounds}, ${title}: boot ${sample.bootMs.toFixed(0)} ms`)
    }
  }
  const values = (index: number, column: number): number[] => samples[index]!.map(columns[column]!.of)
  const rows = (line: (index: number, column: number) => string): string =>
    table([
      ['', ...columns.map(({ title }) => title)],
      ...variants.map(({ title }, index) => [title, ...columns.map((_, column) => line(index, column))]),
    ])
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.version}; medians of ${rounds} starts each`)
  console.log(rows((index, column) => median(values(index, column)).toFixed(1)))
  console.log('\nmedians of each round’s ratio to the app alone')
  console.log(rows((index, column) => medianRatio(values(index, column), values(0, column)).toFixed(2)))
}

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
try {
  await run(options.quick)
  process.exit(0)
} catch (error) {
  console.error(error)
  process.exit(1)
}
