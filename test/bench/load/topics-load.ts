// The load of clients whose requests (c2s) go to a broker, in its own process.
import { answerParent } from '../child-answers.js'
import { Device } from './device.js'
import { takeTurn, type SendOne, type TurnTimes } from './turn.js'
import { bodyOf, wires, type Wire } from './wires.js'

export interface ConnectClients {
  readonly port: number
  readonly clients: number
}

const wire: Wire = {
  ...wires.rookery,
  sendEvent: 'c2s',
  message: (from, to, number) =>
    `{"topic":"${to}","clientMsgId":"${from}-${number}","payload":{"text":"${bodyOf(number)}"}}`,
}

let sends: readonly SendOne[] = []
let sent = 0

async function connect({ port, clients }: ConnectClients): Promise<void> {
  const url = `http://127.0.0.1:${port}`
  const names = Array.from({ length: clients }, (_, n) => `s${n}`)
  const devices = await Promise.all(names.map((name) => Device.connect(url, wire, name, () => undefined)))
  sends = devices.map((device) => (answered) => device.send('order.placed', sent++, answered))
}

answerParent(null, { connect, turn: (times: TurnTimes) => takeTurn(sends, times) })
