// What users do in groups and with messages. Most of it is allowed; the server must refuse the rest.
import type { FakeAnswer } from '../fake-device.js'
import type { SeededRandom } from '../seeded-random.js'
import { newKey } from './keys.js'
import type { Plan } from './plan.js'
import type { Place, SimDevice } from './sim-device.js'

const kinds = [
  ...['create', 'add', 'add', 'add', 'remove', 'remove', 'remove', 'leave', 'role', 'mute', 'rename'],
  ...['send', 'send', 'send', 'send', 'burst', 'burst', 'read', 'typing'],
  ...['recall', 'edit', 'edit', 'react', 'react', 'react', 'history', 'open', 'pry'],
] as const

/** Performs one random action of one device. */
export function actInGroups(plan: Plan, device: SimDevice, random: SeededRandom): void {
  const kind = random.pick(kinds)
  if (kind === 'open') return device.open()
  if (kind === 'create' ? random.chance(0.3) : device.groups.size === 0 && random.chance(0.3))
    return create(plan, device, random)
  if (device.groups.size === 0) return
  // Mostly the first group: few groups in which much happens.
  const groupId = random.chance(0.6) ? [...device.groups][0]! : random.pick([...device.groups])
  const others = random.shuffle(plan.users)
  const change = (event: string, body: object = {}): Promise<FakeAnswer | null> => {
    const key = random.chance(0.5) ? { clientMsgId: newKey(plan, device) } : {}
    return device.ask(event, { groupId, ...body, ...key })
  }
  switch (kind) {
    case 'create':
      return
    case 'add':
      return void change('group.add', {
        userIds: [...others.slice(0, 1 + random.int(3)), ...(random.chance(0.03) ? ['nobody'] : [])],
      })
    case 'remove':
      // The remaining members go on sending at once: what they send is not for the removed ones.
      return void change('group.remove', { userIds: others.slice(0, 1 + random.int(2)) }).then((answer) => {
        if (answer?.ok === true) for (let left = random.int(4); left > 0; left--) say(plan, device, groupId, random)
      })
    case 'leave':
      return void change(random.chance(0.05) ? 'group.dissolve' : 'group.leave')
    case 'role':
      return void change('group.role', { userId: others[0], role: random.pick(['admin', 'admin', 'member', 'owner']) })
    case 'mute': {
      const until = random.chance(0.5) ? 0 : 1_900_000_000_000
      return void change('group.mute', { ...(random.chance(0.8) && { userId: others[0] }), until })
    }
    case 'rename':
      return void change('group.update', { name: `name ${random.int(5)}` })
    case 'send':
      return say(plan, device, groupId, random)
    case 'burst':
      for (let left = 2 + random.int(6); left > 0; left--) say(plan, device, groupId, random)
      return
    case 'pry':
      return void device.ask(random.pick(['group.get', 'group.members', 'history']), {
        ...(random.chance(0.5) ? { groupId } : { conversationId: groupId }),
      })
    case 'typing':
    case 'history':
      return void device.ask(kind, { conversationId: groupId })
    default:
      return onMessage(plan, device, kind, random)
  }
}

/** Acts on a message that the device knows, of a c2c conversation or of a group. */
function onMessage(
  plan: Plan,
  device: SimDevice,
  kind: 'read' | 'recall' | 'edit' | 'react',
  random: SeededRandom,
): void {
  const place = placeOf(device, kind, random)
  if (place === null) return
  const { conversationId, seq } = place
  if (kind !== 'read') device.changed.push(place)
  const key = random.chance(0.5) ? { clientMsgId: newKey(plan, device) } : {}
  if (kind === 'read') void device.ask('read', { conversationId, seq })
  else if (kind === 'recall') void device.ask('recall', { conversationId, seq, ...key })
  else if (kind === 'edit')
    void device.ask('edit', {
      conversationId,
      seq,
      content: { text: `${device.deviceId} means ${random.int(1e6)}` },
      ...key,
    })
  else {
    const reaction = random.pick(['+1', 'x', 'X'])
    void device.ask('react', { conversationId, seq, reaction, ...(random.chance(0.3) && { remove: true }), ...key })
  }
}

/** The message to change or read: one that was changed before, an own one, or any. */
function placeOf(device: SimDevice, kind: 'read' | 'recall' | 'edit' | 'react', random: SeededRandom): Place | null {
  if (kind !== 'read' && device.changed.length > 0 && random.chance(0.4)) return random.pick(device.changed.slice(-6))
  if ((kind === 'recall' || kind === 'edit') && device.own.length > 0 && random.chance(0.5))
    return random.pick(device.own.slice(-6))
  const known = [...device.conversations]
  if (known.length === 0) return null
  const groups = known.filter(([id]) => device.groups.has(id))
  const [conversationId, last] = random.pick(groups.length > 0 && random.chance(0.8) ? groups : known)
  // Mostly a late one, sometimes one that does not exist yet.
  return { conversationId, seq: Math.max(1, last + 1 - random.int(Math.min(last + 1, 8))) }
}

function create(plan: Plan, device: SimDevice, random: SeededRandom): void {
  const members = random.shuffle(plan.users).slice(0, 1 + random.int(3))
  void device.ask('group.create', { name: 'a group', members, clientMsgId: newKey(plan, device) })
}

function say(plan: Plan, device: SimDevice, to: string, random: SeededRandom): void {
  const clientMsgId = newKey(plan, device)
  device.send({
    event: 'c2g',
    clientMsgId,
    to,
    type: random.chance(0.5) ? 'checked' : 'text',
    content: { text: `${device.deviceId} says in the group ${clientMsgId}` },
    ...(random.chance(0.1) && { silent: true }),
    ...(random.chance(0.2) && { mentions: [random.pick([...plan.users, '@all'])] }),
  })
}
