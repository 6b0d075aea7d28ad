// The same messages by amqplib's confirm channel alone, in its own process: what the broker and its driver can do.
import { connect as connectTo, type ConfirmChannel } from 'amqplib'
import { answerParent } from '../child-answers.js'
import { takeTurn, type SendOne, type TurnTimes } from './turn.js'
import { bodyOf } from './wires.js'

export interface ConnectChannel {
  readonly url: string
  readonly queue: string
  readonly clients: number
}

let sends: readonly SendOne[] = []
let sent = 0

async function connect({ url, queue, clients }: ConnectChannel): Promise<void> {
  const channel = await (await connectTo(url)).createConfirmChannel()
  sends = Array.from({ length: clients }, (_, n) => publisher(channel, queue, `s${n}`))
}

const publisher =
  (channel: ConfirmChannel, queue: string, userId: string): SendOne =>
  (answered) => {
    const clientMsgId = `${userId}-${sent}`
    const topic = 'order.placed'
    const who = {
      userId,
      deviceId: `${userId}-d`,
      deviceType: 'phone',
      sessionId: '01a22f1a-7df1-7a80-b26b-c96ed1c63c19',
    }
    const data = { topic, payload: { text: bodyOf(sent++) }, clientMsgId, ...who, at: Date.now() }
    const options = { persistent: true, mandatory: true, messageId: `${userId}/${clientMsgId}` }
    const content = Buffer.from(JSON.stringify({ pattern: topic, data }))
    channel.sendToQueue(queue, content, options, (error: Error | null) =>
      answered(error === null ? null : error.message),
    )
  }

answerParent(null, { connect, turn: (times: TurnTimes) => takeTurn(sends, times) })
