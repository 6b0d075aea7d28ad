// The packages' sources as syntax trees, for the checks of docs/.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'rolldown/utils'

/** A node of the tree, as a walk sees it: with the fields of its type. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export interface Source {
  /** Relative to the folder of the packages: `core/src/options.ts`. */
  readonly path: string
  readonly text: string
  readonly body: readonly Node[]
  /** Finds the doc comment in front of a node. */
  docOf(node: Node): string | null
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

/** The direct children of a node. */
const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode)

/** A node and all nodes below it, in the order of the text. */
export function* walk(node: Node): Generator<Node> {
  yield node
  for (const child of childrenOf(node)) yield* walk(child)
}

/** Every source file of the packages that runs in a host: neither tests nor code for tests. */
export const sourcePaths = (packages: string): string[] =>
  readdirSync(packages, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(?!testing\/)[a-z-]+\/src\/(?!testing\/).*\.ts$/.test(path) && !path.endsWith('.test.ts'))
    .sort()

/** @throws Error if a file does not parse */
export function parsed(packages: string, path: string): Source {
  const text = readFileSync(join(packages, path), 'utf8')
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`)
  const docs = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
  const docOf = ({ start }: Node): string | null => {
    const doc = docs.findLast(({ end }) => end <= start && text.slice(end, start).trim() === '')
    return doc === undefined ? null : plain(doc.value)
  }
  return { path, text, body: program.body as unknown as readonly Node[], docOf }
}

/** A doc comment without its stars. */
const plain = (comment: string): string =>
  comment
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim()
