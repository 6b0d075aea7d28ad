// The protocol's schemas as JSON Schema, and in the short notation of the reference.
import {
  conversationSchema,
  entrySchema,
  errorSchema,
  groupSchema,
  memberSchema,
  messageSchema,
  userPresenceSchema,
} from '@rookery/protocol/schemas'
import { z } from 'zod/mini'

export type JsonSchema = Readonly<Record<string, unknown>>

/** The schemas that have a name in the reference and the AsyncAPI document. */
export const named = {
  Conversation: conversationSchema,
  Entry: entrySchema,
  Error: errorSchema,
  Group: groupSchema,
  Member: memberSchema,
  Message: messageSchema,
  UserPresence: userPresenceSchema,
} as const satisfies Record<string, z.ZodMiniType>

const names = z.registry<{ id: string }>()
for (const [id, schema] of Object.entries(named)) names.add(schema, { id })

/**
 * A schema as JSON Schema (2020-12). Named schemas become references into `#/components/schemas`, except the schema
 * itself. Clients ignore fields that they do not know, so the server's objects are open.
 */
export function jsonSchemaOf(schema: z.ZodMiniType, from: 'client' | 'server'): JsonSchema {
  const made = z.toJSONSchema(schema, {
    metadata: names,
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // The only custom schema of the protocol is that of a JSON object.
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object'
      if (from === 'server' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  const { $ref: self, $defs: defs } = made
  return rewritten(self === undefined ? made : defs?.[nameOf(self)]) as JsonSchema
}

const nameOf = (ref: string): string => ref.split('/').at(-1)!

/** The same without Zod's additions, and with references to where AsyncAPI keeps named schemas. */
function rewritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewritten)
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value && typeof value.$ref === 'string') return { $ref: `#/components/schemas/${nameOf(value.$ref)}` }
  const kept = Object.entries(value).filter(
    ([key, one]) => !['$schema', '$defs'].includes(key) && !(key === 'id' && typeof one === 'string'),
  )
  return Object.fromEntries(kept.map(([key, one]) => [key, rewritten(one)]))
}

/** A JSON Schema in the notation of the reference, such as `{ seq: integer, cursor?: string }`. */
export function notation(schema: JsonSchema): string {
  const {
    $ref: ref,
    anyOf,
    oneOf,
    enum: values,
    const: constant,
    type,
  } = schema as {
    $ref?: string
    anyOf?: JsonSchema[]
    oneOf?: JsonSchema[]
    enum?: unknown[]
    const?: unknown
    type?: string
  }
  if (ref !== undefined) return nameOf(ref)
  const parts = anyOf ?? oneOf
  if (parts !== undefined) return unionOf(parts).join(' | ')
  if (values !== undefined) return values.map((value) => `'${String(value)}'`).join(' | ')
  if (constant !== undefined) return JSON.stringify(constant).replaceAll('"', "'")
  if (type === 'array') return listNotation(notation(schema['items'] as JsonSchema))
  if (type === 'object') return objectNotation(schema)
  return type ?? 'any JSON'
}

/** The same in several lines: one for each field of an object, or for each part of a union. */
export function longNotation(schema: JsonSchema): string {
  const parts = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined
  if (parts !== undefined) return unionOf(parts).join('\n| ')
  return `{\n${fieldsOf(schema)
    .map((field) => `  ${field}`)
    .join('\n')}\n}`
}

/** Beside `string`, the empty string adds nothing. */
function unionOf(parts: readonly JsonSchema[]): string[] {
  const all = new Set(parts.map(notation))
  if (all.has('string')) all.delete("''")
  return [...all]
}

const listNotation = (item: string): string => (/^\w+$/.test(item) ? `${item}[]` : `(${item})[]`)

function objectNotation(schema: JsonSchema): string {
  if (schema['properties'] === undefined) {
    const values = schema['additionalProperties']
    return typeof values === 'object' ? `{ [id]: ${notation(values as JsonSchema)} }` : 'object'
  }
  const fields = fieldsOf(schema)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

function fieldsOf(schema: JsonSchema): string[] {
  const required = new Set((schema['required'] as string[] | undefined) ?? [])
  return Object.entries(schema['properties'] as Record<string, JsonSchema>).map(
    ([name, value]) => `${name}${required.has(name) ? '' : '?'}: ${notation(value)}`,
  )
}
