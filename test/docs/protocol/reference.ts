// The tables of docs/protocol.md. People write the page around them; each table stands between `<!-- made: NAME -->`
// and `<!-- /made -->`, and `npm run docs` writes it.
import { errorCodes, type CodeFacts, type RequestEvent, type ServerEvent } from '@rookery/protocol'
import { answerSchemas, eventSchemas, handshakeSchema, requestSchemas } from '@rookery/protocol/schemas'
import { jsonSchemaOf, longNotation, named, notation, type JsonSchema } from './json-schema.js'
import { eventWords, requestWords } from './words.js'

const code = (text: string): string => `\`${text}\``

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const requests = (): string =>
  (Object.keys(requestSchemas) as RequestEvent[])
    .map((event) => {
      const request = notation(jsonSchemaOf(requestSchemas[event], 'client'))
      const data = notation(jsonSchemaOf(answerSchemas[event], 'server'))
      return `#### ${code(event)}\n\n${requestWords[event]}\n\n- request: ${code(request)}\n- \`data\`: ${code(data)}`
    })
    .join('\n\n')

const events = (): string =>
  table(
    ['event', 'payload', ''],
    (Object.keys(eventSchemas) as ServerEvent[]).map((event) => [
      code(event),
      event === 'ready' ? 'below' : code(notation(jsonSchemaOf(eventSchemas[event], 'server'))).replaceAll('|', '\\|'),
      eventWords[event],
    ]),
  )

const again: Readonly<Record<CodeFacts['tryAgain'], string>> = {
  no: 'no',
  'with-a-new-token': 'with a new token',
  'after-retryAfterMs': 'after `retryAfterMs`, with the same key',
  yes: 'yes, with the same key',
}

const errors = (): string =>
  table(
    ['code', 'meaning', 'try again?'],
    Object.entries(errorCodes).map(([name, { meaning, tryAgain }]) => [code(name), meaning, again[tryAgain]]),
  )

const shapes = (): string =>
  Object.entries(named)
    .filter(([name]) => name !== 'Error')
    .map(([name, schema]) => `${code(name)} =\n${fenced(jsonSchemaOf(schema, 'server'))}`)
    .join('\n\n')

const fenced = (schema: JsonSchema): string => `\`\`\`\n${longNotation(schema)}\n\`\`\``

const made: Readonly<Record<string, () => string>> = {
  handshake: () => fenced(jsonSchemaOf(handshakeSchema, 'client')),
  ready: () => fenced(jsonSchemaOf(eventSchemas.ready, 'server')),
  requests,
  events,
  errors,
  shapes,
}

/**
 * Returns a page with each of its tables up to date.
 * @throws Error if the page names an unknown table, or lacks one
 */
export function withTables(page: string): string {
  const missing = new Set(Object.keys(made))
  const text = page.replaceAll(/<!-- made: ([a-z]+) -->[\s\S]*?<!-- \/made -->/g, (_, name: string) => {
    const make = made[name]
    if (make === undefined) throw new Error(`there is no table ${name}`)
    missing.delete(name)
    return `<!-- made: ${name} -->\n\n${make()}\n\n<!-- /made -->`
  })
  if (missing.size > 0) throw new Error(`the page lacks ${[...missing].join(', ')}`)
  return text
}
