// What a business says in its messages and topics, declared once: types for the server's options and for clients. This
// entry imports nothing, so that both may share one file.
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** One type of message: any Standard Schema validator (zod, valibot, arktype …) whose output is a JSON object. */
export interface DeclaredMessage<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  readonly schema: Schema
  /** What a search index or a push preview shows of it. */
  text?(content: StandardSchemaV1.InferOutput<Schema>): string
}

/** What is said under a topic: to the business server and its answer, or from the business server. */
export interface DeclaredTopic {
  readonly payload: StandardSchemaV1
  readonly answer?: StandardSchemaV1
}

export interface DeclaredTypes {
  readonly messages?: Readonly<Record<string, DeclaredMessage>>
  readonly topics?: Readonly<Record<string, DeclaredTopic>>
}

/**
 * Declares message types and topics. Give `messages` to the server's option `types`, and the type of the whole to
 * `createClient<typeof types>`.
 */
export const defineTypes = <
  const Messages extends Readonly<Record<string, StandardSchemaV1>>,
  const Topics extends Readonly<Record<string, DeclaredTopic>>,
>(types: {
  readonly messages: { readonly [Type in keyof Messages]: DeclaredMessage<Messages[Type]> }
  readonly topics?: Topics
}): {
  readonly messages: { readonly [Type in keyof Messages]: DeclaredMessage<Messages[Type]> }
  readonly topics: Topics
} => ({ messages: types.messages, topics: types.topics ?? ({} as Topics) })

type JsonObject = Readonly<Record<string, unknown>>
/** The text message that every client knows. */
interface Text {
  readonly text: string
}

type MessagesOf<T extends DeclaredTypes> = NonNullable<T['messages']>
type TopicsOf<T extends DeclaredTypes> = NonNullable<T['topics']>

/** Names of message types; those that are declared are offered first. */
export type MessageType<T extends DeclaredTypes> = (keyof MessagesOf<T> & string) | 'text' | (string & {})

/** The content that a sender gives. */
export type ContentIn<T extends DeclaredTypes, Type extends string> = string extends keyof MessagesOf<T>
  ? Type extends 'text'
    ? Text
    : object
  : Type extends keyof MessagesOf<T>
    ? StandardSchemaV1.InferInput<MessagesOf<T>[Type]['schema']>
    : Type extends 'text'
      ? Text
      : object

/** The content that a reader gets. */
export type ContentOut<T extends DeclaredTypes, Type extends string> = string extends keyof MessagesOf<T>
  ? Type extends 'text'
    ? Text
    : JsonObject
  : Type extends keyof MessagesOf<T>
    ? StandardSchemaV1.InferOutput<MessagesOf<T>[Type]['schema']>
    : Type extends 'text'
      ? Text
      : JsonObject

/** Names of topics; those that are declared are offered first. */
export type TopicName<T extends DeclaredTypes> = (keyof TopicsOf<T> & string) | (string & {})

/** What is sent under a topic. */
export type PayloadIn<T extends DeclaredTypes, Topic extends string> = string extends keyof TopicsOf<T>
  ? unknown
  : Topic extends keyof TopicsOf<T>
    ? StandardSchemaV1.InferInput<TopicsOf<T>[Topic]['payload']>
    : unknown

/** What comes under a topic. */
export type PayloadOut<T extends DeclaredTypes, Topic extends string> = string extends keyof TopicsOf<T>
  ? unknown
  : Topic extends keyof TopicsOf<T>
    ? StandardSchemaV1.InferOutput<TopicsOf<T>[Topic]['payload']>
    : unknown

/** What a topic is answered with. */
export type AnswerOut<T extends DeclaredTypes, Topic extends string> = string extends keyof TopicsOf<T>
  ? unknown
  : Topic extends keyof TopicsOf<T>
    ? TopicsOf<T>[Topic] extends { readonly answer: infer Schema extends StandardSchemaV1 }
      ? StandardSchemaV1.InferOutput<Schema>
      : unknown
    : unknown
