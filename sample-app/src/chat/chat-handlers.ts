// The app's own code on the path of messages: what it refuses, and what clients may ask.
import { Injectable } from '@nestjs/common'
import { MessageBody } from '@nestjs/websockets'
import { ImRejection, OnC2C, OnC2G, OnC2S } from '@rookery/nest-adapter'

const forbidden = 'forbidden-word'

@Injectable()
export class ChatHandlers {
  /** For c2c messages, for group messages, and for edits. */
  @OnC2C('text')
  @OnC2G('text')
  refuseForbiddenWord(@MessageBody('text') text: unknown): void {
    if (typeof text === 'string' && text.includes(forbidden))
      throw new ImRejection('the message contains a word that is not allowed here', { forbidden })
  }

  @OnC2S('echo')
  echo(@MessageBody() payload: unknown): unknown {
    return payload
  }
}
