// Finds what the packages declare, by name.
import { join } from 'node:path'
import { root } from '../root.js'
import { type Node, parsed, type Source, sourcePaths } from './parsed.js'

export interface Declared {
  readonly name: string
  readonly node: Node
  /** Begins with `export`: its doc comment ends there. */
  readonly statement: Node
  readonly source: Source
}

export const packages = join(root, 'packages')

let all: Source[] | undefined
/** Every source file, parsed once. */
export const sources = (): readonly Source[] => (all ??= sourcePaths(packages).map((path) => parsed(packages, path)))

const kinds: ReadonlySet<string> = new Set([
  'ClassDeclaration',
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
  'VariableDeclaration',
])

const namesOf = (node: Node): string[] =>
  node.type === 'VariableDeclaration'
    ? (node.declarations as { id: { name?: string } }[]).flatMap(({ id }) => id.name ?? [])
    : [(node.id as { name: string }).name]

let found: Map<string, Declared[]> | undefined
/**
 * The exported classes, interfaces, types and constants with a name; those of the packages that others depend on come
 * first.
 */
export function declarationsOf(name: string): readonly Declared[] {
  found ??= index()
  return found.get(name) ?? []
}

function index(): Map<string, Declared[]> {
  const byName = new Map<string, Declared[]>()
  const order = ['protocol', 'core', '']
  const rank = ({ path }: Source): number => order.findIndex((name) => path.startsWith(name))
  for (const source of sources().toSorted((a, b) => rank(a) - rank(b)))
    for (const statement of source.body) {
      const node = statement.declaration as Node | null | undefined
      if (statement.type !== 'ExportNamedDeclaration' || node == null || !kinds.has(node.type)) continue
      for (const name of namesOf(node))
        byName.set(name, [...(byName.get(name) ?? []), { name, node, statement, source }])
    }
  return byName
}

/** @throws Error if there is none */
export function declared(name: string): Declared {
  const [first] = declarationsOf(name)
  if (first === undefined) throw new Error(`no package exports ${name}`)
  return first
}

/** The members of a class or interface. */
export const membersOf = ({ node }: Pick<Declared, 'node'>): readonly Node[] => (node.body as { body: Node[] }).body
