// `npm run bench`: Rookery against its alternatives, in turns in one run, everything on this machine. Exits with 1 for
// wrong results, weaker durability or a run that broke off, never for a missed target.
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOptions, USAGE, type Options } from './options.js'
import { postgresIsMissing } from './postgres.js'
import { progress } from './progress.js'
import { idleTable, judge, pairsTable, verdictTable, type Section } from './report.js'
import { rabbitMqIsMissing, runBrokers } from './scenario-brokers.js'
import { runGrowth } from './scenario-growth.js'
import { runHandlers } from './scenario-handlers.js'
import { runIdle, type IdleSample } from './scenario-idle.js'
import { runLarge } from './scenario-large.js'
import { runLine } from './scenario-line.js'
import { runPages } from './scenario-pages.js'
import { runPush } from './scenario-push.js'
import { runRooms } from './scenario-rooms.js'
import { OUTSTANDING, runPairs, type PairsResult } from './scenario-pairs.js'
import { median } from './stats.js'
import { idleTarget, variants } from './variants.js'

/** The time of a durable write here, in ms: the figures of every storing server depend on it. */
function syncMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-bench-'))
  const file = openSync(join(folder, 'sync'), 'w')
  try {
    const page = Buffer.alloc(4096)
    const timesMs = Array.from({ length: 30 }, () => {
      writeSync(file, page)
      const startedAt = performance.now()
      fsyncSync(file)
      return performance.now() - startedAt
    })
    return median(timesMs)
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}

async function run(options: Options): Promise<number> {
  const asked = variants.filter(({ name }) => options.variants?.includes(name) ?? true)
  const sectionsAsked = options.scenarios.some((name) =>
    ['rooms', 'large', 'line', 'pages', 'growth', 'push'].includes(name),
  )
  const needsPostgres = sectionsAsked || asked.some(({ database }) => database === 'postgres')
  const missing = needsPostgres ? await postgresIsMissing() : null
  if (missing !== null) progress(`PostgreSQL is not there, what needs it is skipped: ${missing}`)
  const chosen = asked.filter(({ database }) => database === undefined || missing === null)
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version, fsyncMs: syncMs() }
  const { quick } = options
  let pairs: PairsResult | null = null
  let idle: IdleSample[] = []
  if (options.scenarios.includes('pairs')) {
    const times = { pairs: 100, rounds: quick ? 1 : 3, warmUpMs: quick ? 500 : 2000, windowMs: quick ? 1000 : 5000 }
    progress(`100 pairs, ${chosen.map(({ name }) => name).join(' → ')}, windows of ${times.windowMs} ms`)
    pairs = await runPairs(chosen, times)
  }
  if (options.scenarios.includes('idle')) {
    const compared = chosen.filter(({ name }) => name === idleTarget.measured || name === idleTarget.against)
    const times = { rounds: quick ? 1 : 3, connections: quick ? 500 : 2000, settleMs: quick ? 200 : 1000 }
    idle = await runIdle(compared, times)
  }

  const sections: Section[] = []
  const wrong = [...(pairs?.wrong ?? [])]
  if (options.scenarios.includes('handlers')) {
    const times = { pairs: 100, rounds: quick ? 3 : 21, warmUpMs: 300, windowMs: quick ? 500 : 1000 }
    progress(`a handler, windows of ${times.windowMs} ms`)
    sections.push(await runHandlers(times, wrong))
  }
  if (options.scenarios.includes('push')) {
    const size = { registrations: quick ? 20_000 : 1_000_000, due: quick ? 20 : 1000 }
    const times = { rounds: quick ? 3 : 41, messages: quick ? 2000 : 10_000, ...size }
    sections.push(await runPush(times, missing === null, wrong))
  }
  if (options.scenarios.includes('brokers')) {
    const missingBroker = await rabbitMqIsMissing()
    if (missingBroker !== null) progress(`brokers are skipped: ${missingBroker}`)
    else sections.push(await runBrokers({ rounds: quick ? 3 : 15, windowMs: quick ? 500 : 2000 }, wrong))
  }
  if (missing === null) {
    if (options.scenarios.includes('rooms')) {
      const times = { rounds: quick ? 1 : 3, warmUpMs: quick ? 500 : 2000, windowMs: quick ? 1000 : 4000 }
      sections.push(await runRooms(times, wrong))
    }
    if (options.scenarios.includes('large')) {
      const sizes = quick ? [20, 1000] : [20, 100, 1000, 10_000]
      const times = { rounds: quick ? 1 : 3, warmUpMs: quick ? 300 : 1000, windowMs: quick ? 700 : 3000 }
      sections.push(await runLarge({ sizes, ...times }))
    }
    if (options.scenarios.includes('line')) {
      const sizes = quick ? [20, 100] : [10, 20, 50, 100, 200, 500]
      const times = { rounds: quick ? 1 : 3, warmUpMs: quick ? 300 : 1000, windowMs: quick ? 700 : 2000 }
      sections.push(await runLine({ sizes, ...times }))
    }
    if (options.scenarios.includes('pages'))
      sections.push(
        await runPages({ inboxRows: quick ? 100_000 : 1_000_000, rounds: quick ? 1 : 5, windowMs: quick ? 500 : 2000 }),
      )
    if (options.scenarios.includes('growth'))
      sections.push(
        await runGrowth({
          levels: quick ? [10_000, 50_000] : [10_000, 1_000_000, 5_000_000],
          rounds: quick ? 1 : 5,
          windowMs: quick ? 500 : 2000,
        }),
      )
  }

  const out: string[] = [
    `${machine.cpus} × ${machine.model}, Node ${machine.node}, fsync ${machine.fsyncMs.toFixed(2)} ms; medians`,
  ]
  if (quick) out.push('Quick run: windows too short for figures that mean anything.')
  if (pairs !== null) {
    for (const outstanding of OUTSTANDING) {
      out.push('', `100 pairs, ${outstanding} outstanding for each sender`, pairsTable(pairs, chosen, outstanding))
    }
    out.push('', 'Read from the connections that write:')
    for (const [name, settings] of Object.entries(pairs.settings)) out.push(`  ${name}: ${settings}`)
  }
  if (idle.length > 0) out.push('', `${idle[0]!.connections} idle connections`, idleTable(idle, chosen))
  for (const { title, text } of sections) out.push('', title, text)
  const verdicts = [...judge(pairs, idle), ...sections.flatMap((section) => section.verdicts)]
  if (verdicts.length > 0) out.push('', verdictTable(verdicts))
  if (pairs !== null || wrong.length > 0) {
    out.push('', wrong.length === 0 ? 'Every acknowledged message was delivered, once.' : 'WRONG RESULTS:')
    out.push(...wrong.map((line) => `  ${line}`))
  }
  console.log(out.join('\n'))
  if (options.json !== null) {
    writeFileSync(options.json, `${JSON.stringify({ machine, quick, pairs, idle, sections, verdicts }, null, 2)}\n`)
  }
  return wrong.length === 0 ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
try {
  const options = readOptions(
    process.argv.slice(2),
    variants.map(({ name }) => name),
  )
  if (options.help) console.log(USAGE)
  // Children keep their IPC channel open, so the process must exit explicitly.
  process.exit(options.help ? 0 : await run(options))
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error)
  process.exit(1)
}
