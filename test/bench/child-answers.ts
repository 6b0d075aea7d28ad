// The child's side of the calls between the benchmark and its processes: named calls over IPC, one answer each.

/** What the parent sends. */
export interface Call {
  readonly id: number
  readonly method: string
  readonly argument: unknown
}

/** What the child sends: `ready` once, then an answer to each call. */
export type Report =
  | { readonly ready: unknown }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }

/** What a process has used so far. */
export interface Usage {
  /** User and system CPU time of all its threads, in µs. */
  readonly cpuUs: number
  /** All in bytes. */
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
}

type Methods = Readonly<Record<string, (argument: never) => unknown>>

const send = (report: Report): void => void process.send?.(report)

const usage = (): Usage => {
  const cpu = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { cpuUs: cpu.user + cpu.system, rss, heapUsed, external }
}

/** Collects garbage until nothing more is freed; needs `--expose-gc`. */
const collect = async (): Promise<Usage> => {
  if (globalThis.gc === undefined) throw new Error('started without --expose-gc')
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return usage()
}

/**
 * Tells the parent that this process is ready, and answers its calls from then on. Every process answers `usage` and
 * `collect`. The process ends with its parent.
 */
export function answerParent(ready: unknown, methods: Methods): void {
  const all: Methods = { usage, collect, ...methods }
  const answer = async ({ id, method, argument }: Call): Promise<void> => {
    try {
      const run = all[method]
      if (run === undefined) throw new Error(`there is no method ${method}`)
      send({ id, value: await run(argument as never) })
    } catch (error) {
      send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  }
  process.on('message', (call: Call) => void answer(call))
  process.on('disconnect', () => process.exit(1))
  send({ ready })
}
