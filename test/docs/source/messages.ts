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
function textsOf(node: Node): (string | null)[][] {
  if (node.type === 'Literal' && typeof node.value === 'string') return [[node.value]]
  if (node.type === 'TemplateLiteral') {
    const quasis = (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked)
    return [quasis.flatMap((quasi, i) => (i === 0 ? [quasi] : [null, quasi]))]
  }
  if (node.type === 'ConditionalExpression') return [node.consequent as Node, node.alternate as Node].flatMap(textsOf)
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    const rights = textsOf(node.right as Node)
    return textsOf(node.left as Node).flatMap((left) => rights.map((right) => [...left, ...right]))
  }
  return []
}

const lineOf = ({ path, text }: Source, { start }: Node): string => `${path}:${text.slice(0, start).split('\n').length}`

/** The lines that a file logs as a warning or an error. Those whose words come from elsewhere are none. */
export function logged(source: Source): Said[] {
  return source.body.flatMap((statement) =>
    [...walk(statement)].flatMap((node) => {
      if (node.type !== 'CallExpression') return []
      const callee = node.callee as Node
      if (!/(?:[lL]ogger|nest)\??\.(?:warn|error)$/.test(textOf(source, callee))) return []
      const [message] = node.arguments as Node[]
      return textsOf(message!).map((words) => ({ at: lineOf(source, node), words }))
    }),
  )
}

/** What makes an error, beside the classes: functions of the packages that take a message or its parts. */
const makers = /^(?:misconfigured|mistake|wrong|fail|taken|Error|TypeError|RangeError|StorageError)$/

/** The errors that a file makes itself; those of a code, which are answers, are none. */
export function errorsMade(source: Source): Said[] {
  return source.body.flatMap((statement) =>
    [...walk(statement)].flatMap((node) => {
      if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return []
      if (!makers.test(textOf(source, node.callee as Node))) return []
      return (node.arguments as Node[])
        .flatMap(textsOf)
        .filter((words) => words.some((word) => word !== null && /[a-z]{2} [a-z]/.test(word)))
        .map((words) => ({ at: lineOf(source, node), words }))
    }),
  )
}
