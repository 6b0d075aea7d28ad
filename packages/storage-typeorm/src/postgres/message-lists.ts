// The values of the messages themselves, as the append functions take them: these are their last parameters.
import type { NewMessage } from '@rookery/core'
import { packMentions } from '../rows/mentions.js'
import { int8Array, textArray } from './arrays.js'

/** Types of `messageLists`. */
export const messageTypes = [
  ...['bigint[]', 'text[]', 'text[]', 'text[]', 'text[]', 'text[]'],
  ...['text[]', 'text[]', 'text[]', 'bigint[]', 'bigint[]'],
]

/** The same as a function declares them. */
export const messageParameters = `
  o_at bigint[], o_type text[], o_content text[], o_msg_id text[], o_key text[], o_digest text[],
  o_subject text[], o_ext text[], o_mentions text[], o_client_time bigint[], o_reply_to bigint[]`

export const messageLists = (messages: readonly NewMessage[]): readonly Buffer[] => [
  int8Array(messages.map((message) => message.serverTime)),
  textArray(messages.map((message) => message.type)),
  textArray(messages.map((message) => message.content)),
  textArray(messages.map((message) => message.msgId)),
  textArray(messages.map((message) => message.clientMsgId)),
  textArray(messages.map((message) => message.digest)),
  textArray(messages.map((message) => message.subject)),
  textArray(seldom(messages.map((message) => message.ext))),
  textArray(seldom(messages.map((message) => packMentions(message.mentions)))),
  int8Array(seldom(messages.map((message) => message.clientTime))),
  int8Array(seldom(messages.map((message) => message.replyTo))),
]

/** A value that no operation has is an empty list, which the functions read as null for each message. */
export const seldom = <T>(values: readonly (T | null)[]): readonly (T | null)[] =>
  values.every((value) => value === null) ? [] : values
