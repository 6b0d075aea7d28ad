// The entry of a worker thread: calls come in groups, and are answered in the order in which they came.
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

/** Answers wait for one another up to this many: a group of reads costs one message, and none waits for long. */
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
    // A commit is answered at once: the next one may take a while.
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
