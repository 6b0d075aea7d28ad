// docs/im-service.md, made from the signatures and doc comments of `ImService`, `ImGroups` and `ImTransaction`.
import { declarationsOf, declared, membersOf, type Declared } from '../source/declared.js'
import { type Node, type Source, walk } from '../source/parsed.js'

/** Public for core's other parts; hosts do not call them. */
const internal: ReadonlySet<string> = new Set(['settle', 'make', 'addAll', 'removeAll'])
/** Explained in words, or already on the page. */
const notShown: ReadonlySet<string> = new Set(['ImGroups', 'ImTransaction', 'MessageTypes', 'ContentFor', 'TypeName'])

interface Member {
  readonly name: string
  /** The call in a heading: `sendC2C(message)`. */
  readonly call: string
  readonly signature: string
  readonly doc: string | null
  readonly node: Node
}

const textOf = ({ text }: Source, { start, end }: { start: number; end: number }): string => text.slice(start, end)

/** Removes the indentation that a signature has in its file. */
const atTheMargin = (text: string): string => {
  const [first, ...rest] = text.trimEnd().split('\n')
  const indent = Math.min(...rest.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)![0].length))
  return [first, ...rest.map((line) => line.slice(indent))].join('\n')
}

const nameOf = (node: Node): string => (node.key as { name?: string }).name ?? ''

/** A public member of a class or interface; null for private members and wiring. */
function memberOf(source: Source, node: Node): Member | null {
  const name = nameOf(node)
  if (node.accessibility === 'private' || node.kind === 'constructor' || name === '' || internal.has(name)) return null
  const isMethod = node.type === 'MethodDefinition' || node.type === 'TSMethodSignature'
  if (!isMethod && node.type !== 'TSPropertySignature') return null
  const fn = node.type === 'MethodDefinition' ? (node.value as Node) : node
  const body = fn.body as Node | undefined
  const text = textOf(source, { start: node.start, end: body?.start ?? node.end }).replace(
    /^(?:async|get|readonly) /,
    '',
  )
  const isGetter = node.kind === 'get' || !isMethod
  const signature = atTheMargin(isGetter ? text.replace('()', '') : text)
  const params = ((fn.params ?? []) as Node[]).map((param) => paramName(param))
  return { name, call: isGetter ? name : `${name}(${params.join(', ')})`, signature, doc: source.docOf(node), node }
}

function paramName(param: Node): string {
  if (param.type === 'AssignmentPattern') return `${paramName(param.left as Node)}?`
  if (param.type === 'Identifier') return `${param.name as string}${param.optional === true ? '?' : ''}`
  // A parameter that is destructured: its type explains it.
  const keys = ((param.properties ?? []) as Node[]).map((property) =>
    property.type === 'RestElement' ? '…' : nameOf(property),
  )
  return `{ ${keys.join(', ')} }`
}

/** A comment as lines of the page: one for each paragraph, and a list of its tags. */
function prose(doc: string): string {
  const lines: string[] = ['']
  for (const line of doc.split('\n')) {
    const text = line.trim()
    if (text === '' || text.startsWith('@')) lines.push(text)
    else lines[lines.length - 1] = `${lines.at(-1)!} ${text}`.trim()
  }
  return lines
    .filter((line) => line !== '')
    .map((line) =>
      line
        .replace(/^@throws (\w+):? ?/, '- **Throws** `$1`: ')
        .replace(/^@returns /, '- **Returns** ')
        .replace(/^@param (\w+) /, '- **`$1`**: '),
    )
    .join('\n\n')
    .replaceAll(/\n\n(?=- \*\*)/g, '\n')
    .replace(/\n- \*\*/, '\n\n- **')
}

const block = (text: string): string => `\`\`\`typescript\n${text}\n\`\`\``

function section(prefix: string, { name, call, signature, doc }: Member): string {
  if (doc === null) throw new Error(`${prefix}${name} has no doc comment`)
  return `### \`${prefix}${call}\`\n\n${block(signature)}\n\n${prose(doc)}`
}

function sections(prefix: string, { source }: Declared, nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => {
    const member = memberOf(source, node)
    return member === null ? [] : [section(prefix, member)]
  })
}

/** The names of types in a part of the tree. */
const typesIn = (node: Node): string[] =>
  [...walk(node)].flatMap((one) => {
    if (one.type === 'TSTypeReference') return (one.typeName as { name?: string }).name ?? []
    if (one.type === 'TSInterfaceHeritage') return (one.expression as { name?: string }).name ?? []
    return []
  })

/** The types that these parts name, and those that they name in turn. */
function typesOf(nodes: readonly Node[]): Declared[] {
  const seen = new Map<string, Declared>()
  const queue = nodes.flatMap(typesIn)
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const type = declarationsOf(name).find(({ node }) => node.type.startsWith('TS'))
    if (type === undefined || seen.has(name) || notShown.has(name)) continue
    seen.set(name, type)
    queue.push(...typesIn(type.node))
  }
  return [...seen.values()].toSorted((a, b) => a.name.localeCompare(b.name))
}

function typeBlock({ source, node, statement }: Declared): string {
  const doc = source.docOf(statement)
  const lead = doc === null ? '' : `/** ${doc.split('\n').join('\n * ')}${doc.includes('\n') ? '\n ' : ' '}*/\n`
  return `${lead}${textOf(source, node)}`
}

/** The page. */
export function imServicePage(): string {
  const [service, groups, transaction] = [declared('ImService'), declared('ImGroups'), declared('ImTransaction')]
  const signaturesOf = (of: Declared): Node[] =>
    membersOf(of).flatMap((node) => {
      if (memberOf(of.source, node) === null) return []
      if (node.type !== 'MethodDefinition') return [node]
      const { params, returnType } = node.value as unknown as { params: Node[]; returnType: Node | null }
      return returnType === null ? params : [...params, returnType]
    })
  const inTransaction = membersOf(transaction).flatMap((node) =>
    nameOf(node) === 'groups' ? (((node.typeAnnotation as Node).typeAnnotation as Node).members as Node[]) : [],
  )
  const types = typesOf([service, groups, transaction].flatMap(signaturesOf))
  const ids = types.filter(({ node }) => node.type === 'TSTypeAliasDeclaration')
  const shapes = types.filter(({ node }) => node.type !== 'TSTypeAliasDeclaration')
  return [
    '# ImService',
    '<!-- Made by `npm run docs` from the signatures and comments in the source. Change those, never this page. -->',
    'Every call that your own code can make. `npm run docs` makes this page from the source, and a test fails where the two differ. [Sending from your own code](recipes.md#sending-from-your-own-code), [transactions](recipes.md#transactions) and [groups](groups.md) show the calls at work.',
    prose(service.source.docOf(decorated(service)) ?? ''),
    '## Calls',
    ...sections('', service, membersOf(service)),
    '## Calls for groups',
    prose(groups.source.docOf(groups.statement) ?? ''),
    ...sections('groups.', groups, membersOf(groups)),
    '## Calls inside your transaction',
    'What `within(tx)` gives. Your transaction decides: with its rollback, nothing of this happens.',
    ...sections(
      'within(tx).',
      transaction,
      membersOf(transaction).filter((node) => nameOf(node) !== 'groups'),
    ),
    ...sections('within(tx).groups.', transaction, inTransaction),
    '## Types',
    block(ids.map(typeBlock).join('\n\n')),
    ...shapes.map((shape) => `### ${shape.name}\n\n${block(typeBlock(shape))}`),
    '',
  ]
    .filter((part) => part !== null)
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

/** A doc comment stands before a class's decorators. */
const decorated = ({ node, statement }: Declared): Node =>
  ((node.decorators as Node[] | undefined) ?? []).toSorted((a, b) => a.start - b.start)[0] ?? statement
