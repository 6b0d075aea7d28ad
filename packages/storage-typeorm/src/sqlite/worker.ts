// The entry of a worker thread. It receives calls in groups and answers them in order.
import { parentPort, workerData } from 'node:worker_threads'
import type { SqliteSettings } from './options.js'
import { SqliteThread, type Opened, type Role } from './thread.js'
import type { Call, Reply } from './wire.js'

export interface WorkerData {
  readonly role: Role
  readonly settings: SqliteSettings
}
export type ToWorker = readonly Call[] | 'open' | 'close'
export type FromWorker =
  | { readonly opened: Opened }
  | { readonly failed: string }
  | { readonly replies: readonly Reply[] }

/**
 * At most this many answers go out in one message: a group of reads costs one message, and no answer waits for long.
 */
const repliesMax = 8

const port = parentPort
if (!port) throw new Error('worker.js runs in a worker thread only')
const { role, settings } = workerData as WorkerData
const thread = new SqliteThread(role, settings)
const post = (message: FromWorker): void => port.postMessage(message)

let work = Promise.resolve()
port.on('message', (message: ToWorker) => {
  work = work.then(() => carryOut(message))
})

function carryOut(message: ToWorker): Promise<void> | void {
  if (message === 'open') return open()
  return message === 'close' ? close() : answer(message)
}

async function open(): Promise<void> {
  try {
    post({ opened: await thread.open() })
  } catch (error) {
    post({ failed: error instanceof Error ? error.message : String(error) })
    port?.close()
  }
}

async function answer(calls: readonly Call[]): Promise<void> {
  let replies: Reply[] = []
  for (const call of calls) {
    replies.push(await thread.answer(call))
    // The thread answers each commit at once, because the next one may take long.
    if (role === 'read' && replies.length < repliesMax) continue
    post({ replies })
    replies = []
  }
  if (replies.length > 0) post({ replies })
}

function close(): void {
  thread.close()
  port?.close()
}
