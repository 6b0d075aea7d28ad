// One start of the app, in its own process.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Started, Used } from './app/app.js'

export interface Sample {
  /** From spawning the process until the app listens. */
  readonly bootMs: number
  /** CPU time of all threads until one second later. */
  readonly cpuMs: number
  /** Of the whole process, one second later. */
  readonly rssMb: number
}

/** @param file of `./app`, without its extension. @param folder where the app is installed */
export async function start(file: string, folder: string, database: string): Promise<Sample> {
  const startedAt = performance.now()
  const child = fork(join(folder, 'app', `${file}.js`), {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', APP_DATABASE: database },
    execArgv: [],
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`${file} ended with ${String(code)}`)
  })
  const said = async <Message>(): Promise<Message> =>
    (await Promise.race([once(child, 'message'), ended]))[0] as Message
  try {
    const { url } = await said<Started>()
    const bootMs = performance.now() - startedAt
    const { status } = await fetch(`${url}/cars`)
    if (status !== 200) throw new Error(`${file} answers ${status}`)
    await sleep(1000)
    const used = said<Used>()
    child.send('used')
    const { rssBytes, cpuMs } = await used
    return { bootMs, cpuMs, rssMb: rssBytes / 1e6 }
  } finally {
    child.kill('SIGKILL')
    await ended.catch(() => undefined)
  }
}
