// The words of a notification: the host's, or our own, which never say what was said.
import type { Timing } from '../../options/limits.js'
import type { PushRules } from '../../options/push.js'
import type { Clock } from '../../ports/clock.js'
import type { PushDraft } from '../../ports/push.js'
import { within } from '../host/deadlines.js'
import type { Faults } from '../host/faults.js'

interface Written {
  readonly title: string
  readonly body: string
}

interface Parts {
  readonly rules: Pick<PushRules, 'compose'>
  readonly clock: Clock
  readonly timing: Timing
  readonly faults: Faults
}

/** By language: the title, and the body for one message and for more. */
const texts: Readonly<Record<string, readonly [title: string, one: string, more: (count: number) => string]>> = {
  en: ['New message', 'You have a new message', (count) => `You have ${count} new messages`],
  de: ['Neue Nachricht', 'Du hast eine neue Nachricht', (count) => `Du hast ${count} neue Nachrichten`],
  fr: ['Nouveau message', 'Vous avez un nouveau message', (count) => `Vous avez ${count} nouveaux messages`],
  es: ['Mensaje nuevo', 'Tienes un mensaje nuevo', (count) => `Tienes ${count} mensajes nuevos`],
  pt: ['Nova mensagem', 'Você tem uma nova mensagem', (count) => `Você tem ${count} novas mensagens`],
  zh: ['新消息', '你有一条新消息', (count) => `你有 ${count} 条新消息`],
  ja: ['新着メッセージ', '新着メッセージがあります', (count) => `新着メッセージが${count}件あります`],
  ko: ['새 메시지', '새 메시지가 있습니다', (count) => `새 메시지가 ${count}개 있습니다`],
}

export function defaultWords({ lang, count }: Pick<PushDraft, 'lang' | 'count'>): Written {
  const language = lang?.split('-')[0]?.toLowerCase() ?? 'en'
  const [title, one, more] = (Object.hasOwn(texts, language) ? texts[language] : undefined) ?? texts['en']!
  return { title, body: count === 1 ? one : more(count) }
}

/** Never rejects. */
export async function wordsOf({ rules, clock, timing, faults }: Parts, draft: PushDraft): Promise<Written> {
  const { compose } = rules
  if (compose === undefined) return defaultWords(draft)
  try {
    const asked = (async () => compose(draft))()
    const { title, body } = await within(clock, timing.handlerDeadlineMs, 'push.compose', asked)
    if (typeof title !== 'string' || typeof body !== 'string')
      throw new TypeError('push.compose returned no { title, body }')
    return { title, body }
  } catch (error) {
    faults.toError(error, 'push.compose')
    return defaultWords(draft)
  }
}
