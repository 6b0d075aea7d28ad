// The protocol as an AsyncAPI 3 document, for tools that generate clients and documentation.
import { namespace, protocolVersion, type RequestEvent, type ServerEvent } from '@rookery/protocol'
import { answerSchemas, eventSchemas, handshakeSchema, requestSchemas } from '@rookery/protocol/schemas'
import { jsonSchemaOf, named, type JsonSchema } from './json-schema.js'
import { eventWords, requestWords } from './words.js'

const ref = (path: string): JsonSchema => ({ $ref: `#/${path}` })

/** A component's name may not contain a dot. */
const idOf = (event: string): string => event.replaceAll('.', '_')

const answerOf = (data: JsonSchema): JsonSchema => ({
  oneOf: [
    { type: 'object', required: ['ok', 'data'], properties: { ok: { const: true }, data } },
    {
      type: 'object',
      required: ['ok', 'error'],
      properties: { ok: { const: false }, error: ref('components/schemas/Error') },
    },
  ],
})

export function asyncApi(): JsonSchema {
  const messages: Record<string, JsonSchema> = {}
  const operations: Record<string, JsonSchema> = {}
  const channel = ref('channels/im')
  for (const event of Object.keys(requestSchemas) as RequestEvent[]) {
    const id = idOf(event)
    messages[`${id}_request`] = {
      name: event,
      title: `${event}, request`,
      summary: requestWords[event],
      payload: jsonSchemaOf(requestSchemas[event], 'client'),
    }
    messages[`${id}_answer`] = {
      name: event,
      title: `${event}, acknowledgement`,
      payload: answerOf(jsonSchemaOf(answerSchemas[event], 'server')),
    }
    operations[id] = {
      action: 'receive',
      channel,
      summary: requestWords[event],
      messages: [ref(`channels/im/messages/${id}_request`)],
      reply: { channel, messages: [ref(`channels/im/messages/${id}_answer`)] },
    }
  }
  for (const event of Object.keys(eventSchemas) as ServerEvent[]) {
    messages[`${event}_event`] = {
      name: event,
      title: event,
      summary: eventWords[event],
      payload: jsonSchemaOf(eventSchemas[event], 'server'),
    }
    operations[`on_${event}`] = {
      action: 'send',
      channel,
      summary: eventWords[event],
      messages: [ref(`channels/im/messages/${event}_event`)],
    }
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Rookery',
      version: `${protocolVersion}.0.0`,
      description: `What clients and servers say to each other over socket.io, in the namespace ${namespace}. The message’s name is the event’s; a request is answered by its acknowledgement. docs/protocol.md says how they belong together.`,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: {
      im: {
        address: namespace,
        description: 'One connection of a device. The handshake’s `auth` object is the schema Handshake.',
        messages: Object.fromEntries(Object.keys(messages).map((id) => [id, ref(`components/messages/${id}`)])),
      },
    },
    operations,
    components: {
      messages,
      schemas: {
        Handshake: jsonSchemaOf(handshakeSchema, 'client'),
        ...Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, jsonSchemaOf(schema, 'server')])),
      },
    },
  }
}
