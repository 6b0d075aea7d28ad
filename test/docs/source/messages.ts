// The texts that the packages give to operators: the lines of their logs, and the errors that keep an app from
// starting.
import { type Node, type Source, walk } from './parsed.js'

export interface Said {
  /** `core/src/gate/heads.ts:53` */
  readonly at: string
  /** The fixed words, with `null` for each value between them. */
  readonly words: readonly (string | null)[]
}

const textOf = ({ text }: Source, { start, end }: Node): string => text.slice(start, end)

/** The text of a literal or template; both texts of a conditional; nothing if the node is not text. */
function textsOf(node: Node, constants: Constants): (string | null)[][] {
  if (node.type === 'Literal' && typeof node.value === 'string') return [[node.value]]
  if (node.type === 'TemplateLiteral') {
    const quasis = (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked)
    // A constant sentence is filled in; for a single word the page says `…`.
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

/** The constants of a file whose value the file itself states. */
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

/** The calls that log a line. */
const logs =
  /(?:[lL]ogger|\bnest|\bfaultLog|\blog|[cC]omplaints|\bwarnings)\??\.(?:warn|error|report|fault|push)$|^this\.#(?:warn|fail)$/

/** The lines that a file logs as warnings or errors, except those whose text comes from elsewhere. */
export function logged(source: Source): Said[] {
  const nodes = source.body.flatMap((statement) => [...walk(statement)])
  const constants = constantsOf(nodes)
  return nodes.flatMap((node) => {
    const said = (message: Node | undefined): Said[] =>
      message === undefined ? [] : textsOf(message, constants).map((words) => ({ at: lineOf(source, node), words }))
    if (node.type === 'CallExpression' && logs.test(textOf(source, node.callee as Node)))
      return said((node.arguments as Node[])[0])
    // What a storage returns from `start`, for its caller to log.
    if (node.type === 'Property' && (node.key as { name?: string }).name === 'warnings')
      return ((node.value as { elements?: Node[] }).elements ?? []).flatMap(said)
    return []
  })
}

/** The functions of the packages that make an error from a message or its parts, besides the classes. */
const makers =
  /^(?:misconfigured|mistake|wrong|(?:\w*[wW]ords|inner)\.wrong|taken|Error|TypeError|RangeError|StorageError|NotReadyError|LinkLost)$/

/** The functions that declare an option, with the message for a wrong value, as text or under `error`. */
const declarers = /^(?:option\.)?(?:whole|flag|oneOf|text|passing|wholeGroup)$|^(?:takingTransactions|offFrom)$/
/** The same by zod's own functions; elsewhere their messages are answers to requests. */
const schemas = /^z\.\w+$|\.refine$/

/** The errors that a file makes itself, except those with a code, which are answers. */
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
