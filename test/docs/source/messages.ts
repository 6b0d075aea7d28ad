// What the packages say to whoever runs them: the lines of their logs, and the errors that keep an app from starting.
import { type Node, type Source, walk } from './parsed.js'

export interface Said {
  /** `core/src/gate/heads.ts:53` */
  readonly at: string
  /** The fixed words, `null` for what is filled in between them. */
  readonly words: readonly (string | null)[]
}

const textOf = ({ text }: Source, { start, end }: Node): string => text.slice(start, end)

/** The words of a literal or template; what a choice of two may give, one after the other; nothing where it is no text. */
function textsOf(node: Node, constants: Constants): (string | null)[][] {
  if (node.type === 'Literal' && typeof node.value === 'string') return [[node.value]]
  if (node.type === 'TemplateLiteral') {
    const quasis = (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked)
    // A sentence that is written above; of single words the page says `…`.
    const filled = (node.expressions as Node[]).map((one) => {
      const words = one.type === 'Identifier' ? textsOf(one, constants)[0] : undefined
      return words?.join('').includes(' ') ? words : null
    })
    return [quasis.flatMap((quasi, i) => (i === 0 ? [quasi] : [...(filled[i - 1] ?? [null]), quasi]))]
  }
  if (node.type === 'ConditionalExpression')
    return [node.consequent as Node, node.alternate as Node].flatMap((one) => textsOf(one, constants))
  // What an option's declaration says of a value.
  if (node.type === 'ArrowFunctionExpression') return textsOf(node.body as Node, constants)
  if (node.type === 'Identifier') {
    const value = constants.get(node.name as string)?.findLast(({ start }) => start < node.start)
    return value === undefined ? [] : textsOf(value, constants)
  }
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    const rights = textsOf(node.right as Node, constants)
    return textsOf(node.left as Node, constants).flatMap((left) => rights.map((right) => [...left, ...right]))
  }
  return []
}

const lineOf = ({ path, text }: Source, { start }: Node): string => `${path}:${text.slice(0, start).split('\n').length}`

/** The constants of a file whose value is written there. */
type Constants = ReadonlyMap<string, readonly Node[]>

function constantsOf(nodes: readonly Node[]): Constants {
  const found = new Map<string, Node[]>()
  for (const { type, id, init } of nodes) {
    if (type !== 'VariableDeclarator' || init == null) continue
    const name = (id as { name?: string }).name ?? ''
    found.set(name, [...(found.get(name) ?? []), init as Node])
  }
  return found
}

/** What takes a line for the log, by how it is called. */
const logs =
  /(?:[lL]ogger|\bnest|\bfaultLog|\blog|[cC]omplaints|\bwarnings)\??\.(?:warn|error|report|fault|push)$|^this\.#(?:warn|fail)$/

/** The lines that a file logs as a warning or an error. Those whose words come from elsewhere are none. */
export function logged(source: Source): Said[] {
  const nodes = source.body.flatMap((statement) => [...walk(statement)])
  const constants = constantsOf(nodes)
  return nodes.flatMap((node) => {
    const said = (message: Node | undefined): Said[] =>
      message === undefined ? [] : textsOf(message, constants).map((words) => ({ at: lineOf(source, node), words }))
    if (node.type === 'CallExpression' && logs.test(textOf(source, node.callee as Node)))
      return said((node.arguments as Node[])[0])
    // What a storage answers to `start`, for its caller to log.
    if (node.type === 'Property' && (node.key as { name?: string }).name === 'warnings')
      return ((node.value as { elements?: Node[] }).elements ?? []).flatMap(said)
    return []
  })
}

/** What makes an error, beside the classes: functions of the packages that take a message or its parts. */
const makers =
  /^(?:misconfigured|mistake|wrong|(?:words|inner)\.wrong|taken|Error|TypeError|RangeError|StorageError|LinkLost)$/

/** What declares an option, with what is said of a wrong value, as text or under `error`. */
const declarers = /^(?:option\.)?(?:whole|flag|oneOf|text|passing|wholeGroup)$|^(?:takingTransactions|offFrom)$/
/** The same in zod's own words; elsewhere what those say is the answer to a request. */
const schemas = /^z\.\w+$|\.refine$/

/** The errors that a file makes itself; those of a code, which are answers, are none. */
export function errorsMade(source: Source): Said[] {
  const constants = constantsOf(source.body.flatMap((statement) => [...walk(statement)]))
  return source.body.flatMap((statement) =>
    [...walk(statement)].flatMap((node) => {
      if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return []
      const callee = textOf(source, node.callee as Node)
      const declares = declarers.test(callee) || (source.path.includes('/options/') && schemas.test(callee))
      if (!makers.test(callee) && !declares) return []
      const known = declares ? constants : new Map<string, readonly Node[]>()
      return (node.arguments as Node[])
        .flatMap((one) => [one, ...errorsUnder(one)])
        .flatMap((one) => textsOf(one, known))
        .filter((words) => words.some((word) => word !== null && /[a-z]{2} [a-z]/.test(word)))
        .map((words) => ({ at: lineOf(source, node), words }))
    }),
  )
}

/** What an object of a declaration says under `error`. */
const errorsUnder = ({ type, properties }: Node): Node[] =>
  type === 'ObjectExpression'
    ? (properties as Node[])
        .filter(({ key }) => (key as { name?: string } | undefined)?.name === 'error')
        .map(({ value }) => value as Node)
    : []
