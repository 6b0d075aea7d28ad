// A process that runs seeds, one at a time, for the exploring process.
import { kinds, type Runs } from './kinds.js'
import type { FromWorker, ToWorker } from './messages.js'
import { kindNames, type KindName, type Seed } from './options.js'

const opened = new Map<KindName, Runs>()

async function run({ kind, seed }: Seed, isTold: boolean): Promise<FromWorker> {
  try {
    let runs = opened.get(kind)
    if (runs === undefined) opened.set(kind, (runs = await kinds[kind].open()))
    const { world, faults, history } = await runs.run(seed, isTold)
    return { t: 'ran', outcome: { kind, seed, world, faults }, history }
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { t: 'ran', outcome: { kind, seed, world: '', faults: [{ invariant: null, what }] }, history: '' }
  }
}

export function main(): Promise<number> {
  return new Promise((resolve) => {
    const say = (message: FromWorker): void => void process.send!(message)
    const end = async (): Promise<void> => {
      for (const runs of opened.values()) await runs.close().catch(() => {})
      if (process.connected) process.disconnect()
      resolve(0)
    }
    let last: Promise<unknown> = Promise.resolve()
    process.on('message', (message: ToWorker) => {
      last = last.then(async () => (message.t === 'end' ? end() : say(await run(message.seed, message.isTold))))
    })
    // The exploring process is gone.
    process.once('disconnect', () => void last.then(end))
    say({ t: 'ready', missing: kindNames.filter((name) => !kinds[name].isThere) })
  })
}
