// `npm run explore`: runs fresh seeds of every simulation and every random comparison until it is stopped. Exits with 1
// if something broke, with 2 for wrong options.
import { randomInt } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { BrokenFile } from './broken-file.js'
import { Counts, told, type Outcome } from './counts.js'
import { readOptions, usage, type Options, type Seed } from './options.js'
import { Progress } from './progress.js'
import { Turns } from './turns.js'
import { WorkerProcess } from './worker-process.js'

const usualFile = fileURLToPath(new URL('../../data/broken-seeds.jsonl', import.meta.url))

/** @param start the script that runs a module from the sources */
export async function main(argv: readonly string[], start: string): Promise<number> {
  let options: Options
  try {
    options = readOptions(argv)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 2
  }
  if (options.help) {
    console.log(usage)
    return 0
  }
  const file = new BrokenFile(options.file ?? usualFile)
  if (options.replay !== null) return replay(options.replay, start)
  return options.again ? runAgain(file, options, start) : explore(options, file, start)
}

async function replay(seed: Seed, start: string): Promise<number> {
  const worker = new WorkerProcess(start)
  const { outcome, history } = await worker.run(seed, true)
  await worker.end()
  if (history !== '') console.log(history)
  console.log(outcome.faults.length === 0 ? `${seed.kind}: seed ${seed.seed} breaks nothing` : told(outcome))
  return outcome.faults.length === 0 ? 0 : 1
}

async function runAgain(file: BrokenFile, { but }: Options, start: string): Promise<number> {
  const worker = new WorkerProcess(start)
  const counts = new Counts(but)
  const still: Outcome[] = []
  const seeds = file.read()
  for (const seed of seeds) {
    const { outcome } = await worker.run(seed)
    if (outcome.faults.length > 0) still.push(outcome)
    if (counts.add(outcome)) console.log(told(outcome))
  }
  await worker.end()
  file.replace(still)
  console.log(`${still.length} of ${seeds.length} seeds in ${file.path} still break something`)
  return counts.broken > 0 ? 1 : 0
}

async function explore(options: Options, file: BrokenFile, start: string): Promise<number> {
  let isOver = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (isOver) process.exit(130)
      isOver = true
    })
  const workers = Array.from({ length: options.workers }, () => new WorkerProcess(start))
  const kinds = await thoseThere(options, workers[0]!)
  if (kinds.length === 0) return 2
  const counts = new Counts(options.but)
  const turns = new Turns({ ...options, kinds }, randomInt(1_000_000, 2_000_000_000))
  const startedMs = performance.now()
  const untilMs = options.minutes === null ? Infinity : startedMs + options.minutes * 60_000
  const secondsNow = (): number => (performance.now() - startedMs) / 1000
  const progress = new Progress(process.stderr)
  const work = async (worker: WorkerProcess, index: number): Promise<void> => {
    while (!isOver && performance.now() < untilMs) {
      const seed = turns.next(index, performance.now())
      if (seed === null) return
      const { outcome } = await worker.run(seed)
      if (counts.add(outcome)) {
        file.add(outcome)
        progress.clear()
        console.log(told(outcome))
      }
      progress.show(counts.progress(secondsNow()), performance.now())
    }
  }
  await Promise.all(workers.map(work))
  const seconds = secondsNow()
  progress.clear()
  await Promise.all(workers.map((worker) => worker.end()))
  console.log(counts.summary(seconds))
  if (counts.broken > 0) console.log(`they are in ${file.path}; \`npm run explore -- --again\` runs them once more`)
  return counts.broken > 0 ? 1 : 0
}

/** The kinds for which all servers answer; prints those for which one does not. */
async function thoseThere({ kinds }: Options, worker: WorkerProcess): Promise<Options['kinds']> {
  const missing = await worker.missing()
  const left = kinds.filter((kind) => !missing.includes(kind))
  const without = kinds.filter((kind) => missing.includes(kind))
  if (without.length > 0) console.error(`no database answers for ${without.join(', ')}: left out`)
  return left
}
