// React hooks: each reads one observable, and renders again when that one changes.
import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from 'react'
import type { UserPresence } from '@rookery/protocol'
import type { Client } from '../client.js'
import type { ConnectionStatus } from '../connection/status.js'
import type { DeclaredTypes } from '../types/index.js'
import type { ConversationListState } from '../views/conversation-list.js'
import type { ConversationState } from '../views/conversation-state.js'
import type { Conversation, Target } from '../views/conversation.js'
import type { MessageView, MessageViewOptions, MessageViewState } from '../views/message-view.js'
import type { Observable } from '../views/observable.js'

const Context = createContext<Client | null>(null)

/** Gives a client to everything inside. It neither connects nor disconnects it. */
export function RookeryProvider<T extends DeclaredTypes>(props: {
  readonly client: Client<T>
  readonly children?: ReactNode
}): ReactElement {
  return createElement(Context, { value: props.client as unknown as Client }, props.children)
}

/** @throws Error outside a {@link RookeryProvider} */
export function useClient<T extends DeclaredTypes = DeclaredTypes>(): Client<T> {
  const client = useContext(Context)
  if (client === null) throw new Error('useClient needs a RookeryProvider around it')
  return client as unknown as Client<T>
}

const useObservable = <S>(of: Observable<S>): S => useSyncExternalStore(of.subscribe, of.getSnapshot, of.getSnapshot)

export const useConnection = (): ConnectionStatus => useObservable(useClient().connection)

export const useConversations = (): ConversationListState => useObservable(useClient().conversations)

/** Unread messages of all conversations. */
export const useUnread = (): number => useObservable(useClient().unreadTotal)

/** A conversation, and its state. The target may be a new object each time. */
export function useConversation<T extends DeclaredTypes = DeclaredTypes>(
  target: Target,
): { readonly conversation: Conversation<T>; readonly state: ConversationState } {
  const conversation = useClient<T>().conversation(target)
  return { conversation, state: useObservable(conversation) }
}

const nothing: MessageViewState = { items: [], hasOlder: false, hasNewer: false, isLoading: true, newBelow: 0 }

/** A window of messages, and what moves it. */
export interface MessagesState extends MessageViewState {
  /** Each does nothing before the window is open. */
  readonly loadOlder: () => Promise<void>
  readonly loadNewer: () => Promise<void>
  readonly jumpTo: (place: number | 'latest') => Promise<void>
  readonly seen: (seq: number) => void
}

/** A window of a conversation's messages: opened with the component, and closed with it. Later options change nothing. */
export function useMessages(conversation: Pick<Conversation, 'open'>, options: MessageViewOptions = {}): MessagesState {
  const [view, setView] = useState<MessageView | null>(null)
  useEffect(() => {
    const opened = conversation.open(options)
    setView(opened)
    return () => {
      opened.close()
      setView(null)
    }
    // The options say where a window is opened: once it is, a person moves it.
  }, [conversation])
  const state = useSyncExternalStore(
    view?.subscribe ?? never,
    () => view?.getSnapshot() ?? nothing,
    () => nothing,
  )
  return useMemo(
    () => ({
      ...state,
      loadOlder: async () => view?.loadOlder(),
      loadNewer: async () => view?.loadNewer(),
      jumpTo: async (place) => view?.jumpTo(place),
      seen: (seq) => view?.seen(seq),
    }),
    [state, view],
  )
}

const never = (): (() => void) => () => {}

/** The users who type in a conversation now. */
export const useTyping = (conversation: Pick<Conversation, 'typing'>): readonly string[] =>
  useObservable(conversation.typing)

/** Who is online of these users. */
export function usePresence(userIds: readonly string[]): readonly UserPresence[] {
  const client = useClient()
  const key = JSON.stringify(userIds)
  const presence = useMemo(() => client.presence(JSON.parse(key) as string[]), [client, key])
  return useObservable(presence)
}

/** The draft of a conversation, and what changes it. */
export function useDraft(
  conversation: Pick<Conversation, 'draft'>,
): readonly [unknown, (value: unknown) => Promise<void>] {
  const { draft } = conversation
  return [useObservable(draft), (value) => draft.set(value)]
}
