// What people do with their apps.
import type { SeededRandom } from '@rookery/testing'
import type { SimApp } from './sim-app.js'

const kinds = [
  ...[
    'send',
    'send',
    'send',
    'send',
    'burst',
    'look',
    'look',
    'seen',
    'seen',
    'older',
    'newer',
    'latest',
    'close',
    'wander',
    'wander',
  ],
  ...['recall', 'edit', 'react', 'react', 'group', 'members', 'update', 'retry', 'offline', 'open', 'draft'],
] as const

/** Performs one random action in an app that runs. */
export function act(people: readonly string[], app: SimApp, random: SeededRandom): void {
  if (app.running === null) return app.open()
  const kind = random.pick(kinds)
  const quietly = (work: Promise<unknown>): void => app.ask(work)
  const { client } = app.running
  switch (kind) {
    case 'send':
      return sendOne(people, app, random)
    case 'burst':
      for (let left = 2 + random.int(5); left > 0; left--) sendOne(people, app, random)
      return
    case 'look': {
      const target = targetOf(people, app, random)
      const row = client.conversation(target).getSnapshot()
      const at = random.chance(0.4)
        ? 'latest'
        : random.chance(0.5)
          ? 'firstUnread'
          : 1 + random.int(row.lastMessage?.seq ?? 1)
      return app.look(target, at)
    }
    case 'wander':
      return app.wander(targetOf(people, app, random))
    case 'older':
      app.move('older')
      app.move('older')
      return app.move('older')
    case 'seen':
    case 'newer':
    case 'latest':
    case 'close':
      return app.move(kind)
    case 'recall':
    case 'edit':
    case 'react':
      return change(kind, app, random)
    case 'group': {
      const members = people.filter((user) => user !== app.user && random.chance(0.7))
      return quietly(client.createGroup({ name: `group of ${app.user}`, members }))
    }
    case 'members':
      return quietly(changeMembers(people, app, random))
    case 'update': {
      const state = pickConversation(app, random)
      if (state?.id === undefined) return
      const change = random.pick([{ pinned: random.chance(0.5) }, { muted: true }, { hidden: random.chance(0.5) }])
      return quietly(client.conversation({ id: state.id }).update(change))
    }
    case 'retry':
      return quietly(app.retry())
    case 'offline':
      return void client.disconnect()
    case 'open':
      return void client.connect()
    case 'draft':
      return quietly(client.conversation(targetOf(people, app, random)).draft.set({ text: 'half a sentence' }))
  }
}

function sendOne(people: readonly string[], app: SimApp, random: SeededRandom): void {
  const target = targetOf(people, app, random)
  const mentions = 'groupId' in target && random.chance(0.3) ? [random.chance(0.3) ? '@all' : random.pick(people)] : []
  app.send(target, `${app.deviceId} says ${app.sent.size}`, mentions)
}

const pickConversation = (app: SimApp, random: SeededRandom) => {
  const { items } = app.running!.client.conversations.getSnapshot()
  return items.length === 0 ? undefined : random.pick(items)
}

function targetOf(
  people: readonly string[],
  app: SimApp,
  random: SeededRandom,
): { peerId: string; subject?: string } | { groupId: string } {
  const groups = app.running!.client.conversations.getSnapshot().items.filter(({ kind }) => kind === 'c2g')
  const group = groups.length > 0 && random.chance(0.5) ? random.pick(groups).groupId : undefined
  if (group !== undefined) return { groupId: group }
  const peerId = random.chance(0.05) ? app.user : random.pick(people.filter((user) => user !== app.user))
  return { peerId, ...(random.chance(0.1) && { subject: 'car-7' }) }
}

/** Changes one of the messages in a window. */
function change(kind: 'recall' | 'edit' | 'react', app: SimApp, random: SeededRandom): void {
  const known = app.told.messages.filter(({ type }) => !type.startsWith('im.'))
  const wanted = kind === 'react' ? known : known.filter(({ from }) => from === app.user)
  if (wanted.length === 0) return
  const { conversationId: id, seq } = random.pick(wanted)
  const conversation = app.running!.client.conversation({ id })
  const work =
    kind === 'recall'
      ? conversation.recall(seq)
      : kind === 'edit'
        ? conversation.edit(seq, { text: `edited ${random.int(1000)}` })
        : conversation.react(seq, random.pick(['👍', '❤️']), random.chance(0.3))
  app.ask(work)
}

async function changeMembers(people: readonly string[], app: SimApp, random: SeededRandom): Promise<void> {
  const groups = app.running!.client.conversations.getSnapshot().items.filter(({ kind }) => kind === 'c2g')
  if (groups.length === 0) return
  const { group } = app.running!.client.conversation({ groupId: random.pick(groups).groupId! })
  const others = people.filter((user) => user !== app.user)
  const how = random.pick(['add', 'add', 'remove', 'leave', 'update'])
  if (how === 'add') await group?.add([random.pick(others)])
  else if (how === 'remove') await group?.remove([random.pick(others)])
  else if (how === 'leave') await group?.leave()
  else await group?.update({ name: `renamed ${random.int(100)}` })
}
