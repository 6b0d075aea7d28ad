// What users and their clients do, and what a few users do who should not.
import type { SeededRandom } from '../seeded-random.js'
import { actInGroups } from './group-actions.js'
import { keysSoFar, newKey } from './keys.js'
import type { Plan } from './plan.js'
import type { SimDevice } from './sim-device.js'

/** Performs one random action of one random device. */
export function act(plan: Plan, devices: readonly SimDevice[], random: SeededRandom): void {
  const device = random.pick(devices)
  if (plan.groups !== null && random.chance(0.7)) return actInGroups(plan, device, random)
  const kinds = [
    'send',
    'send',
    'send',
    'burst',
    'read',
    'ack',
    'typing',
    'presence',
    'history',
    'open',
    'reopen',
    'again',
    'pry',
  ]
  switch (random.pick(kinds)) {
    case 'send':
      return send(plan, device, random)
    case 'burst':
      for (let left = 2 + random.int(9); left > 0; left--) send(plan, device, random)
      return
    case 'read':
      return withConversation(device, random, (conversationId, seq) =>
        device.ask('read', { conversationId, seq: random.int(seq + 2) }),
      )
    case 'ack':
      return void device.ask('ack', {
        seq: random.int(device.position + 3),
        ...(plan.groups !== null && { timelines: device.timelines.held }),
      })
    case 'typing':
      return withConversation(device, random, (conversationId) => device.ask('typing', { conversationId }))
    case 'presence':
      return void device.ask('presence', { userIds: [...plan.users, 'nobody'], subscribe: random.chance(0.5) })
    case 'history':
      return withConversation(device, random, (conversationId) => device.ask('history', { conversationId }))
    case 'open':
      return device.open()
    case 'reopen':
      return device.reopen()
    case 'again':
      return sendAgain(device, random)
    case 'pry':
      return pry(device, devices, random)
  }
}

function send(plan: Plan, device: SimDevice, random: SeededRandom): void {
  const clientMsgId = newKey(plan, device)
  const to = random.chance(0.03) ? 'nobody' : random.pick(plan.users)
  const isForbidden = random.chance(0.1)
  device.send({
    clientMsgId,
    to,
    ...(random.chance(0.1) && { subject: 'car-7' }),
    type: random.chance(0.5) ? 'checked' : 'text',
    content: { text: `${device.deviceId} says ${keysSoFar(plan)}`, ...(isForbidden && { isForbidden }) },
    ...(random.chance(0.1) && { silent: true }),
  })
}

/** Sends an acknowledged key again, with the same words or with others. */
function sendAgain(device: SimDevice, random: SeededRandom): void {
  if (device.sent.length === 0) return
  const message = random.pick(device.sent)
  if (random.chance(0.5)) device.send(message)
  else device.send({ ...message, content: { text: 'something else' } })
}

/** Asks for data of other users. */
function pry(device: SimDevice, devices: readonly SimDevice[], random: SeededRandom): void {
  const others = devices.filter(({ user }) => user !== device.user)
  const theirs = others.flatMap(({ conversations }) => [...conversations.keys()])
  const foreign = theirs.filter((id) => !device.conversations.has(id))
  if (foreign.length === 0) return
  const conversationId = random.pick(foreign)
  const event = random.pick(['history', 'read', 'typing', 'conversation.get'])
  void device.ask(event, event === 'read' ? { conversationId, seq: 1 } : { conversationId })
}

function withConversation(
  device: SimDevice,
  random: SeededRandom,
  ask: (conversationId: string, seq: number) => Promise<unknown>,
): void {
  if (device.conversations.size === 0) return
  const [conversationId, seq] = random.pick([...device.conversations])
  void ask(conversationId, seq)
}
