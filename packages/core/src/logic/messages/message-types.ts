// The message types that the host declares: checked where a message comes in, typed on both ends.
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { RookeryError } from '@rookery/protocol'
import type { Register } from './register.js'

/** One declared type. */
export interface MessageType<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  /** Any Standard Schema validator whose output is a JSON object. */
  readonly schema: Schema
  /** The text of the content, for a search index or a push preview. */
  text?(content: StandardSchemaV1.InferOutput<Schema>): string
}

/** The declared types by name. A type that is not declared takes any JSON object. */
export type MessageTypes = Readonly<Record<string, MessageType>>

/** The content of a declared type as it is stored. */
export type ContentOf<Types extends MessageTypes, Type extends keyof Types> = StandardSchemaV1.InferOutput<
  Types[Type]['schema']
>
/** The content of a declared type as a sender gives it. */
export type InputOf<Types extends MessageTypes, Type extends keyof Types> = StandardSchemaV1.InferInput<
  Types[Type]['schema']
>

/** The types that the program registered. If it registered none, every type takes any JSON object. */
export type RegisteredTypes = Register extends { types: infer Types extends MessageTypes } ? Types : MessageTypes
/** What a sender may send under a type: for a declared type the input of its schema, otherwise any JSON object. */
export type ContentFor<Types extends MessageTypes, Type extends string> = string extends keyof Types
  ? object
  : Type extends keyof Types
    ? InputOf<Types, Type>
    : object
/** Any type; an editor offers the declared ones first. */
export type TypeName<Types extends MessageTypes> = (keyof Types & string) | (string & {})

/** Declares message types once, for the server's options, its handlers and its clients. */
export const defineTypes = <const Schemas extends Readonly<Record<string, StandardSchemaV1>>>(types: {
  readonly [Type in keyof Schemas]: MessageType<Schemas[Type]>
}): { readonly [Type in keyof Schemas]: MessageType<Schemas[Type]> } => types

/** One error names at most this many faults. */
const faultsMax = 8

/**
 * Validates content with the schema of its declared type. Answers the schema's output.
 * @throws RookeryError `BAD_REQUEST` with `details: [{ path, message }]`
 */
export async function checkContent(
  type: string,
  { schema }: MessageType,
  content: object,
): Promise<Record<string, unknown>> {
  const result = await schema['~standard'].validate(structuredClone(content))
  if (result.issues === undefined) return result.value as Record<string, unknown>
  const details = result.issues.slice(0, faultsMax).map(({ path, message }) => ({
    path: ['content', ...(path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))]
      .join('.')
      .slice(0, 200),
    message: message.slice(0, 200),
  }))
  throw new RookeryError('BAD_REQUEST', `content is not of type ${type}`, { details })
}
