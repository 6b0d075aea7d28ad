// The app's own code on the path of messages: what it refuses, and what clients may ask of it.
import { Injectable } from '@nestjs/common'
import { type AfterSend, type AnswerTopic, type BeforeSend, type Handlers, RookeryError } from '@rookery/core'

const forbidden = 'forbidden-word'

@Injectable()
export class ChatHandlers implements Handlers {
  before(_kind: 'c2c' | 'c2g', type: string): BeforeSend | undefined {
    return type === 'text' ? refuseForbiddenWord : undefined
  }

  after(): AfterSend | undefined {
    return undefined
  }

  topic(topic: string): AnswerTopic | undefined {
    return topics.get(topic)
  }
}

const refuseForbiddenWord: BeforeSend = async (_session, { content }) => {
  if (typeof content.text === 'string' && content.text.includes(forbidden))
    throw new RookeryError('REJECTED', 'the message contains a word that is not allowed here', {
      details: { forbidden },
    })
}

const topics: ReadonlyMap<string, AnswerTopic> = new Map([['echo', async (_session, payload) => payload]])
