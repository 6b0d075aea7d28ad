// Idle connections, in their own process.
import { answerParent } from '../child-answers.js'
import { Device } from './device.js'
import { wires, type WireName } from './wires.js'

export interface Hold {
  readonly port: number
  readonly wire: WireName
  readonly connections: number
  /** Keeps the users of two `hold` calls of one process apart. */
  readonly prefix: string
}

const AT_ONCE = 50
let held: Device[] = []

/** Opens this many connections; resolves when all are open. */
async function hold({ port, wire, connections, prefix }: Hold): Promise<void> {
  const url = `http://127.0.0.1:${port}`
  let next = 0
  const open = async (): Promise<void> => {
    while (next < connections) {
      const userId = `${prefix}${next++}`
      held.push(await Device.connect(url, wires[wire], userId, () => undefined))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, open))
}

async function release(): Promise<void> {
  const all = held
  held = []
  await Promise.all(all.map((device) => device.close()))
}

answerParent(null, { hold, release })
