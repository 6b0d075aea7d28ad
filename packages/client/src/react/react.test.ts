import { Window } from 'happy-dom'
import { act, createElement, type ReactElement } from 'react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { entry, message, ScriptedServer } from '../../testing/scripted-server.js'
import type { Client } from '../client.js'
import {
  RookeryProvider,
  useClient,
  useConnection,
  useConversation,
  useConversations,
  useDraft,
  useMessages,
  usePresence,
  useTyping,
  useUnread,
} from './index.js'

let window: Window
beforeEach(() => {
  window = new Window()
  vi.stubGlobal('window', window)
  vi.stubGlobal('document', window.document)
  vi.stubGlobal('navigator', window.navigator)
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
})
afterEach(() => vi.unstubAllGlobals())

async function shown(client: Client, Component: () => ReactElement) {
  const { createRoot } = await import('react-dom/client')
  const place = window.document.createElement('div')
  const root = createRoot(place as unknown as Element)
  await act(async () => root.render(createElement(RookeryProvider, { client }, createElement(Component))))
  return { text: () => place.textContent, end: () => act(async () => root.unmount()) }
}

/** Whatever a browser has, the client under test has the ports of the scripted server. */
const scene = async () => {
  const server = new ScriptedServer()
  server.on('presence', () => ({ users: [{ userId: 'bob', online: true, devices: ['web'] }] }))
  const client = server.client()
  await client.connect()
  await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
  const later = (): Promise<void> => act(() => server.clock.advance(300))
  return { server, client, later }
}

it('shows the connection, the list and what is unread, and renders again when they change', async () => {
  const { server, client, later } = await scene()
  const { text, end } = await shown(client, () => {
    const { items } = useConversations()
    return createElement(
      'p',
      null,
      `${useConnection().status} ${items.map(({ peerId }) => peerId).join()} ${useUnread()}`,
    )
  })
  expect(text()).toBe('live  0')
  server.emit('entries', { entries: [entry(1, message(1))] })
  await later()
  expect(text()).toBe('live bob 1')
  await act(async () => server.drop())
  expect(text()).toBe('waiting bob 1')
  await end()
})

it('shows a window of messages, the draft, and who is there and types', async () => {
  const { server, client, later } = await scene()
  let setDraft: (value: unknown) => Promise<void> = () => Promise.resolve()
  let renders = 0
  const { text, end } = await shown(client, () => {
    renders += 1
    const { conversation, state } = useConversation({ peerId: 'bob' })
    const { items } = useMessages(conversation)
    const [draft, set] = useDraft(conversation)
    setDraft = set
    const [bob] = usePresence(['bob'])
    const words = items.map(({ content }) => content?.['text']).join('|')
    return createElement(
      'p',
      null,
      `${words} ${state.unread} ${String(draft)} ${bob?.online} ${useTyping(conversation).join()}`,
    )
  })
  server.emit('entries', { entries: [entry(1, message(1))] })
  await later()
  await act(() => setDraft('half'))
  expect(text()).toBe('words 1 1 half true ')
  const before = renders
  await later()
  expect(renders).toBe(before)
  await end()
})

it('says what is missing around it', async () => {
  const { createRoot } = await import('react-dom/client')
  let thrown: unknown
  const Alone = (): ReactElement => {
    try {
      useClient()
    } catch (error) {
      thrown = error
    }
    return createElement('p')
  }
  const root = createRoot(window.document.createElement('div') as unknown as Element)
  await act(async () => root.render(createElement(Alone)))
  expect(String(thrown)).toContain('RookeryProvider')
  await act(async () => root.unmount())
})
